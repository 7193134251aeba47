import Foundation
import Testing

@testable import Caseweave

extension Library {
    @Suite struct Visits {
        @Test("A visit without signal is seen by another phone when there is signal")
        func offline() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            let lena = try await scene.lead(of: caseId)
            let words = "Ailsa showed me her garden \u{2013} all well."
            scene.area.cut()
            let saved = try await scene.phone.recordVisit(scene.visit(caseId, words))
            #expect(saved.map(\.onlyHere) == [1])
            #expect(await problem { try await scene.phone.sync() } == .offline)
            #expect(CaseweaveError.offline.passesByItself)
            await scene.phone.close()
            try scene.area.serve()
            let again = try await scene.home.open(scene.user)
            #expect(try await again.onlyHere() == 1, "it survived the end of the app")
            let done = try await again.sync()
            #expect([done.accepted, done.returned] == [1, 0])
            #expect(try await again.onlyHere() == 0)
            try lena.run("sync")
            #expect(try lena.run("show", caseId).contains(words))
        }

        @Test("Who saves and leaves the screen at once is still told")
        func cancelledWhileSaving() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            let saving = Task { try await scene.phone.recordVisit(scene.visit(caseId, "Saw her.")) }
            saving.cancel()
            #expect(try await saving.value.count == 1)
            #expect(try await scene.phone.onlyHere() == 2)
        }

        @Test("Many callers at once lose nothing")
        func manyCallers() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            let records = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 1...20 {
                    group.addTask {
                        try await scene.phone.recordVisit(scene.visit(caseId, "Visit \(number)."))[0].recordId
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(records.count == 20)
            #expect(try await scene.phone.onlyHere() == 21)
        }

        @Test("Screens hear which cases changed, and are forgotten when they stop listening")
        func changes() async throws {
            let scene = try await Scene()
            let listening = Task { [changes = scene.phone.changes()] in
                await changes.first { _ in true }
            }
            let caseId = try await scene.begin("Ailsa")
            #expect(await listening.value == [caseId])
            for _ in 1...100 where scene.phone.listeners > 0 {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(scene.phone.listeners == 0)
            let left = scene.phone.changes()
            let waiting = Task { for await _ in left {} }
            #expect(scene.phone.listeners == 1)
            waiting.cancel()
            await waiting.value
            #expect(scene.phone.listeners == 0)
            let last = scene.phone.changes()
            await scene.phone.close()
            for await _ in last {}
            #expect(await problem { try await scene.phone.onlyHere() } == .closed)
        }

        @Test("Moments are dates, days are text")
        func moments() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            let at = Date(timeIntervalSince1970: 1_790_000_000.25)
            let visit = NewVisit(
                children: [VisitedChild(caseId: caseId, narrative: "Saw her.")], at: at,
                nextContact: Day.text(at.addingTimeInterval(7 * 86_400)))
            let saved = try await scene.phone.recordVisit(visit)
            let happening = try #require(try await scene.phone.openCase(caseId).chronology.first)
            #expect(happening.at == at)
            #expect(happening.recordId == saved[0].recordId)
            let london = try #require(TimeZone(identifier: "Europe/London"))
            #expect(Day.text(Date(timeIntervalSince1970: 1_782_863_000), in: london) == "2026-07-01")
            #expect(Day.start("2026-02-30") == nil && Day.start("soon") == nil)
            let day = try #require(Day.start("2026-11-26", in: london))
            #expect(Day.text(day, in: london) == "2026-11-26")
        }
    }
}
