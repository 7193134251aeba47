import Foundation
import Testing

@testable import Caseweave

/// What must never drift: the files of `tests/vectors`, asked as the tests of Rust and Kotlin ask.
extension Library {
    @Suite struct Vectors {
        @Test("Ids are accepted and refused as ever")
        func ids() async throws {
            try await ask("ids") { phone, own, line in
                let text = line.text("text")
                    .replacingOccurrences(of: "{case}", with: own.caseId)
                    .replacingOccurrences(of: "{CASE}", with: own.caseId.uppercased())
                    .replacingOccurrences(of: "{record}", with: own.recordId)
                switch line.text("as") {
                case "case": _ = try await phone.openCase(text)
                case "record": _ = try await phone.openRecord(text)
                case "person":
                    _ = try await phone.handover(to: text)
                    return "told"
                default:
                    _ = try await phone.giveConsent("mother", in: own.caseId, allExcept: [text])
                    return "saved"
                }
                return "opened"
            }
        }

        @Test("Facts take what they took")
        func facts() async throws {
            try await ask("facts") { phone, own, line in
                let name = line.text("name")
                _ = try await phone.assertFact(
                    name, of: own.caseId, is: line.text("text"), subject: line.some("subject"),
                    reason: "Agreed at school")
                return try await phone.openRecord(own.recordId).holds(name, line.text("subject"))
            }
        }

        @Test("Rows of plans take what they took")
        func rows() async throws {
            try await ask("rows") { phone, own, line in
                let row = NewPlanRow(need: "A safe way to school", action: "A walking bus")
                let plan = try await phone.beginPlan(for: own.caseId, rows: [row])
                let field = named(line.text("field"), allFields)
                _ = try await phone.setPlanRow(
                    plan.entryIds[0], of: plan.recordId, field: field, to: line.text("text"))
                return try await phone.openRecord(plan.recordId).holds(line.text("fact"), plan.entryIds[0])
            }
        }

        @Test("Moments come back as they were given")
        func moments() async throws {
            try await ask("moments") { phone, own, line in
                let saved = try await phone.recordVisit(visit(own, line.number("at_ms"), .team))[0]
                let happened = try await phone.openCase(own.caseId).chronology
                let at = try #require(happened.first { $0.recordId == saved.recordId }).atMs
                return "moment \(at)"
            }
        }

        @Test("Enums have the words that they had")
        func words() async throws {
            try await ask("words") { phone, own, line in
                let record = try await say(phone, own, line.text("enum"), line.text("variant"))
                _ = try await phone.openCase(own.caseId)
                if let name = line.some("line") {
                    let lines = try await phone.records(of: own.caseId).flatMap(\.parts).flatMap(\.lines)
                    return lines.first { $0.name == name }.map { told($0.shown) } ?? "nothing"
                }
                let agency = try await phone.whoAmI().agencyId
                return try await phone.openRecord(record).compartment
                    .replacingOccurrences(of: agency, with: "{own agency}")
            }
        }

        @Test("Pictures are cleaned to the same bytes")
        func pictures() async throws {
            try await ask("pictures") { phone, own, line in
                let content = try #require(Data(base64Encoded: line.text("content")))
                let sort = named(line.text("sort"), [AttachmentSort.photo, .voiceNote, .bodyMap])
                let saved = try await phone.attach(content, as: sort, to: own.recordId)
                let kept = try #require(try await phone.attachment(saved.recordId).content)
                return "kept \(kept.base64EncodedString())"
            }
        }

        @Test("Suspected harm gives the numbers to ring")
        func harm() async throws {
            try await ask("harm") { phone, own, line in
                let involved = named(line.text("team_involved"), [TeamInvolved.no, .perhaps])
                return numbers(try await concern(phone, own, line.yes("harm"), involved).ring)
            }
        }

        @Test("Forms and their elements are the framework's")
        func forms() async throws {
            try await ask("forms") { phone, own, line in
                let form = line.text("form")
                let record = try await phone.draftAssessment(of: own.caseId, form: form).recordId
                let element = line.text("element")
                if let text = line.some("text") {
                    _ = try await phone.beginText(in: record, element: element, text: text)
                    return "saved"
                }
                guard let score = line.some("score") else { return "begun" }
                _ = try await phone.assertInRecord("score", of: record, is: score, subject: element)
                return try await phone.openRecord(record).holds("score", element)
            }
        }

        @Test("PINs are weak or not")
        func pins() async throws {
            let scene = try await Scene()
            let now = Locked<String?>(nil)
            try await check("pins") { line in
                let next = line.some("pin")
                try await scene.home.changePin(of: scene.user, from: now.with { $0 }, to: next)
                now.with { $0 = next }
                return "changed"
            }
        }

        @Test("Servers are told apart before anything is sent")
        func servers() async throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
            defer { try? FileManager.default.removeItem(at: folder) }
            let home = try CaseweaveHome(folder: folder, keyStore: Keys())
            try await check("servers") { line in
                let signIn = SignIn(name: "iona", password: "correct horse iona")
                _ = try await home.enrol(
                    Enrolment(
                        server: line.text("server"), authority: line.some("authority"),
                        code: "AAAAA-AAAAA", signIn: signIn, deviceName: "phone"))
                return "enrolled"
            }
        }

        @Test("Codes are typed as people type")
        func codes() async throws {
            let area = try Area()
            let number = Locked(0)
            try await check("codes") { line in
                let name = "iona\(number.with { $0 += 1; return $0 })"
                try area.hire(name)
                var enrolment = try area.enrolment(name)
                let fresh = enrolment.code
                if line.text("code") == "{used}" {
                    _ = try await home(area, "first \(name)").enrol(enrolment)
                }
                enrolment.code = line.text("code")
                    .replacingOccurrences(of: "{used}", with: fresh)
                    .replacingOccurrences(of: "{fresh}", with: fresh)
                    .replacingOccurrences(of: "{lower}", with: fresh.lowercased())
                    .replacingOccurrences(of: "{joined}", with: fresh.filter { $0 != "-" })
                _ = try await home(area, name).enrol(enrolment)
                return "enrolled"
            }
        }

        @Test("Errors say what they said")
        func errors() throws {
            let lines = try VectorLine.read("errors")
            let surface = Set(allErrors.map(\.name))
            #expect(lines.count == allErrors.count && surface.count == allErrors.count)
            for (line, error) in zip(lines, allErrors) {
                #expect("\(error.name): \(error)" == line.text("gives"))
            }
        }
    }
}

/// In the order of the file.
private let allErrors: [CaseweaveError] = [
    .wrongKey, .damaged, .full, .newerData, .busy, .storage(reason: "said"), .wrongPin(left: 3), .locked,
    .pinNeeded, .weakPin, .wrongDevice, .notEnrolled, .alreadyHere(userId: "said"),
    .keyStore(reason: "said"), .leaseOver(since: Date()), .closed, .erased(reason: "said"),
    .refused(code: "said", reason: "said"), .badInput(reason: "said"), .unknownCase, .newerRecord,
    .noConflict, .reasonMissing, .cannotUndo(reason: "said"), .changedSince, .offline, .stopped,
    .signedOut, .wrongSignIn, .wrongCode(reason: "said"), .tooOften, .serverBusy, .serverTooOld,
    .appTooOld, .retired, .stolen, .other(reason: "said"),
]

private let allFields: [RowField] = [
    .need, .action, .outcome, .evidence, .agency, .person, .due, .status, .rating, .effect,
]

/// The variant of this name: `OwnAgency` is `ownAgency` here.
private func named<Variant>(_ name: String, _ all: [Variant]) -> Variant {
    all.first { "\($0)".lowercased() == name.lowercased() }!
}

/// Asks of each line with a new case on one phone.
private func ask(
    _ name: String, _ asked: (CaseweavePhone, Saved, VectorLine) async throws -> String
) async throws {
    let scene = try await Scene()
    _ = try await scene.phone.sync()
    try await check(name) { line in
        let own = try await scene.phone.beginCase(NewCase(givenName: "Ailsa", familyName: "Muir"))
        return try await asked(scene.phone, own, line)
    }
}

private func home(_ area: Area, _ name: String) throws -> CaseweaveHome {
    try CaseweaveHome(folder: area.folder.appendingPathComponent(name), keyStore: Keys())
}

/// Writes a record that has a variant in it.
private func say(
    _ phone: CaseweavePhone, _ own: Saved, _ of: String, _ variant: String
) async throws -> String {
    switch of {
    case "Place":
        let place = named(variant, [Place.team, .ownAgency, .protection])
        return try await phone.recordVisit(visit(own, at, place))[0].recordId
    case "TeamInvolved":
        let involved = named(variant, [TeamInvolved.no, .perhaps])
        return try await concern(phone, own, false, involved).saved.recordId
    case "HowHeard":
        let how = named(variant, [HowHeard.spoken, .drawn, .signed, .written, .observed])
        let views = NewViews(caseId: own.caseId, whose: "child", how: how, words: "I like the dog.")
        return try await phone.recordViews(views).recordId
    case "AttachmentSort":
        let sort = named(variant, [AttachmentSort.photo, .voiceNote, .bodyMap])
        let first = try #require(try VectorLine.read("pictures").first { $0.text("sort") == variant })
        let content = try #require(Data(base64Encoded: first.text("content")))
        return try await phone.attach(content, as: sort, to: own.recordId).recordId
    default:
        let all: [SharingBasis] = [.consent, .significantHarm, .seriousCrime, .court, .statutory]
        let visited = try await phone.recordVisit(visit(own, at, .ownAgency))[0]
        let reason = SharingReason(
            purpose: "A plan", basis: named(variant, all), consentSought: true, why: "They agreed",
            necessaryBecause: "The plan needs it")
        return try await phone.shareRecord(
            visited.recordId, with: .team, what: "The visit", reason: reason
        ).recordId
    }
}

private let at: Int64 = 1_795_600_000_000

private func visit(_ own: Saved, _ atMs: Int64, _ to: Place) -> NewVisit {
    let child = VisitedChild(caseId: own.caseId, narrative: "Built a tower of bricks.", seen: true)
    return NewVisit(children: [child], atMs: atMs, to: to)
}

private func concern(
    _ phone: CaseweavePhone, _ own: Saved, _ harm: Bool, _ involved: TeamInvolved
) async throws -> ConcernSaved {
    try await phone.raiseConcern(
        NewConcern(
            caseId: own.caseId, teamInvolved: involved, seen: "A bruise on the arm.",
            harmSuspected: harm))
}
