import Foundation

extension CaseweaveError: LocalizedError, CustomStringConvertible {
    /// What the user reads.
    public var errorDescription: String? { words }

    /// As for the user: no id and no name reaches a log with it.
    public var description: String { words }

    private var words: String {
        switch self {
        case .wrongKey, .damaged, .full, .newerData, .busy, .storage, .keyStore, .wrongDevice,
            .closed, .erased:
            wordsOfTheData
        case .wrongPin, .locked, .pinNeeded, .weakPin, .notEnrolled, .alreadyHere, .signedOut,
            .wrongSignIn, .wrongCode, .tooOften:
            wordsOfThePerson
        case .refused, .badInput, .unknownCase, .newerRecord, .noConflict, .reasonMissing,
            .cannotUndo, .changedSince, .leaseOver, .other:
            wordsOfTheWork
        case .offline, .stopped, .serverBusy, .serverTooOld, .appTooOld, .retired, .stolen:
            wordsOfTheServer
        }
    }

    private var wordsOfTheData: String {
        switch self {
        case .wrongKey: "The key does not open this phone's data."
        case .damaged: "This phone's data is damaged: nothing was overwritten."
        case .full:
            "The phone's storage is full: nothing was changed. Free some space and try again."
        case .newerData: "A newer app wrote this phone's data: update this one."
        case .busy: "This is being used by something else: try again."
        case .storage(let reason), .keyStore(let reason), .erased(let reason): reason
        case .wrongDevice:
            "This data was locked on another phone, or this phone was set up anew since."
        default: "This phone is closed: open it again."
        }
    }

    private var wordsOfThePerson: String {
        switch self {
        case .wrongPin(let left): "This PIN is wrong: \(left) more before it locks."
        case .locked:
            "Too many wrong PINs: connect to the server and sign in with your password. "
                + "Nothing was deleted."
        case .pinNeeded: "Your PIN is needed."
        case .weakPin:
            "Choose another PIN: at least six characters, not one of them repeated and not a run "
                + "such as 123456."
        case .notEnrolled: "Nobody has enrolled on this phone yet."
        case .alreadyHere: "Your data is on this phone already: open it and sign in again."
        case .signedOut: "The session has ended: sign in again. Everything is kept."
        case .wrongCode(let reason): reason
        case .tooOften: "That was tried too often: wait a little and try again."
        default: "The sign-in name or the password is not right."
        }
    }

    private var wordsOfTheWork: String {
        switch self {
        case .refused(_, let reason), .badInput(let reason), .cannotUndo(let reason),
            .other(let reason):
            reason
        case .unknownCase: "This case is not on this phone."
        case .newerRecord: "A newer app wrote this: update this one to read it."
        case .noConflict: "People do not disagree about this here."
        case .reasonMissing: "Say why: the others will read it."
        case .changedSince:
            "This record has changed since you read it: read it again before you sign."
        default:
            "This phone was without contact for too long: connect to read again. Writing goes on "
                + "and nothing is lost."
        }
    }

    private var wordsOfTheServer: String {
        switch self {
        case .offline: "No connection to the server: everything is kept."
        case .stopped:
            "The exchange was stopped: what arrived is kept, the rest comes with the next one."
        case .serverBusy: "The server is busy: everything is kept, try again soon."
        case .serverTooOld:
            "This app is newer than the server: everything is kept and goes once the server is "
                + "updated."
        case .appTooOld: "This app is too old for the server: update it. Everything is kept."
        case .retired: "This phone was retired: its work is handed over and then erased here."
        default: "This phone cannot be used."
        }
    }
}
