import Foundation
import Testing

@testable import Caseweave

/// What a server of another version says, or one under load, and what is left when the line breaks.
extension Library {
    @Suite struct StandIns {
        @Test("A server that is busy, and one of another version")
        func versions() async throws {
            #expect(try await enrolled(status: 503, code: "busy") == .serverBusy)
            #expect(try await enrolled(status: 400, code: "server_too_old") == .serverTooOld)
            #expect(try await enrolled(status: 400, code: "app_too_old") == .appTooOld)
        }

        private func enrolled(status: Int, code: String) async throws -> CaseweaveError? {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("no-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let server = try StandIn.refuse(in: folder, status: status, code: code)
            let authority = try String(
                contentsOf: folder.appendingPathComponent("ca.pem"), encoding: .utf8)
            let enrolment = Enrolment(
                server: "https://\(server.address)", authority: authority, code: "AAAAA-AAAAA",
                signIn: SignIn(name: "iona", password: "correct horse iona"), deviceName: "phone")
            let home = try CaseweaveHome(
                folder: folder.appendingPathComponent("home"), keyStore: Keys())
            return await problem { try await home.enrol(enrolment) }
        }

        @Test("A stolen phone is erased although the server does not hear of it at once")
        func stolen() async throws {
            let area = try Area()
            let user = try area.hire("ross")
            let line = try StandIn.line(to: area, connections: 1000)
            var enrolment = try area.enrolment("ross")
            enrolment.server = "https://\(line.address)"
            let folder = area.folder.appendingPathComponent("swift")
            let home = try CaseweaveHome(folder: folder, keyStore: Keys())
            let phone = try await home.enrol(enrolment)
            _ = try await phone.beginCase(NewCase(givenName: "Ailsa", familyName: "Muir"))
            try area.manage("device", "stolen", area.manage("device", "list").field("id"))
            #expect(await problem { try await phone.sync() } == .stolen)
            line.end()
            // The work is handed over, and no second connection tells that the phone was erased.
            let short = try StandIn.line(to: area, at: line.address, connections: 1)
            _ = try await phone.handBack()
            let left = folder.appendingPathComponent(user).path
            #expect(!FileManager.default.fileExists(atPath: left))
            let erased = await problem { try await home.open(user) }
            guard case .erased(let reason) = erased else { return #expect(erased == nil) }
            #expect(reason.contains("not heard"))
            short.end()
        }
    }
}
