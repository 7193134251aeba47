import CaseweaveGenerated
import Foundation

/// Where an app keeps the data of those who use the phone: a database each, which nobody else's key opens.
/// Keep one. What goes wrong is a `CaseweaveError`; calls run one by one on a thread of their own.
///
/// Leave the folder out of backups (`isExcludedFromBackup`).
public actor CaseweaveHome {
    private let home: PhoneHome
    private let worker = Worker("caseweave.home", qos: .userInitiated)

    /// The home in `folder`, which is made if it is not there.
    /// - Parameters:
    ///   - keyStore: The platform's; without one, everybody needs a PIN.
    ///   - now: The clock; the system's if none is given.
    ///   - log: Is told what happens, on any thread, without a name or a word of any record.
    /// - Throws: `storage`
    public init(
        folder: URL, keyStore: (any KeyStore)? = nil, now: (@Sendable () -> Date)? = nil,
        log: (@Sendable (String) -> Void)? = nil
    ) throws(CaseweaveError) {
        let made = outcome {
            try PhoneHome(
                folder: folder.path, keyStore: keyStore,
                clock: now.map(AppClock.init), log: log.map(AppLog.init)
            )
        }
        home = try made.get()
    }

    /// Who uses this phone, by id.
    public func users() async throws(CaseweaveError) -> [String] {
        try await worker.run { [home] in try home.users() }
    }

    /// Whether a PIN is needed to open somebody's data.
    public func asksForPin(_ userId: String) async throws(CaseweaveError) -> Bool {
        try await worker.run { [home] in try home.asksForPin(userId: userId) }
    }

    /// Makes this phone somebody's with a one-time code. Safe to repeat if the answer is lost.
    /// - Parameter pin: Is asked at every opening; may be left out where there is a key store.
    /// - Throws: `alreadyHere` if they use this phone already: open it and sign in again; `badInput`
    ///   for what cannot be a server's address; `weakPin`, `pinNeeded`, `wrongCode`, `wrongSignIn`, `offline`,
    ///   others.
    public func enrol(
        _ enrolment: Enrolment, pin: String? = nil
    ) async throws(CaseweaveError) -> CaseweavePhone {
        let phone = try await worker.run { [home] in try home.enrol(enrolment: enrolment, pin: pin) }
        return CaseweavePhone(phone)
    }

    /// Opens somebody's data.
    /// - Throws: `wrongPin` with the tries that are left, `locked` after ten; `erased` for a phone that
    ///   was handed back; others. Nothing is overwritten.
    public func open(_ userId: String, pin: String? = nil) async throws(CaseweaveError) -> CaseweavePhone {
        let phone = try await worker.run { [home] in try home.open(userId: userId, pin: pin) }
        return CaseweavePhone(phone)
    }

    /// Changes the PIN, or sets or takes one away where there is a key store. The data is not touched.
    /// Should it fail, the old one still opens it.
    public func changePin(
        of userId: String, from old: String? = nil, to new: String? = nil
    ) async throws(CaseweaveError) {
        try await worker.run { [home] in try home.changePin(userId: userId, old: old, new: new) }
    }

    /// Writes somebody's data anew under another key, since somebody may have the old one. The phone must
    /// be closed. Takes as much room again as the data, for as long as it lasts; killed at any moment,
    /// the next opening finishes it or takes it back.
    public func renewKey(of userId: String, pin: String? = nil) async throws(CaseweaveError) {
        try await worker.run { [home] in try home.renewKey(userId: userId, pin: pin) }
    }

    /// After ten wrong PINs: lets the PIN be tried again, once the server has taken the user's password.
    /// - Throws: `offline`, `wrongSignIn`: it then stays locked.
    public func unlock(_ userId: String, with signIn: SignIn) async throws(CaseweaveError) {
        try await worker.run { [home] in try home.unlock(userId: userId, signIn: signIn) }
    }
}

/// The app's clock.
final class AppClock: CaseweaveGenerated.Clock {
    private let now: @Sendable () -> Date

    init(_ now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    func nowMs() -> Int64 { now().milliseconds }
}

/// The app's log.
private final class AppLog: LogSink {
    private let write: @Sendable (String) -> Void

    init(_ write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    func log(line: String) { write(line) }
}
