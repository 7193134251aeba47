import CaseweaveGenerated
import Foundation

extension CaseweaveError: LocalizedError, CustomStringConvertible {
    /// What the user reads.
    public var errorDescription: String? { words }

    /// As for the user: no id and no name reaches a log with it.
    public var description: String { words }

    /// The error's name for logs, such as `wrong_pin`: the same for ever.
    public var name: String { nameOf(error: asked) }

    private var words: String { explain(error: asked) }

    /// As the library knows it, which has the words. What it is not asked about is left out.
    private var asked: PhoneError {
        switch self {
        case .wrongKey: .WrongKey
        case .damaged: .Damaged
        case .full: .Full
        case .newerData: .NewerData
        case .busy: .Busy
        case .storage(let reason): .Storage(reason: reason)
        case .wrongPin(let left): .WrongPin(left: UInt8(clamping: left))
        case .locked: .Locked
        case .pinNeeded: .PinNeeded
        case .weakPin: .WeakPin
        case .wrongDevice: .WrongDevice
        case .notEnrolled: .NotEnrolled
        case .alreadyHere: .AlreadyHere(userId: "")
        case .keyStore(let reason): .KeyStore(reason: reason)
        case .leaseOver: .LeaseOver(sinceMs: 0)
        case .closed: .Closed
        case .erased(let reason): .Erased(reason: reason)
        case .refused(let code, let reason): .Refused(code: code, reason: reason)
        case .badInput(let reason): .BadInput(reason: reason)
        case .unknownCase: .UnknownCase
        case .newerRecord: .NewerRecord
        case .noConflict: .NoConflict
        case .reasonMissing: .ReasonMissing
        case .cannotUndo(let reason): .CannotUndo(reason: reason)
        case .changedSince: .ChangedSince
        case .offline: .Offline
        case .stopped: .Stopped
        case .signedOut: .SignedOut
        case .wrongSignIn: .WrongSignIn
        case .wrongCode(let reason): .WrongCode(reason: reason)
        case .tooOften: .TooOften
        case .serverBusy: .ServerBusy
        case .serverTooOld: .ServerTooOld
        case .appTooOld: .AppTooOld
        case .retired: .Retired
        case .stolen: .Stolen
        case .other(let reason): .Other(reason: reason)
        }
    }
}
