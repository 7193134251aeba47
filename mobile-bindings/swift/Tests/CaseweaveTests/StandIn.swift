import Foundation

/// What no server of this version does, and a line that goes dead: `tests/src/bin/stand_in.rs`, which ends with
/// its value.
final class StandIn {
    private let process: Process
    private let input = Pipe()
    let address: String

    private init(_ file: URL, _ listen: String, _ part: [String]) throws {
        process = try Area.program(
            "stand_in", ["--listen", listen, "--address-file", file.path] + part)
        process.standardInput = input
        try process.run()
        address = try Area.written(file)
    }

    deinit { end() }

    func end() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// A server that says no to everything; its authority's certificate is in `ca.pem` of the folder.
    static func refuse(in folder: URL, status: Int, code: String) throws -> StandIn {
        let file = folder.appendingPathComponent("address")
        return try StandIn(file, "127.0.0.1:0", ["refuse", folder.path, "\(status)", code])
    }

    /// A line to the area's server, at the port of an earlier one if that is named, which takes so many
    /// connections and closes all that come after.
    static func line(to area: Area, at listen: String = "127.0.0.1:0", connections: Int) throws -> StandIn {
        let file = area.folder.appendingPathComponent("line of \(connections)")
        return try StandIn(file, listen, ["pass", area.address, "\(connections)"])
    }
}
