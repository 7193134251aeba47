import CaseweaveGenerated
import Foundation

/// One user's phone. Keep one while they use it. Reading and writing are in the extensions.
///
/// Every method may be called from any task, also the main actor's: nothing blocks the threads that tasks
/// share. Calls run one by one in their order, and on while an exchange waits for the server. A call that
/// has begun runs to its end even if its task is cancelled; only `sync` ends then. What goes wrong is a
/// `CaseweaveError`.
public actor CaseweavePhone {
    private let phone: Phone
    /// The library, for what does not wait its turn.
    nonisolated var library: Phone { phone }
    private let worker = Worker("caseweave.phone", qos: .userInitiated)
    private let exchanges = Worker("caseweave.exchange", qos: .utility)
    private let changing = ChangeEar()
    private let progressing = ProgressEar()
    private var isExchanging = false

    init(_ phone: Phone) {
        self.phone = phone
        _ = phone.listen(listener: changing)
    }

    deinit {
        changing.hub.finish()
        progressing.hub.finish()
    }

    /// Opens the encrypted data of a user who has enrolled with a key that the app keeps itself, 32
    /// bytes. `CaseweaveHome` is for everybody else.
    /// - Throws: `wrongKey`, `damaged`, `newerData`, others; nothing is overwritten.
    public static func open(
        database: URL, key: Data, now: (@Sendable () -> Date)? = nil
    ) async throws(CaseweaveError) -> CaseweavePhone {
        let opening = Worker("caseweave.open", qos: .userInitiated)
        let phone = try await opening.run {
            try Phone.openWithKey(path: database.path, key: key, clock: now.map(AppClock.init))
        }
        return CaseweavePhone(phone)
    }

    /// Exchanges with the server until nothing is left to send, then makes lists and search ready.
    /// Cancelling the task ends it at once; what arrived is kept, and the next one goes on.
    /// - Parameter budget: Ends it cleanly in time, as a background task must.
    /// - Throws: `stopped` is no failure; `busy` while another task waits for an exchange.
    public func sync(budget: Duration? = nil) async throws(CaseweaveError) -> SyncSummary {
        guard !isExchanging else { throw .busy }
        isExchanging = true
        defer { isExchanging = false }
        let exchange = Exchange(of: phone)
        let done = await withTaskCancellationHandler {
            await exchange.outcome(
                on: exchanges.queue, budgetMs: budget.map(milliseconds), watcher: progressing
            )
        } onCancel: {
            exchange.stop()
        }
        return try done.get()
    }

    /// How far exchanges are, from now on: what is told is stored. Whoever is slow misses all but the
    /// newest. Ends when the phone is closed, and when its reader stops reading.
    public nonisolated func progress() -> AsyncStream<SyncProgress> {
        progressing.hub.stream(.bufferingNewest(1))
    }

    /// Which cases to show anew, by id, from now on: changed by the user's own hand or by an exchange.
    /// Ends when the phone is closed, and when its reader stops reading.
    public nonisolated func changes() -> AsyncStream<Set<String>> {
        changing.hub.stream(.unbounded)
    }

    /// How many read what changed.
    nonisolated var listeners: Int { changing.hub.count }

    /// Makes lists and search ready without an exchange; does little if little changed.
    public func makeReady() async throws(CaseweaveError) {
        try await work { try $0.makeReady() }
    }

    /// Lets the user in again whose session is over, with a new one-time code. Nothing else changes.
    public func signInAgain(code: String, signIn: SignIn) async throws(CaseweaveError) {
        try await work { try $0.signInAgain(code: code, signIn: signIn) }
    }

    /// Ends the session on this phone. Nothing else goes: what is unsent waits, and writing goes on.
    public func signOut() async throws(CaseweaveError) {
        try await work { try $0.signOut() }
    }

    /// Hands a phone back that was `retired` or `stolen`: what only it has goes to the server, everything
    /// on it is erased, the key first, and the server is told. Says what the person is to know.
    /// - Throws: Nothing is erased before all is handed over. Opening goes on with what was cut short.
    public func handBack() async throws(CaseweaveError) -> String {
        try await work { try $0.handBack() }
    }

    /// Closes the phone: every later call throws `closed`. Nothing is lost by not calling it.
    public func close() async {
        changing.hub.finish()
        progressing.hub.finish()
        _ = try? await work { $0.close() }
    }

    /// Asks the library on the phone's own thread.
    func work<Answer: Sendable>(
        _ call: @escaping @Sendable (Phone) throws -> Answer
    ) async throws(CaseweaveError) -> Answer {
        try await worker.run { [phone] in try call(phone) }
    }

    private func milliseconds(_ time: Duration) -> UInt64 {
        let (seconds, attoseconds) = time.components
        let all = seconds.multipliedReportingOverflow(by: 1000)
        return all.overflow ? .max : UInt64(max(0, all.partialValue + attoseconds / 1_000_000_000_000_000))
    }
}
