import CaseweaveGenerated
import Foundation

/// Why the phone did not do what was asked. Nothing was lost. Its words are for the user and, like the
/// error itself in a log, hold no name and no word of any record.
public enum CaseweaveError: Error, Equatable, Sendable {
    /// The key opens nothing.
    case wrongKey
    /// The data is not what was written; nothing was overwritten.
    case damaged
    /// No space, or no leave to take more.
    case full
    /// A newer app wrote it.
    case newerData
    /// Another program, or another exchange, is at it.
    case busy
    /// The storage said no in another way.
    case storage(reason: String)
    /// Another PIN opens it; so many more wrong ones are looked at.
    case wrongPin(left: Int)
    /// Too many wrong PINs: `CaseweaveHome.unlock` with the password, online.
    case locked
    /// A PIN is needed.
    case pinNeeded
    /// The PIN is one that others try first.
    case weakPin
    /// The data was locked on another phone.
    case wrongDevice
    /// Nobody has enrolled here.
    case notEnrolled
    /// This person uses this phone already: open it.
    case alreadyHere(userId: String)
    /// The platform's key store could not be asked.
    case keyStore(reason: String)
    /// Without contact for too long: reading is locked since then and until the next exchange, writing
    /// goes on.
    case leaseOver(since: Date)
    /// The phone was closed.
    case closed
    /// The phone was handed back and erased.
    case erased(reason: String)
    /// The gate or the policy says no; the code never changes its meaning.
    case refused(code: String, reason: String)
    /// What was asked for is not of the form that is expected.
    case badInput(reason: String)
    /// There is no such case on this phone.
    case unknownCase
    /// A newer app wrote the record: update this one to read it. It is kept.
    case newerRecord
    /// There is nothing to settle.
    case noConflict
    /// A decision needs its reason.
    case reasonMissing
    /// A settlement cannot be taken back.
    case cannotUndo(reason: String)
    /// The record says something else than what was to be signed.
    case changedSince
    /// No connection: everything is kept.
    case offline
    /// The exchange was stopped, its task cancelled, or its time was over. What arrived is kept.
    case stopped
    /// The session has ended: everything is kept.
    case signedOut
    /// The name, the password or the app's code is not right.
    case wrongSignIn
    /// The one-time code is not known, used, or too old.
    case wrongCode(reason: String)
    /// It was tried too often.
    case tooOften
    /// The server is busy or being looked after.
    case serverBusy
    /// The server is older than this app.
    case serverTooOld
    /// The server is newer than this app.
    case appTooOld
    /// The phone was retired: `CaseweavePhone.handBack`.
    case retired
    /// The phone was reported stolen: `CaseweavePhone.handBack`.
    case stolen
    /// Something else, in words.
    case other(reason: String)
}

extension CaseweaveError {
    /// Everything is kept and the next exchange goes on: nothing to trouble the user with.
    public var passesByItself: Bool {
        switch self {
        case .offline, .stopped, .busy, .serverBusy: true
        default: false
        }
    }

    static func of(_ error: any Error) -> CaseweaveError {
        switch error {
        case let error as CaseweaveError: error
        case let error as PhoneError: of(error)
        // What a failing library says of itself may hold anything: it is for nobody's eyes.
        default: .other(reason: "Something went wrong in this app. What was saved is kept.")
        }
    }

    private static func of(_ error: PhoneError) -> CaseweaveError {
        switch error {
        case .WrongKey: .wrongKey
        case .Damaged: .damaged
        case .Full: .full
        case .NewerData: .newerData
        case .Busy: .busy
        case .Storage(let reason): .storage(reason: reason)
        case .WrongPin(let left): .wrongPin(left: Int(left))
        case .Locked: .locked
        case .PinNeeded: .pinNeeded
        case .WeakPin: .weakPin
        case .WrongDevice: .wrongDevice
        case .NotEnrolled: .notEnrolled
        case .AlreadyHere(let userId): .alreadyHere(userId: userId)
        case .KeyStore(let reason): .keyStore(reason: reason)
        case .LeaseOver(let sinceMs): .leaseOver(since: Date(milliseconds: sinceMs))
        case .Closed: .closed
        case .Erased(let reason): .erased(reason: reason)
        case .Refused(let code, let reason): .refused(code: code, reason: reason)
        case .BadInput(let reason): .badInput(reason: reason)
        case .UnknownCase: .unknownCase
        case .NewerRecord: .newerRecord
        case .NoConflict: .noConflict
        case .ReasonMissing: .reasonMissing
        case .CannotUndo(let reason): .cannotUndo(reason: reason)
        case .ChangedSince: .changedSince
        case .Offline: .offline
        case .Stopped: .stopped
        case .SignedOut: .signedOut
        case .WrongSignIn: .wrongSignIn
        case .WrongCode(let reason): .wrongCode(reason: reason)
        case .TooOften: .tooOften
        case .ServerBusy: .serverBusy
        case .ServerTooOld: .serverTooOld
        case .AppTooOld: .appTooOld
        case .Retired: .retired
        case .Stolen: .stolen
        case .Other(let reason): .other(reason: reason)
        }
    }
}
