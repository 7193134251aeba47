import Foundation
import Testing

@testable import Caseweave

extension Library {
    @Suite struct Screens {
        @Test("A screen builds its pickers from what the library has")
        func pickers() async throws {
            let scene = try await Scene()
            _ = try await scene.phone.sync()
            let own = try await scene.phone.beginCase(NewCase(givenName: "Ailsa", familyName: nil))
            let fields = try await scene.phone.factFields(of: own.recordId)
            let stage = try #require(fields.first { $0.name == "stage" })
            #expect(stage.asks == .choice && stage.choices.map(\.code) == ["1", "2", "3"])
            #expect(fields.first { $0.name == "member" }?.about == .user)
            let form = try #require(try await scene.phone.forms(for: own.caseId).first)
            #expect(form.code == "wellbeing" && form.elements.first?.label == "Safe")
            #expect(try await scene.phone.listed("meeting_sort", for: own.caseId).isEmpty)
        }

        @Test("The phone says whose it is and until when it reads")
        func whoseItIs() async throws {
            let scene = try await Scene()
            _ = try await scene.phone.sync()
            let own = try await scene.phone.whoAmI()
            #expect(own.userId == scene.user && own.name == "iona" && own.agency == "health")
            #expect(own.clusters.map(\.name) == ["Glen"] && own.clusters[0].roles == ["practitioner"])
            #expect(own.signedIn && own.readsUntil > Date() && own.readsUntil < Date() + 15 * 86_400)
        }

        @Test("A meeting is minuted, and what is delivered is told session by session")
        func meetings() async throws {
            let scene = try await Scene()
            let phone = scene.phone
            let caseId = try await scene.begin("Ailsa")
            let came = Attendee(who: "Ross", role: "uncle", present: true)
            let meeting = try await phone.recordMeeting(
                NewMeeting(caseId: caseId, at: Date(), minutes: Minutes(attendance: [came])))
            let action = AgreedAction(what: "Ring the school", by: "2026-12-01")
            _ = try await phone.addMinutes(Minutes(actions: [action]), to: meeting.recordId)
            #expect(try await phone.openRecord(meeting.recordId).parts.count == 3)
            let nothing = await problem { try await phone.addMinutes(Minutes(), to: meeting.recordId) }
            guard case .badInput = nothing else { return #expect(nothing == nil) }
            let begun = try await phone.beginIntervention(
                NewIntervention(caseId: caseId, what: "Swimming", to: .team))
            _ = try await phone.addSession(NewSession(at: Date(), minutes: 45), to: begun.recordId)
            #expect(try await phone.openRecord(begun.recordId).parts.count == 2)
            #expect(try await phone.sync().returned == 0)
        }

        @Test("A photo waits here, is sent after its record, and is fetched elsewhere")
        func attachments() async throws {
            let scene = try await Scene()
            let phone = scene.phone
            let own = try await phone.beginCase(NewCase(givenName: "Ailsa", familyName: nil))
            let photo = try #require(
                Data(base64Encoded: try VectorLine.read("pictures")[0].text("content")))
            let saved = try await phone.attach(photo, as: .photo, to: own.recordId, caption: "The door")
            let kept = try #require(try await phone.attachment(saved.recordId).content)
            let counts = try await phone.onlyHereCounts()
            #expect(counts.attachments == 1 && counts.attachmentBytes == UInt64(kept.count))
            #expect(try await phone.attachmentsWaiting() == 1)
            #expect(try await phone.attachments(of: own.recordId).map(\.caption) == ["The door"])
            _ = try await phone.sync()
            #expect(try await phone.attachmentsWaiting() == 0)
            try scene.area.hire("lena", agency: "education", role: "cluster_lead")
            let home = try CaseweaveHome(
                folder: scene.area.folder.appendingPathComponent("lena"), keyStore: Keys())
            let lena = try await home.enrol(scene.area.enrolment("lena"))
            _ = try await lena.sync()
            #expect(try await lena.attachment(saved.recordId).content == nil)
            try await lena.fetchAttachment(saved.recordId)
            #expect(try await lena.attachment(saved.recordId).content == kept)
        }

        @Test("A stolen phone is erased; while its server is away, it stays as it is")
        func stolen() async throws {
            let scene = try await Scene()
            _ = try await scene.begin("Ailsa")
            let devices = try scene.area.manage("device", "list")
            try scene.area.manage("device", "stolen", devices.field("id"))
            #expect(await problem { try await scene.phone.sync() } == .stolen)
            scene.area.cut()
            #expect(await problem { try await scene.phone.handBack() } == .offline)
            try scene.area.serve()
            #expect(try await !scene.phone.handBack().isEmpty)
            #expect(!FileManager.default.fileExists(atPath: scene.database.path))
        }

        @Test("A server whose authority is no certificate is no server to trust")
        func authority() async throws {
            let scene = try await Scene()
            var odd = try scene.area.enrolment("iona")
            odd.authority = "no certificate"
            let asked = odd
            let refused = await problem { try await scene.home.enrol(asked) }
            guard case .other = refused else { return #expect(refused == nil) }
        }
    }
}
