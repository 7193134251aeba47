import Foundation
import Testing

@testable import Caseweave

extension Library {
    @Suite struct Whole {
        @Test("Every method of the library is one of the package")
        func everyMethod() throws {
            let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            let package = tests.deletingLastPathComponent().deletingLastPathComponent()
            let repository = package.deletingLastPathComponent().deletingLastPathComponent()
            let sources = package.appendingPathComponent("Sources/Caseweave")
            let code = try FileManager.default.contentsOfDirectory(atPath: sources.path)
                .map { try String(contentsOf: sources.appendingPathComponent($0), encoding: .utf8) }
                .joined()
            let file = repository.appendingPathComponent("ffi/surface.txt")
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            let methods = lines.filter { $0.hasPrefix("object ") }.compactMap {
                $0.split(separator: ".").dropFirst().first?.split(separator: "(").first
            }
            #expect(methods.count > 60)
            // Each exchange and each listener has an end of its own.
            for method in methods where !["stop_listening", "stop_sync"].contains(method) {
                let words = method.split(separator: "_")
                let name = words[0] + words.dropFirst().map(\.capitalized).joined()
                #expect(code.contains(".\(name)("), "\(name) is not called by the package")
            }
        }

        @Test("What a team does with a case, all of it offline")
        func everyAction() async throws {
            let scene = try await Scene()
            let phone = scene.phone
            let caseId = try await scene.begin("Ailsa")
            let lena = try await scene.lead(of: caseId)
            scene.area.cut()
            let views = try await phone.recordViews(
                NewViews(caseId: caseId, whose: "child", how: .spoken, words: "I like the dog."))
            _ = try await phone.addWhatChanged("The dog stays.", to: views.recordId)
            _ = try await phone.addAmendment(
                to: views.entryIds[1], of: views.recordId, text: "I like the cat.", reason: "misheard")
            let sheet = try await phone.openRecord(views.recordId)
            #expect(sheet.parts.flatMap(\.amendments).map(\.text) == ["I like the cat."])
            _ = try await phone.recordEvent(in: caseId, on: "2026-11-02", what: "Moved house")
            let draft = try await phone.draftAssessment(of: caseId, form: "wellbeing")
            let text = try await phone.beginText(in: draft.recordId, element: "safe", text: "Safe at school.")
            let seen = try await phone.textVersion(of: draft.recordId)
            _ = try await phone.editText(
                text.entryIds[0], of: draft.recordId, to: "Safe at school and at home.", seenAt: seen)
            let parts = try await phone.openRecord(draft.recordId).parts
            #expect(parts.compactMap(\.text) == ["Safe at school and at home."])
            try await plansAndRequests(phone, caseId)
            try await harm(phone, caseId)
            try await consentAndSharing(phone, caseId)
            try scene.area.serve()
            let done = try await phone.sync()
            #expect(done.returned == 0 && done.accepted > 10)
            try lena.run("sync")
            let shown = try lena.run("show", caseId)
            #expect(shown.contains("A walking bus") && shown.contains("The rash is gone."))
            _ = try await phone.withdrawConsent("parent", in: caseId, reason: "Said no")
            _ = try await phone.sync()
            #expect(try await phone.caseload().map(\.frozen) == [true])
        }

        private func plansAndRequests(_ phone: CaseweavePhone, _ caseId: String) async throws {
            let row = NewPlanRow(need: "A safe way to school", action: "A walking bus")
            let plan = try await phone.beginPlan(for: caseId, rows: [row], review: "2026-12-01")
            let second = try await phone.addPlanRow(
                NewPlanRow(need: "Sleep", action: "A bed", due: "2026-12-24"), to: plan.recordId)
            _ = try await phone.setPlanRow(
                second.entryIds[0], of: plan.recordId, field: .status, to: "done")
            #expect(try await phone.due().map(\.due.on).first == "2026-12-01")
            let education = try #require(try await phone.colleagues().first { $0.name == "lena" })
            let request = try await phone.requestAssistance(
                NewRequest(caseId: caseId, agencyId: education.agencyId, reason: "A place at breakfast club"))
            #expect(try await phone.recordState(request.recordId).onlyHere == 1)
            _ = try await phone.addFeedback("They will ring.", to: request.recordId)
            #expect(try await phone.handover(to: education.userId).cases.map(\.leads) == [true])
            _ = try await phone.assertStage("2", of: caseId, reason: "More help is needed")
            _ = try await phone.assertFact("risk", of: caseId, is: "high")
            #expect(try await phone.caseload(CaseFilter(stage: "2"), by: .risk).map(\.risk) == ["high"])
            #expect(try await phone.returned().isEmpty)
        }

        private func harm(_ phone: CaseweavePhone, _ caseId: String) async throws {
            let concern = NewConcern(
                caseId: caseId, teamInvolved: .no, seen: "A bruise on the arm.", harmSuspected: true,
                when: Date())
            let raised = try await phone.raiseConcern(concern)
            #expect(raised.ring?.emergency.first?.number == "999")
            _ = try await phone.addTold("the duty social worker", of: raised.saved.recordId, when: Date())
            _ = try await phone.assertInRecord("concern_state", of: raised.saved.recordId, is: "open")
        }

        private func consentAndSharing(_ phone: CaseweavePhone, _ caseId: String) async throws {
            _ = try await phone.giveConsent("parent", in: caseId, reason: "Said yes")
            let own = NewVisit(
                children: [VisitedChild(caseId: caseId, narrative: "The rash is gone.")], at: Date(),
                to: .ownAgency)
            let visit = try await phone.recordVisit(own)[0]
            let reason = SharingReason(
                purpose: "So that the nursery knows", basis: .consent, consentSought: true,
                necessaryBecause: "Nothing else tells them")
            let copy = try await phone.shareRecord(
                visit.recordId, with: .team, what: "The visit", reason: reason)
            #expect(copy.recordId != visit.recordId)
            try await phone.makeReady()
            #expect(try await phone.search("walking").map(\.caseId) == [caseId])
        }

        @Test("The sample app: enrol, visit without signal, exchange, settle")
        func fieldApp() async throws {
            let area = try Area()
            try area.hire("iona", role: "cluster_lead")
            let home = area.folder.appendingPathComponent("field").path
            let first = try app(home, [
                area.serverAddress, area.authority, area.code("iona"), "iona", area.password("iona"),
                "sesame 47", "begin Ailsa", "sync", "quit",
            ])
            #expect(first.contains("1. Ailsa") && first.contains("Sent 1, came"))
            let lena = try area.terminal("lena", agency: "education", role: "cluster_lead")
            try lena.run("sync")
            let caseId = try lena.run("list").field("case")
            area.cut()
            let offline = try app(home, [
                "sesame 47", "visit 1", "Saw Ailsa at home.", "All well.", ".", "stage 1 2 More help", "sync",
            ])
            #expect(offline.contains("Only on this phone: 1") && offline.contains("No connection"))
            try area.serve()
            try lena.run("stage", caseId, "3", "--reason", "Several agencies")
            try lena.run("sync")
            let settled = try app(home, [
                "sesame 47", "sync", "inbox", "settle 1 2 Agreed with the family", "open 1", "sync", "quit",
            ])
            #expect(settled.contains("Several agencies") && settled.contains("Disagreements: 0"))
            #expect(settled.contains("visit: Saw Ailsa at home."))
            try lena.run("sync")
            #expect(try lena.run("show", caseId).contains("Agreed with the family"))
        }

        private func app(_ home: String, _ lines: [String]) throws -> String {
            let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            let process = Process()
            process.executableURL = tests.appendingPathComponent("../../.build/debug/field-app").standardized
            process.arguments = [home]
            return try Area.finish(process, lines.map { $0 + "\n" }.joined())
        }
    }
}
