import Foundation
import Testing

@testable import Caseweave

extension Library {
    @Suite struct Secrets {
        @Test("No file holds a word of what was written, and the database is no plain one")
        func encrypted() async throws {
            let scene = try await Scene(pin: "sesame 47")
            let phone = scene.phone
            let caseId = try await scene.begin("plantedgiven00")
            let words = (1...18).map { String(format: "plantedword%02d", $0) }
            for word in words.dropLast(2) {
                _ = try await phone.recordVisit(scene.visit(caseId, "Heard \(word) today."))
            }
            _ = try await phone.raiseConcern(
                NewConcern(
                    caseId: caseId, teamInvolved: .perhaps, seen: words[16], harmSuspected: true,
                    when: Date()))
            let draft = Draft(screen: "visit 1", fields: [DraftField(name: "narrative", text: words[17])])
            try await phone.keepDraft(draft)
            #expect(try await phone.search("plantedword03").count == 1)
            _ = try await phone.sync()
            let planted = words + ["plantedgiven00", "sesame 47", scene.area.password("iona")]
            #expect(try found(planted, scene) == [])
            await phone.close()
            #expect(try found(planted, scene) == [])
            let database = try Data(contentsOf: scene.database)
            #expect(database.count > 20_000)
            #expect(!database.starts(with: Data("SQLite format 3".utf8)))
            // What looks for them finds them where they are.
            let plain = scene.folder.appendingPathComponent("plain")
            try Data(("\u{0}" + planted.joined(separator: "\u{0}")).utf8).write(to: plain)
            #expect(try found(planted, scene) == planted)
        }

        /// Which of the words are in any file of the phone's folder, or in its log.
        private func found(_ planted: [String], _ scene: Scene) throws -> [String] {
            let files = FileManager.default.enumerator(atPath: scene.folder.path)
            let paths = (files?.allObjects as? [String] ?? []).map(scene.folder.appendingPathComponent)
            let contents = paths.compactMap { try? Data(contentsOf: $0) }
            #expect(contents.count >= 2, "the database and its keys")
            let all = contents + [Data(scene.log.with { $0 }.joined().utf8)]
            return planted.filter { word in all.contains { $0.range(of: Data(word.utf8)) != nil } }
        }
    }

    @Suite struct Growth {
        @Test("Ten thousand calls let neither memory nor threads grow")
        func tenThousandCalls() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            _ = try await scene.phone.recordVisit(scene.visit(caseId, "Saw her."))
            try await calls(2_000, scene, caseId)
            let before = try Usage()
            let clock = ContinuousClock()
            let took = try await clock.measure { try await calls(10_000, scene, caseId) }
            let after = try Usage()
            print("10,000 calls: \(took), \(before) -> \(after)")
            #expect(after.kilobytes < before.kilobytes + 4096, "\(before) -> \(after)")
            #expect(after.threads <= before.threads + 4, "\(before) -> \(after)")
        }

        private func calls(_ count: Int, _ scene: Scene, _ caseId: String) async throws {
            let phone = scene.phone
            let nowhere = String(repeating: "0", count: 32)
            for number in 0..<(count / 5) {
                _ = try await phone.caseload()
                _ = try await phone.records(of: caseId)
                let draft = Draft(screen: "visit", fields: [DraftField(name: "n", text: "\(number)")])
                try await phone.keepDraft(draft)
                #expect(await problem { try await phone.openCase(nowhere) } == .unknownCase)
                _ = phone.changes()
                _ = try await phone.whomToRing(about: caseId)
            }
        }
    }
}

/// What this process uses, where the system says so.
private struct Usage: CustomStringConvertible {
    var kilobytes = 0
    var threads = 0

    init() throws {
        #if os(Linux)
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        func number(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
            return Int(line.filter(\.isNumber)) ?? 0
        }
        kilobytes = number("VmRSS:")
        threads = number("Threads:")
        #endif
    }

    var description: String { "\(kilobytes) KB in \(threads) threads" }
}
