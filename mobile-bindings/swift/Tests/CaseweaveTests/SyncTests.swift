import Foundation
import Testing

@testable import Caseweave

extension Library {
    @Suite struct Exchanges {
        @Test("Who cancels an exchange is answered at once, reads and writes meanwhile, and goes on later")
        func cancelled() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            scene.area.stall()
            let syncing = Task { try await scene.phone.sync() }
            try await Task.sleep(for: .milliseconds(300))
            let clock = ContinuousClock()
            let working = try await clock.measure {
                _ = try await scene.phone.recordVisit(scene.visit(caseId, "While it waits."))
                #expect(try await scene.phone.caseload().count == 1)
            }
            #expect(working < .seconds(2), "\(working)")
            #expect(await problem { try await scene.phone.sync() } == .busy)
            let ending = await clock.measure {
                syncing.cancel()
                await #expect(throws: CaseweaveError.stopped) { try await syncing.value }
            }
            #expect(ending < .milliseconds(500), "\(ending)")
            let next = Task { try await scene.phone.sync() }
            scene.area.wake()
            #expect(try await next.value.accepted >= 2)
            #expect(try await scene.phone.onlyHere() == 0)
        }

        @Test("An exchange whose task was cancelled before it began does not begin")
        func cancelledBefore() async throws {
            let scene = try await Scene()
            _ = try await scene.begin("Ailsa")
            let syncing = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await scene.phone.sync()
            }
            await #expect(throws: CaseweaveError.stopped) { try await syncing.value }
            #expect(try await scene.phone.onlyHere() == 1)
        }

        @Test("Cancelled at any moment, an exchange stops and loses nothing")
        func cancelledAnywhere() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            for moment in 0..<12 {
                _ = try await scene.phone.recordVisit(scene.visit(caseId, "Visit \(moment)."))
                let syncing = Task { try await scene.phone.sync() }
                try await Task.sleep(for: .milliseconds(moment * 6))
                syncing.cancel()
                switch await syncing.result {
                case .success: break
                case .failure(let error): #expect(error as? CaseweaveError == .stopped)
                }
            }
            _ = try await scene.phone.sync()
            #expect(try await scene.phone.onlyHere() == 0)
            #expect(try await scene.phone.openCase(caseId).chronology.count >= 12)
        }

        @Test("A time budget ends an exchange cleanly")
        func budget() async throws {
            let scene = try await Scene()
            _ = try await scene.begin("Ailsa")
            scene.area.stall()
            let clock = ContinuousClock()
            let took = await clock.measure {
                #expect(await problem {
                    try await scene.phone.sync(budget: .milliseconds(400))
                } == .stopped)
            }
            #expect(took > .milliseconds(300) && took < .seconds(3), "\(took)")
            scene.area.wake()
            #expect(try await scene.phone.sync(budget: .seconds(25)).accepted == 1)
        }

        @Test("What others write comes to an open screen by itself")
        func live() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            let lena = try await scene.lead(of: caseId)
            let living = Task { [stream = scene.phone.live(pause: .milliseconds(100))] in
                for try await came in stream where came.received > 0 { return true }
                return false
            }
            try await Task.sleep(for: .milliseconds(300))
            try lena.run("visit", caseId, "--at", "2026-11-20T10:00:00Z", "--text", "Met her at school.")
            try lena.run("sync")
            #expect(try await living.value)
            #expect(try await scene.phone.openCase(caseId).chronology.count == 1)
            #expect(try await !scene.phone.waitForNews(atMost: .zero))
            let waiting = Task { try await scene.phone.waitForNews() }
            try await Task.sleep(for: .milliseconds(200))
            let clock = ContinuousClock()
            let ending = await clock.measure {
                waiting.cancel()
                await #expect(throws: CaseweaveError.stopped) { try await waiting.value }
            }
            #expect(ending < .seconds(2), "\(ending)")
        }

        @Test("An exchange tells how far it is")
        func progress() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            for number in 1...5 {
                _ = try await scene.phone.recordVisit(scene.visit(caseId, "Visit \(number)."))
            }
            let watching = Task { [progress = scene.phone.progress()] in
                var last: SyncProgress?
                for await now in progress { last = now }
                return last
            }
            let done = try await scene.phone.sync()
            await scene.phone.close()
            let last = await watching.value
            #expect(last?.accepted == 6 && last?.received == done.received && last?.left == 0)
            let log = scene.log.with { $0 }
            #expect(log.contains { $0.hasPrefix("exchanged") })
            #expect(!log.contains { $0.contains(scene.user) || $0.contains("Ailsa") })
        }
    }
}
