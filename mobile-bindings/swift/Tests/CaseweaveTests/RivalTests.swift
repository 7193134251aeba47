import Foundation
import Testing

@testable import Caseweave

extension Library {
    @Suite struct Rivals {
        @Test("A rival stage is in both inboxes until the lead settles it with a reason, and takes it back")
        func settledHere() async throws {
            let scene = try await Scene(role: "cluster_lead")
            let phone = scene.phone
            let caseId = try await scene.begin("Ailsa")
            let ross = try scene.area.terminal("ross", agency: "education", role: "practitioner")
            _ = try await phone.sync()
            let person = try #require(try await phone.colleagues().first { $0.name == "ross" })
            _ = try await phone.addMember(person.userId, to: caseId)
            _ = try await phone.assertLeadProfessional(person.userId, of: caseId)
            try await exchange(phone, ross)
            let conflict = try await disagree(phone, ross, caseId)
            #expect(conflict.maySettle)
            let blank = await problem { try await phone.settle(conflict, as: "2", reason: " ") }
            #expect(blank == .reasonMissing)
            let settled = try await phone.settle(conflict, as: "2", reason: "Agreed with the family")
            try await exchange(phone, ross)
            #expect(try await phone.inbox().conflicts.isEmpty)
            #expect(try await phone.caseload().first?.stages == ["2"])
            #expect(try !ross.run("conflicts").contains("\"stage\""))
            #expect(try ross.run("notices").contains("Agreed with the family"))
            let again = await problem { try await phone.settle(conflict, as: "3", reason: "No.") }
            #expect(again == .noConflict)
            _ = try await phone.undo(settled.entryIds[0], of: settled.recordId, reason: "Too early")
            #expect(try await phone.inbox().conflicts.map(\.rivals.count) == [2])
            let rival = try #require(conflict.rivals.first?.entryId)
            let other = await problem { try await phone.undo(rival, of: conflict.recordId, reason: "No.") }
            guard case .cannotUndo = other else { return #expect(other == nil) }
        }

        @Test("Whose value did not hold is told, and may not settle what is for others to settle")
        func settledElsewhere() async throws {
            let scene = try await Scene()
            let phone = scene.phone
            let caseId = try await scene.begin("Ailsa")
            let lena = try await scene.lead(of: caseId)
            let conflict = try await disagree(phone, lena, caseId)
            #expect(!conflict.maySettle)
            let denied = await problem { try await phone.settle(conflict, as: "2", reason: "Mine") }
            guard case .refused(_, let reason) = denied else { return #expect(denied == nil) }
            #expect(reason.contains("must settle it"))
            try lena.run("settle", caseId, "stage", "3", "--reason", "Met today")
            try await exchange(phone, lena)
            try await exchange(phone, lena)
            let notice = try #require(try await phone.inbox().notices.first { $0.cause == .settled })
            #expect(notice.theirs == .words(text: "2"))
            #expect(notice.reason == "Met today")
            let before = try await phone.inbox().notices.count
            try await phone.sawNotice(notice.id)
            #expect(try await phone.inbox().notices.count == before - 1)
        }

        /// Both without sight of the other's; the disagreement as this phone's inbox has it.
        private func disagree(
            _ phone: CaseweavePhone, _ other: Terminal, _ caseId: String
        ) async throws -> ConflictLine {
            _ = try await phone.assertStage("2", of: caseId, reason: "More help is needed")
            try other.run("stage", caseId, "3", "--reason", "Several agencies are at it")
            try await exchange(phone, other)
            try await exchange(phone, other)
            let line = try #require(try await phone.caseload(CaseFilter(inDispute: true)).first)
            #expect(line.stageDisputed && line.safetyConflicts == 1)
            #expect(try other.run("conflicts").contains("More help is needed"))
            let conflict = try #require(try await phone.inbox().conflicts.first)
            #expect(conflict.fact == "stage" && conflict.rivals.count == 2)
            return conflict
        }

        private func exchange(_ phone: CaseweavePhone, _ terminal: Terminal) async throws {
            _ = try await phone.sync()
            try terminal.run("sync")
        }
    }
}
