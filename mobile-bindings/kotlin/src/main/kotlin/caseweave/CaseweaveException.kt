package caseweave

import caseweave.generated.InternalException
import caseweave.generated.PhoneException
import java.time.Instant

/**
 * Why the phone did not do what was asked. Nothing was lost. The message is for the user and holds no
 * personal data; an app that speaks another language chooses its own words by the class.
 */
sealed class CaseweaveException(message: String, cause: Throwable) : Exception(message, cause) {
    /** The key opens nothing. */
    class WrongKey internal constructor(cause: Throwable) :
        CaseweaveException("The key does not open this phone's data.", cause)

    /** The data is not what was written; nothing was overwritten. */
    class Damaged internal constructor(cause: Throwable) :
        CaseweaveException("This phone's data is damaged: nothing was overwritten.", cause)

    /** No space, or no leave to take more. */
    class Full internal constructor(cause: Throwable) :
        CaseweaveException("The phone's storage is full: nothing was changed, free some space and try again.", cause)

    /** A newer app wrote it. */
    class NewerData internal constructor(cause: Throwable) :
        CaseweaveException("A newer app wrote this phone's data: update this one.", cause)

    /** Another program, or another exchange, is at it. */
    class Busy internal constructor(cause: Throwable) :
        CaseweaveException("This is being used by something else: try again.", cause)

    /** The storage said no in another way. */
    class Storage internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    /** Another PIN opens it. [left] more wrong ones are looked at before it locks. */
    class WrongPin internal constructor(val left: Int, cause: Throwable) :
        CaseweaveException("This PIN is wrong: $left more before it locks.", cause)

    /** Too many wrong PINs: [CaseweaveHome.unlock] with the password, online. */
    class Locked internal constructor(cause: Throwable) : CaseweaveException(
        "Too many wrong PINs: connect to the server and sign in with your password; nothing was " +
            "deleted.",
        cause,
    )

    /** A PIN is needed. */
    class PinNeeded internal constructor(cause: Throwable) : CaseweaveException("Your PIN is needed.", cause)

    /** The PIN is one that others try first. */
    class WeakPin internal constructor(cause: Throwable) : CaseweaveException(
        "Choose another PIN: at least six characters, not one of them repeated and not a run such " +
            "as 123456.",
        cause,
    )

    /** The data was locked on another phone. */
    class WrongDevice internal constructor(cause: Throwable) :
        CaseweaveException("This data was locked on another phone, or this phone was set up anew since.", cause)

    /** Nobody has enrolled here. */
    class NotEnrolled internal constructor(cause: Throwable) :
        CaseweaveException("Nobody has enrolled on this phone yet.", cause)

    /** This person uses this phone already: open it. */
    class AlreadyHere internal constructor(val user: UserId, cause: Throwable) :
        CaseweaveException("Your data is on this phone already: open it and sign in again.", cause)

    /** The platform's key store could not be asked. */
    class KeyStore internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    /** Without contact for too long: reading locks until the next exchange, writing goes on. */
    class LeaseOver internal constructor(val since: Instant, cause: Throwable) : CaseweaveException(
        "This phone was without contact for too long: connect to read again; writing goes on and " +
            "nothing is lost.",
        cause,
    )

    /** The phone was closed. */
    class Closed internal constructor(cause: Throwable) :
        CaseweaveException("This phone is closed: open it again.", cause)

    /** The phone was handed back and erased. */
    class Erased internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    /** The gate or the policy says no. [code] never changes its meaning. */
    class Refused internal constructor(val code: String, reason: String, cause: Throwable) :
        CaseweaveException(reason, cause)

    /** What was asked for is not of the form that is expected. */
    class BadInput internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    /** There is no such case on this phone. */
    class UnknownCase internal constructor(cause: Throwable) :
        CaseweaveException("This case is not on this phone.", cause)

    /** A newer app wrote the record: update this one to read it. It is kept. */
    class NewerRecord internal constructor(cause: Throwable) :
        CaseweaveException("A newer app wrote this: update this one to read it.", cause)

    /** There is nothing to settle. */
    class NoConflict internal constructor(cause: Throwable) :
        CaseweaveException("People do not disagree about this here.", cause)

    /** A decision needs its reason. */
    class ReasonMissing internal constructor(cause: Throwable) :
        CaseweaveException("Say why: the others will read it.", cause)

    /** A settlement cannot be taken back. */
    class CannotUndo internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    /** The record says something else than what was to be signed. */
    class ChangedSince internal constructor(cause: Throwable) :
        CaseweaveException("This record has changed since you read it: read it again before you sign.", cause)

    /** No connection: everything is kept. */
    class Offline internal constructor(cause: Throwable) :
        CaseweaveException("No connection to the server: everything is kept.", cause)

    /** The exchange was stopped, or its time was over. What arrived is kept. */
    class Stopped internal constructor(cause: Throwable) :
        CaseweaveException("The exchange was stopped: what arrived is kept, the rest comes with the next one.", cause)

    /** The session has ended: everything is kept. */
    class SignedOut internal constructor(cause: Throwable) :
        CaseweaveException("The session has ended: sign in again; everything is kept.", cause)

    /** The name, the password or the app's code is not right. */
    class WrongSignIn internal constructor(cause: Throwable) :
        CaseweaveException("The sign-in name or the password is not right.", cause)

    /** The one-time code is not known, used, or too old. */
    class WrongCode internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    /** It was tried too often. */
    class TooOften internal constructor(cause: Throwable) :
        CaseweaveException("That was tried too often: wait a little and try again.", cause)

    /** The server is busy or being looked after. */
    class ServerBusy internal constructor(cause: Throwable) :
        CaseweaveException("The server is busy: everything is kept, try again soon.", cause)

    /** The server is older than this app. */
    class ServerTooOld internal constructor(cause: Throwable) : CaseweaveException(
        "This app is newer than the server: everything is kept and goes once the server is " +
            "updated.",
        cause,
    )

    /** The server is newer than this app. */
    class AppTooOld internal constructor(cause: Throwable) :
        CaseweaveException("This app is too old for the server: update it; everything is kept.", cause)

    /** The phone was retired: [CaseweavePhone.handBack]. */
    class Retired internal constructor(cause: Throwable) :
        CaseweaveException("This phone was retired: its work is handed over and then erased here.", cause)

    /** The phone was reported stolen: [CaseweavePhone.handBack]. */
    class Stolen internal constructor(cause: Throwable) : CaseweaveException("This phone cannot be used.", cause)

    /** Something else, in words. */
    class Other internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    internal companion object {
        fun of(error: PhoneException): CaseweaveException = when (error) {
            is PhoneException.WrongKey -> WrongKey(error)
            is PhoneException.Damaged -> Damaged(error)
            is PhoneException.Full -> Full(error)
            is PhoneException.NewerData -> NewerData(error)
            is PhoneException.Busy -> Busy(error)
            is PhoneException.Storage -> Storage(error.reason, error)
            is PhoneException.WrongPin -> WrongPin(error.left.toInt(), error)
            is PhoneException.Locked -> Locked(error)
            is PhoneException.PinNeeded -> PinNeeded(error)
            is PhoneException.WeakPin -> WeakPin(error)
            is PhoneException.WrongDevice -> WrongDevice(error)
            is PhoneException.NotEnrolled -> NotEnrolled(error)
            is PhoneException.AlreadyHere -> AlreadyHere(UserId(error.userId), error)
            is PhoneException.KeyStore -> KeyStore(error.reason, error)
            is PhoneException.LeaseOver -> LeaseOver(Instant.ofEpochMilli(error.sinceMs), error)
            is PhoneException.Closed -> Closed(error)
            is PhoneException.Erased -> Erased(error.reason, error)
            is PhoneException.Refused -> Refused(error.code, error.reason, error)
            is PhoneException.BadInput -> BadInput(error.reason, error)
            is PhoneException.UnknownCase -> UnknownCase(error)
            is PhoneException.NewerRecord -> NewerRecord(error)
            is PhoneException.NoConflict -> NoConflict(error)
            is PhoneException.ReasonMissing -> ReasonMissing(error)
            is PhoneException.CannotUndo -> CannotUndo(error.reason, error)
            is PhoneException.ChangedSince -> ChangedSince(error)
            is PhoneException.Offline -> Offline(error)
            is PhoneException.Stopped -> Stopped(error)
            is PhoneException.SignedOut -> SignedOut(error)
            is PhoneException.WrongSignIn -> WrongSignIn(error)
            is PhoneException.WrongCode -> WrongCode(error.reason, error)
            is PhoneException.TooOften -> TooOften(error)
            is PhoneException.ServerBusy -> ServerBusy(error)
            is PhoneException.ServerTooOld -> ServerTooOld(error)
            is PhoneException.AppTooOld -> AppTooOld(error)
            is PhoneException.Retired -> Retired(error)
            is PhoneException.Stolen -> Stolen(error)
            is PhoneException.Other -> Other(error.reason, error)
        }

        /** A fault of the library itself. */
        fun of(fault: InternalException): CaseweaveException =
            Other("Something went wrong inside this app: try again, and start it anew if it stays.", fault)
    }
}
