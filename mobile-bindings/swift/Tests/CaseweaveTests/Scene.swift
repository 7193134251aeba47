import Foundation
import Testing

@testable import Caseweave

/// All suites, one after the other: they start servers, and one counts memory and threads.
@Suite("The library from Swift", .serialized)
enum Library {}

/// A key store that keeps nothing when the test ends, and can be locked.
final class Keys: KeyStore {
    private let kept = Locked<[String: Data]>([:])
    let isLocked = Locked(false)

    func load(name: String) throws -> Data? {
        if isLocked.with({ $0 }) {
            throw KeyStoreError.Unavailable(reason: "unlock your phone first")
        }
        return kept.with { $0[name] }
    }

    func save(name: String, secret: Data) throws { kept.with { $0[name] = secret } }

    func delete(name: String) throws { kept.with { _ = $0.removeValue(forKey: name) } }
}

/// An area, and Iona's phone in Swift.
struct Scene: Sendable {
    let area: Area
    let home: CaseweaveHome
    let user: String
    let phone: CaseweavePhone
    /// What the phone's clock adds to the machine's, in seconds.
    let ahead = Locked(0.0)
    let log = Locked<[String]>([])
    let keys: Keys?
    let pin: String?

    /// `pin` none: a key store keeps the key.
    init(pin: String? = nil, role: String = "practitioner") async throws {
        self.pin = pin
        area = try Area()
        keys = pin == nil ? Keys() : nil
        user = try area.hire("iona", role: role)
        let (ahead, log) = (ahead, log)
        home = try CaseweaveHome(
            folder: area.folder.appendingPathComponent("swift"), keyStore: keys,
            now: { Date().addingTimeInterval(ahead.with { $0 }) },
            log: { line in log.with { $0.append(line) } })
        phone = try await home.enrol(area.enrolment("iona"), pin: pin)
    }

    var folder: URL { area.folder.appendingPathComponent("swift") }
    var database: URL { folder.appendingPathComponent(user).appendingPathComponent("phone.db") }

    func begin(_ name: String) async throws -> String {
        try await phone.beginCase(NewCase(givenName: name, familyName: "Muir")).caseId
    }

    func visit(_ caseId: String, _ words: String) -> NewVisit {
        NewVisit(
            children: [VisitedChild(caseId: caseId, narrative: words, seen: true)], at: Date(),
            place: "at home")
    }

    /// Lena leads the cluster: a terminal phone whose user takes Iona into the team.
    func lead(of caseId: String) async throws -> Terminal {
        let lena = try area.terminal("lena", agency: "education", role: "cluster_lead")
        _ = try await phone.sync()
        try lena.run("sync")
        try lena.run("member", caseId, "iona", "member")
        try lena.run("lead", caseId, "iona")
        try lena.run("sync")
        _ = try await phone.sync()
        return lena
    }
}

/// What a call throws; none if it does not.
func problem<Answer>(_ call: () async throws -> Answer) async -> CaseweaveError? {
    do {
        _ = try await call()
        return nil
    } catch let error as CaseweaveError {
        #expect(!error.localizedDescription.isEmpty && !error.name.isEmpty)
        return error
    } catch {
        Issue.record(error)
        return nil
    }
}
