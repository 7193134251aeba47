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
            let thrown = DraftKeeper("visit 2", on: again, every: .seconds(60))
            await thrown.type("Ailsa", in: "narrative")
            try await thrown.discard()
            try await thrown.close()
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
            let saved = try await keeper.saving {
                try await phone.recordVisit(scene.visit(caseId, "Saw her."), draft: $0)
            }
            #expect(saved.count == 1)
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await phone.drafts().isEmpty)
            await keeper.type("Saw her again.", in: "narrative")
            try await keeper.close()
            #expect(try await phone.drafts().map { $0.fields.map(\.text) } == [["Saw her again."]])
        }

        @Test("What is typed while it is saved is kept afterwards, also where the screen is left meanwhile")
        func typedWhileSaving() async throws {
            let scene = try await Scene()
            let phone = scene.phone
            let caseId = try await scene.begin("Ailsa")
            let keeper = DraftKeeper("visit 1", on: phone, every: .milliseconds(20))
            await keeper.type("Saw her.", in: "narrative")
            let meanwhile = try await keeper.saving { draft in
                _ = try await phone.recordVisit(scene.visit(caseId, "Saw her."), draft: draft)
                await keeper.type("Saw her. And", in: "narrative")
                try await Task.sleep(for: .milliseconds(100))
                return try await phone.drafts()
            }
            #expect(meanwhile.isEmpty)
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await phone.draft(of: "visit 1")?.fields.map(\.text) == ["Saw her. And"])
            let leaving = try await keeper.saving { draft in
                _ = try await phone.recordVisit(scene.visit(caseId, "Saw her. And"), draft: draft)
                await keeper.type("Saw her. And him", in: "narrative")
                let leaving = Task { try await keeper.close() }
                try await Task.sleep(for: .milliseconds(100))
                return leaving
            }
            try await leaving.value
            #expect(try await phone.draft(of: "visit 1")?.fields.map(\.text) == ["Saw her. And him"])
            #expect(try await phone.onlyHere() == 3)
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
            await scene.phone.close()
            await keeper.type("too late", in: "narrative")
            #expect(await problem { try await keeper.keep() } == .closed)
            #expect(await problem { try await keeper.close() } == .closed)
            await keeper.type("later", in: "narrative")
            #expect(await keeper.fields == ["narrative": "too late"], "a closed phone keeps nothing any more")
        }
    }
}
