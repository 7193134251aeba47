import Caseweave
import Foundation

/// A field worker's app in a terminal: enrol, list, open, record a visit without signal, exchange, settle.
/// Everything is typed line by line; `field-app FOLDER` begins.
@main
struct FieldApp {
    static func main() async {
        guard let folder = CommandLine.arguments.dropFirst().first else {
            return print("field-app FOLDER: the folder is where your data is kept")
        }
        do {
            let home = try CaseweaveHome(folder: URL(fileURLWithPath: folder))
            let phone = try await signIn(to: home)
            await Screens(phone).run()
            await phone.close()
        } catch {
            print(error.localizedDescription)
        }
    }

    /// Opens the data of whoever uses this phone, or makes it somebody's.
    private static func signIn(to home: CaseweaveHome) async throws -> CaseweavePhone {
        if let user = try await home.users().first {
            return try await home.open(user, pin: ask("PIN"))
        }
        let (server, authority) = (ask("Server"), ask("File of the server's authority"))
        let enrolment = Enrolment(
            server: server, authority: try? String(contentsOfFile: authority, encoding: .utf8),
            code: ask("One-time code"),
            signIn: SignIn(name: ask("Sign-in name"), password: ask("Password")),
            deviceName: "field app"
        )
        return try await home.enrol(enrolment, pin: ask("A PIN for this phone"))
    }
}

func ask(_ what: String) -> String {
    print("\(what): ", terminator: "")
    return readLine() ?? ""
}

/// What the app shows, a command each.
struct Screens {
    private let phone: CaseweavePhone

    init(_ phone: CaseweavePhone) {
        self.phone = phone
    }

    func run() async {
        await note {
            for draft in try await phone.drafts() {
                print("Not saved yet, \(draft.screen): \(draft.fields.map(\.text).joined())")
            }
            try await list()
        }
        while let line = readLine() {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if words.first == "quit" { return }
            await note { try await obey(words) }
        }
    }

    /// An error is words for the user; nothing was lost.
    private func note(_ work: () async throws -> Void) async {
        do { try await work() } catch { print(error.localizedDescription) }
    }

    private func obey(_ words: [String]) async throws {
        let number = words.count > 1 ? Int(words[1]) ?? 0 : 0
        switch words.first {
        case "list": try await list()
        case "begin" where words.count > 1: try await begin(words[1])
        case "open": try await open(number)
        case "visit": try await visit(number)
        case "stage" where words.count > 2: try await stage(number, words[2], words.dropFirst(3).first)
        case "sync": try await sync()
        case "inbox": try await inbox()
        case "settle" where words.count > 3: try await settle(number, words[2], words[3])
        default:
            print("list, begin NAME, open N, visit N, stage N STAGE WHY, sync, inbox, settle N VALUE WHY, quit")
        }
    }

    private func list() async throws {
        for (number, line) in try await phone.caseload().enumerated() {
            // Risk to a visitor comes first, and people's disagreement is shown, never decided.
            let risk = line.visitRisk.map { "(\($0)) " } ?? ""
            let stage = line.stages.joined(separator: " / ") + (line.stageDisputed ? " disputed" : "")
            print("\(number + 1). \(risk)\(line.name) \(stage) unread \(line.unread)")
        }
        print("Only on this phone: \(try await phone.onlyHere())")
    }

    private func begin(_ name: String) async throws {
        _ = try await phone.beginCase(NewCase(givenName: name, familyName: nil))
        try await list()
    }

    private func open(_ number: Int) async throws {
        let page = try await phone.openCase(try await chosen(number))
        for risk in page.warnings.visitRisk { print("Before you knock: \(risk)") }
        if page.unreadable > 0 {
            print("Not all is shown: \(page.unreadable) records cannot be read here. Update the app.")
        }
        if let lead = page.ring.lead { print("Ring \(lead.name) \(lead.phone)") }
        for happening in page.chronology {
            print("\(Day.text(happening.at)) \(happening.kind): \(happening.what)")
        }
    }

    /// Typed until a line that is a full stop; what is typed survives the end of the app.
    private func visit(_ number: Int) async throws {
        let caseId = try await chosen(number)
        let keeper = DraftKeeper("visit \(caseId)", on: phone)
        var text = try await keeper.restore()["narrative"] ?? ""
        while let line = readLine(), line != "." {
            text += text.isEmpty ? line : "\n" + line
            await keeper.type(text, in: "narrative")
        }
        try await keeper.keep()
        let visit = NewVisit(children: [VisitedChild(caseId: caseId, narrative: text)], at: Date())
        let saved = try await keeper.saving { try await phone.recordVisit(visit, draft: $0) }
        try await keeper.close()
        print("Saved. Only on this phone: \(saved.first?.onlyHere ?? 0)")
    }

    private func stage(_ number: Int, _ stage: String, _ why: String?) async throws {
        _ = try await phone.assertStage(stage, of: try await chosen(number), reason: why)
        try await list()
    }

    private func sync() async throws {
        let watching = Task { [progress = phone.progress()] in
            for await now in progress {
                print("  \(now.accepted) sent, \(now.received) came, about \(now.left) to come")
            }
        }
        defer { watching.cancel() }
        let done = try await phone.sync()
        print("Sent \(done.accepted), came \(done.received), returned \(done.returned)")
        try await list()
    }

    private func inbox() async throws {
        let inbox = try await phone.inbox()
        for (number, conflict) in inbox.conflicts.enumerated() {
            print("\(number + 1). \(conflict.name), \(conflict.fact): \(conflict.why)")
            for rival in conflict.rivals { print("   \(words(rival)) \(rival.reason ?? "")") }
        }
        for notice in inbox.notices {
            print("Your \(notice.fact): \(notice.cause) \(notice.reason ?? "")")
            try await phone.sawNotice(notice.noticeId)
        }
        print("Disagreements: \(inbox.conflicts.count)")
    }

    private func settle(_ number: Int, _ value: String, _ why: String) async throws {
        let conflicts = try await phone.inbox().conflicts
        guard conflicts.indices.contains(number - 1) else { throw CaseweaveError.noConflict }
        _ = try await phone.settle(conflicts[number - 1], as: value, reason: why)
        try await inbox()
    }

    private func chosen(_ number: Int) async throws -> String {
        let lines = try await phone.caseload()
        guard lines.indices.contains(number - 1) else { throw CaseweaveError.unknownCase }
        return lines[number - 1].caseId
    }

    private func words(_ value: SheetValue) -> String {
        switch value.shown {
        case .words(let text): text
        case .word(let code): value.label ?? code
        case .number(let number): String(number)
        case .yesNo(let yes): yes ? "yes" : "no"
        case .day(let day): day
        case .moment(let atMs): Day.text(Date(timeIntervalSince1970: Double(atMs) / 1000))
        case .id(let id): id
        case nil: "withheld"
        }
    }
}
