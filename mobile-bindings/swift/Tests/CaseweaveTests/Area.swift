import Foundation

@testable import Caseweave

/// Real programs of this repository and the people who use them, in a folder that goes with it.
final class Area: @unchecked Sendable {
    let folder: URL
    private var server: Process?
    private(set) var address = "127.0.0.1:0"
    private var agencies: Set<String> = []

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// An area of one cluster with a server that serves.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("caseweave-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try manage("cluster", "add", "--name", "Glen", "--authority", "East Lothian")
        try serve()
    }

    deinit {
        cut()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Serves on loopback, on the address it had before if it had one.
    func serve() throws {
        let file = folder.appendingPathComponent("address")
        try? FileManager.default.removeItem(at: file)
        let process = try Area.program("caseweave", [
            "--data", data, "serve", "--listen", address, "--address-file", file.path,
        ])
        let log = folder.appendingPathComponent("server.log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        server = process
        address = try Area.written(file)
    }

    /// The address that a program writes into a file once it listens.
    static func written(_ file: URL) throws -> String {
        for _ in 0..<1000 {
            if let bound = try? String(contentsOf: file, encoding: .utf8) {
                return bound.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            Thread.sleep(forTimeInterval: 0.03)
        }
        throw Failed(description: "the server does not start")
    }

    /// Ends the server as a power cut would.
    func cut() {
        guard let process = server else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        server = nil
    }

    /// The server hears, and says nothing.
    func stall() { kill(server!.processIdentifier, SIGSTOP) }

    /// The server speaks again.
    func wake() { kill(server!.processIdentifier, SIGCONT) }

    /// Adds a person and gives their id.
    @discardableResult
    func hire(_ name: String, agency: String = "health", role: String = "practitioner") throws -> String {
        if agencies.insert(agency).inserted {
            try manage("agency", "add", "--slug", agency, "--name", agency)
        }
        let added = try manage(
            "user", "add", "--name", name, "--sign-in", name, "--cluster", "Glen", "--agency", agency,
            "--role", role, "--password-stdin", input: password(name))
        return try added.field("id")
    }

    func password(_ name: String) -> String { "correct horse \(name)" }

    func signIn(_ name: String) -> SignIn { SignIn(name: name, password: password(name)) }

    func code(_ name: String) throws -> String {
        try manage("device", "code", "--user", name).field("code")
    }

    /// What a person who has a fresh one-time code types to enrol.
    func enrolment(_ name: String) throws -> Enrolment {
        Enrolment(
            server: "https://\(address)", authority: try String(contentsOfFile: authority, encoding: .utf8),
            code: try code(name), signIn: signIn(name), deviceName: "phone of \(name)")
    }

    /// A person with an enrolled phone in the terminal.
    func terminal(_ name: String, agency: String, role: String) throws -> Terminal {
        try hire(name, agency: agency, role: role)
        let terminal = Terminal(home: folder.appendingPathComponent("terminal \(name)").path)
        try terminal.run(
            "enrol", "--server", "https://\(address)", "--authority", authority,
            "--code", code(name), "--sign-in", name, "--password-stdin", input: password(name))
        return terminal
    }

    /// A command of whoever looks after the server.
    @discardableResult
    func manage(_ arguments: String..., input: String = "") throws -> String {
        try Area.run("caseweave", ["--data", data, "--json"] + arguments, input)
    }

    var authority: String { folder.appendingPathComponent("data/ca.pem").path }
    var serverAddress: String { "https://\(address)" }
    private var data: String { folder.appendingPathComponent("data").path }

    static func program(_ name: String, _ arguments: [String]) throws -> Process {
        guard let programs = ProcessInfo.processInfo.environment["CASEWEAVE_PROGRAMS"] else {
            throw Failed(description: "scripts/swift runs these tests")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: programs).appendingPathComponent(name)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "DATABASE_URL" }
        return process
    }

    /// Runs a program to its end and gives what it printed.
    @discardableResult
    static func run(_ name: String, _ arguments: [String], _ input: String) throws -> String {
        try finish(program(name, arguments), input)
    }

    static func finish(_ process: Process, _ input: String) throws -> String {
        let (to, from) = (Pipe(), Pipe())
        process.standardInput = to
        process.standardOutput = from
        try process.run()
        try to.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try to.fileHandleForWriting.close()
        let output = from.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: output, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failed(description: "\(process.arguments ?? []) failed: \(text)")
        }
        return text
    }
}

/// A phone in the terminal.
struct Terminal {
    let home: String

    /// Runs a command and gives its JSON.
    @discardableResult
    func run(_ arguments: String..., input: String = "") throws -> String {
        try Area.run("phone", ["--home", home, "--json"] + arguments, input)
    }
}

extension String {
    /// The text of a field of an answer in JSON.
    func field(_ name: String) throws -> String {
        guard let start = range(of: "\"\(name)\":\"")?.upperBound,
            let end = self[start...].firstIndex(of: "\"")
        else { throw Area.Failed(description: "no \(name) in \(self)") }
        return String(self[start..<end])
    }
}
