import Foundation
import Testing

@testable import Caseweave

extension Library {
    @Suite struct Errors {
        @Test("What is not right is refused by its name, and nothing is saved")
        func badRequests() async throws {
            let scene = try await Scene()
            let phone = scene.phone
            let caseId = try await scene.begin("Ailsa")
            // The server brings the framework's words.
            _ = try await phone.sync()
            let nowhere = String(repeating: "0", count: 32)
            #expect(await problem { try await phone.openCase(nowhere) } == .unknownCase)
            #expect(await problem { try await scene.home.open(nowhere) } == .notEnrolled)
            let noId = await problem { try await phone.openRecord("no id") }
            #expect(noId == .badInput(reason: "this is no record"))
            let blank = await problem { try await phone.recordVisit(scene.visit(caseId, " ")) }
            guard case .badInput = blank else { return #expect(blank == nil) }
            let stage = await problem { try await phone.assertStage("9", of: caseId) }
            guard case .badInput(let stages) = stage else { return #expect(stage == nil) }
            #expect(stages.contains("1, 2, 3"), "it says which there are")
            let record = try await phone.records(of: caseId)[0].recordId
            let none = await problem { try await phone.settle("stage", of: record, as: "2", reason: "Why") }
            #expect(none == .noConflict)
            let denied = await problem { try await phone.addMember(nowhere, to: caseId) }
            guard case .refused(let code, let reason) = denied else { return #expect(denied == nil) }
            #expect(!code.isEmpty && !reason.contains(nowhere))
            #expect(try await phone.onlyHere() == 0)
        }

        @Test("Signing in: a wrong code, a wrong password, too often, somebody who is here already")
        func signingIn() async throws {
            let scene = try await Scene()
            let (area, home, phone) = (scene.area, scene.home, scene.phone)
            let again = try area.enrolment("iona")
            let here = await problem { try await home.enrol(again) }
            #expect(here == .alreadyHere(userId: scene.user))
            #expect(here.map { "\($0)".contains(scene.user) } == false, "no log has the id")
            try area.hire("ross")
            var ross = try area.enrolment("ross")
            ross.code = "AAAAA-AAAAA"
            let (known, unknown) = (try area.enrolment("ross"), ross)
            guard case .wrongCode = await problem({ try await home.enrol(unknown) }) else {
                return #expect(Bool(false), "a wrong code")
            }
            try await phone.signOut()
            #expect(await problem { try await phone.sync() } == .signedOut)
            let fresh = try area.code("iona")
            try await phone.signInAgain(code: fresh, signIn: area.signIn("iona"))
            #expect(try await phone.sync().returned == 0)
            var thief = known
            thief.signIn.password = "not his"
            let wrong = thief
            var last: CaseweaveError?
            for _ in 1...30 where last != .tooOften {
                last = await problem { try await home.enrol(wrong) }
                #expect(last == .wrongSignIn || last == .tooOften)
            }
            #expect(last == .tooOften)
        }

        @Test("After the lease reading locks, and writing and ringing go on")
        func lease() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            _ = try await scene.phone.sync()
            let contact = Date()
            scene.ahead.with { $0 = 60 * 86_400 }
            let over = await problem { try await scene.phone.caseload() }
            guard case .leaseOver(let since) = over else { return #expect(over == nil) }
            #expect(abs(since.timeIntervalSince(contact) - 14 * 86_400) < 120)
            _ = try await scene.phone.recordVisit(scene.visit(caseId, "Saw her."))
            #expect(try await scene.phone.whomToRing(about: caseId).emergency.first?.number == "999")
            #expect(try await scene.phone.onlyHere() == 1)
        }

        @Test("What changed since it was read is not signed")
        func signing() async throws {
            let scene = try await Scene()
            let phone = scene.phone
            let caseId = try await scene.begin("Ailsa")
            let row = NewPlanRow(need: "A safe way to school", action: "A walking bus")
            let plan = try await phone.beginPlan(for: caseId, rows: [row])
            let seen = try await phone.signingText(of: plan.recordId)
            _ = try await phone.setPlanRow(plan.entryIds[0], of: plan.recordId, field: .due, to: "2026-12-24")
            #expect(await problem { try await phone.sign(seen) } == .changedSince)
            let now = try await phone.signingText(of: plan.recordId)
            _ = try await phone.sign(now, as: "co-ordinator")
            #expect(try await phone.openRecord(plan.recordId).signatures.map(\.changedSince) == [false])
        }

        @Test("A key, a file, a folder that will not do, and nothing is overwritten")
        func data() async throws {
            let scene = try await Scene()
            _ = try await scene.begin("Ailsa")
            await scene.phone.close()
            let database = scene.database
            let wrong = await problem {
                try await CaseweavePhone.open(database: database, key: Data(repeating: 8, count: 32))
            }
            #expect(wrong == .wrongKey)
            let short = await problem { try await CaseweavePhone.open(database: database, key: Data([1])) }
            #expect(short == .badInput(reason: "the key must have 32 bytes"))
            let whole = try Data(contentsOf: database)
            var broken = whole
            for at in stride(from: 5000, to: broken.count, by: 1000) { broken[at] ^= 0xff }
            try broken.write(to: database)
            let damaged = await problem {
                try await scene.home.open(scene.user).caseload()
            }
            #expect(damaged == .damaged)
            try whole.write(to: database)
            #expect(try await scene.home.open(scene.user).caseload().map(\.name) == ["Ailsa Muir"])
            let file = scene.area.folder.appendingPathComponent("server.log").appendingPathComponent("x")
            let nowhere = await problem { try CaseweaveHome(folder: file) }
            guard case .storage = nowhere else { return #expect(nowhere == nil) }
        }

        @Test("A retired phone hands its work back and is erased")
        func retired() async throws {
            let scene = try await Scene()
            let caseId = try await scene.begin("Ailsa")
            _ = try await scene.phone.sync()
            _ = try await scene.phone.recordVisit(scene.visit(caseId, "Nobody else has this."))
            let devices = try scene.area.manage("device", "list")
            try scene.area.manage("device", "retire", devices.field("id"))
            #expect(await problem { try await scene.phone.sync() } == .retired)
            let told = try await scene.phone.handBack()
            #expect(!told.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: scene.database.path))
            #expect(await problem { try await scene.phone.onlyHere() } == .closed)
            #expect(await problem { try await scene.home.open(scene.user) } == .notEnrolled)
        }
    }
}
