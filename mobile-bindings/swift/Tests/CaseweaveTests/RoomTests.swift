import Foundation
import Testing

@testable import Caseweave

/// A phone without room: what was saved is there, what was not is told, and with room it goes on.
extension Library {
    @Suite struct Room {
        @Test(
            "A full disk is told as such, and nothing is lost",
            .enabled(if: SmallDisk.mayMount, "only root may mount a disk of its own"))
        func disk() async throws {
            let scene = try await Scene()
            let disk = try #require(SmallDisk())
            try scene.area.hire("ross")
            let home = try CaseweaveHome(folder: disk.folder, keyStore: Keys())
            let phone = try await home.enrol(scene.area.enrolment("ross"))
            _ = try await phone.sync()
            let caseId = try await phone.beginCase(ailsa).caseId
            let ballast = disk.fill()
            try await hasNoRoom(phone, scene, caseId)
            try FileManager.default.removeItem(at: ballast)
            try await goesOn(phone, scene, caseId)
        }

        @Test("Files that may not grow are told as a full disk, and nothing is lost")
        func quota() async throws {
            let scene = try await Scene()
            _ = try await scene.phone.sync()
            let caseId = try await scene.phone.beginCase(ailsa).caseId
            // The journal takes every write, and not one more page now.
            let journal = try Data(contentsOf: URL(fileURLWithPath: scene.database.path + "-wal"))
            try await filesUpTo(journal.count) {
                try await hasNoRoom(scene.phone, scene, caseId)
            }
            try await goesOn(scene.phone, scene, caseId)
        }

        private var ailsa: NewCase { NewCase(givenName: "Ailsa", familyName: "Muir") }
        private var long: String { String(repeating: "saw the child at home ", count: 2000) }

        private func hasNoRoom(_ phone: CaseweavePhone, _ scene: Scene, _ caseId: String) async throws {
            var saved = try await phone.onlyHere()
            var refused: CaseweaveError?
            for _ in 1...50 where refused == nil {
                refused = await problem { try await phone.recordVisit(scene.visit(caseId, long)) }
                saved += refused == nil ? 1 : 0
            }
            #expect(refused == .full)
            #expect(await problem { try await phone.sync() } == .full)
            #expect(try await phone.onlyHere() == saved, "all of what was saved, and nothing else")
            #expect(try await phone.caseload().map(\.name) == ["Ailsa Muir"])
            #expect(try await phone.openCase(caseId).caseId == caseId)
        }

        private func goesOn(_ phone: CaseweavePhone, _ scene: Scene, _ caseId: String) async throws {
            _ = try await phone.recordVisit(scene.visit(caseId, long))
            _ = try await phone.sync()
            #expect(try await phone.onlyHere() == 0)
        }
    }
}

/// A disk in memory, gone with its value.
private final class SmallDisk: Sendable {
    static let mayMount = SmallDisk() != nil

    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID())")

    /// None where the system does not let us mount one.
    init?() {
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder.path]
        guard SmallDisk.ran(mount) else {
            try? FileManager.default.removeItem(at: folder)
            return nil
        }
    }

    deinit {
        _ = SmallDisk.ran(["umount", "-l", folder.path])
        try? FileManager.default.removeItem(at: folder)
    }

    /// Leaves no byte free; gives what is in the way.
    func fill() -> URL {
        let ballast = folder.appendingPathComponent("ballast")
        guard let file = fopen(ballast.path, "w") else { return ballast }
        let block = [UInt8](repeating: 0, count: 4096)
        while fwrite(block, 1, block.count, file) == block.count, fflush(file) == 0 {}
        fclose(file)
        return ballast
    }

    private static func ran(_ command: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// While `work` lasts, no file that this process writes grows past so many bytes, as under a quota.
private func filesUpTo(_ bytes: Int, _ work: () async throws -> Void) async throws {
    let largestFile: LimitKind = 1
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    getrlimit(largestFile, &limit)
    let before = limit.rlim_cur
    limit.rlim_cur = numericCast(bytes)
    setrlimit(largestFile, &limit)
    defer {
        limit.rlim_cur = before
        setrlimit(largestFile, &limit)
    }
    try await work()
}

#if canImport(Glibc)
    private typealias LimitKind = __rlimit_resource_t
#else
    private typealias LimitKind = Int32
#endif
