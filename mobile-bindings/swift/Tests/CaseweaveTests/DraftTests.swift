import Foundation
import Testing

@testable import Caseweave

extension Library {
    @Suite struct Drafts {
        @Test("What is typed is kept two seconds later, and is there after the app was killed")
        func kept() async throws {
            let scene = try await Scene()
            let keeper = DraftKeeper("visit 1", on: scene.phone)
            await keeper.type("Ailsa sh", in: "narrative")
            #expect(try await scene.phone.draft(of: "visit 1") == nil)
            try await Task.sleep(for: .milliseconds(1200))
            await keeper.type("Ailsa showed me", in: "narrative")
            try await Task.sleep(for: .milliseconds(1200))
            let kept = try #require(try await scene.phone.draft(of: "visit 1"))
            #expect(kept.fields.map(\.text) == ["Ailsa showed me"])
            #expect(abs(kept.at.timeIntervalSinceNow) < 5)
            await scene.phone.close()
            let again = try await scene.home.open(scene.user)
            let next = DraftKeeper("visit 1", on: again)
            #expect(try await next.restore() == ["narrative": "Ailsa showed me"])
            try await next.discard()
            #expect(try await again.drafts().isEmpty)
        }

        @Test("Leaving the screen keeps at once; a thousand keystrokes are few writes")
        func closing() async throws {
            let scene = try await Scene()
            let keeper = DraftKeeper("visit 1", on: scene.phone, every: .seconds(60))
            for number in 1...1000 {
                await keeper.type(String(repeating: "a", count: number), in: "narrative")
            }
            await keeper.type("home", in: "place")
            try await keeper.close()
            let fields = try #require(try await scene.phone.draft(of: "visit 1")).fields
            #expect(fields.map(\.name) == ["narrative", "place"])
            #expect(fields.map(\.text.count) == [1000, 4])
            await keeper.type("too late", in: "place")
            try await keeper.keep()
            #expect(try await scene.phone.draft(of: "visit 1")?.fields.last?.text == "home")
        }

        @Test("A draft goes with what was saved and never comes back; a refused form keeps it")
        func saving() async throws {
            let scene = try await Scene()
            let phone = scene.phone
            let caseId = try await scene.begin("Ailsa")
            let keeper = DraftKeeper("visit 1", on: phone, every: .milliseconds(20))
            await keeper.type("Saw her.", in: "narrative")
            try await keeper.keep()
            let refused = await problem {
                try await keeper.saving { try await phone.recordVisit(scene.visit(caseId, " "), draft: $0) }
            }
            guard case .badInput = refused else { return #expect(refused == nil) }
            #expect(try await phone.drafts().count == 1)
            let saved = try await keeper.saving { draft in
                let saved = try await phone.recordVisit(scene.visit(caseId, "Saw her."), draft: draft)
                await keeper.type("Saw her. And", in: "narrative")
                try await Task.sleep(for: .milliseconds(100))
                return saved
            }
            #expect(saved.count == 1)
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await phone.drafts().isEmpty)
        }

        @Test("What cannot be kept is said, and is tried again")
        func problems() async throws {
            let scene = try await Scene()
            let keeper = DraftKeeper("visit 1", on: scene.phone, every: .milliseconds(20))
            await keeper.type(String(repeating: "a", count: 300_000), in: "narrative")
            guard case .badInput = await problem({ try await keeper.keep() }) else {
                return #expect(Bool(false), "too much for a draft")
            }
            #expect(await keeper.problem != nil)
            await keeper.type("short", in: "narrative")
            try await Task.sleep(for: .milliseconds(300))
            #expect(await keeper.problem == nil)
            #expect(try await scene.phone.draft(of: "visit 1")?.fields.map(\.text) == ["short"])
        }
    }
}
