package caseweave

import caseweave.generated.PhoneException
import caseweave.generated.explain
import caseweave.generated.nameOf
import java.time.Instant

/**
 * Why the phone did not do what was asked. Nothing was lost. The message is for the user and holds no
 * personal data; an app that speaks another language chooses its own words by the class. [name] is for logs,
 * such as `wrong_pin`, and stays the same for ever.
 */
sealed class CaseweaveException(told: Told) : Exception(told.words, told.cause) {
    /** The error's name for logs. */
    val name: String = told.name

    /** The key opens nothing. */
    class WrongKey internal constructor(told: Told) : CaseweaveException(told)

    /** The data is not what was written; nothing was overwritten. */
    class Damaged internal constructor(told: Told) : CaseweaveException(told)

    /** No space, or no leave to take more. */
    class Full internal constructor(told: Told) : CaseweaveException(told)

    /** A newer app wrote it. */
    class NewerData internal constructor(told: Told) : CaseweaveException(told)

    /** Another program, or another exchange, is at it. */
    class Busy internal constructor(told: Told) : CaseweaveException(told)

    /** The storage said no in another way. */
    class Storage internal constructor(told: Told) : CaseweaveException(told)

    /** Another PIN opens it. [left] more wrong ones are looked at before it locks. */
    class WrongPin internal constructor(val left: Int, told: Told) : CaseweaveException(told)

    /** Too many wrong PINs: [CaseweaveHome.unlock] with the password, online. */
    class Locked internal constructor(told: Told) : CaseweaveException(told)

    /** A PIN is needed. */
    class PinNeeded internal constructor(told: Told) : CaseweaveException(told)

    /** The PIN is one that others try first. */
    class WeakPin internal constructor(told: Told) : CaseweaveException(told)

    /** The data was locked on another phone. */
    class WrongDevice internal constructor(told: Told) : CaseweaveException(told)

    /** Nobody has enrolled here. */
    class NotEnrolled internal constructor(told: Told) : CaseweaveException(told)

    /** This person uses this phone already: open it. */
    class AlreadyHere internal constructor(val user: UserId, told: Told) : CaseweaveException(told)

    /** The platform's key store could not be asked. */
    class KeyStore internal constructor(told: Told) : CaseweaveException(told)

    /** Without contact for too long: reading locks until the next exchange, writing goes on. */
    class LeaseOver internal constructor(val since: Instant, told: Told) : CaseweaveException(told)

    /** The phone was closed. */
    class Closed internal constructor(told: Told) : CaseweaveException(told)

    /** The phone was handed back and erased. */
    class Erased internal constructor(told: Told) : CaseweaveException(told)

    /** The gate or the policy says no. [code] never changes its meaning. */
    class Refused internal constructor(val code: String, told: Told) : CaseweaveException(told)

    /** What was asked for is not of the form that is expected. */
    class BadInput internal constructor(told: Told) : CaseweaveException(told)

    /** There is no such case on this phone. */
    class UnknownCase internal constructor(told: Told) : CaseweaveException(told)

    /** A newer app wrote the record: update this one to read it. It is kept. */
    class NewerRecord internal constructor(told: Told) : CaseweaveException(told)

    /** There is nothing to settle. */
    class NoConflict internal constructor(told: Told) : CaseweaveException(told)

    /** A decision needs its reason. */
    class ReasonMissing internal constructor(told: Told) : CaseweaveException(told)

    /** A settlement cannot be taken back. */
    class CannotUndo internal constructor(told: Told) : CaseweaveException(told)

    /** The record says something else than what was to be signed. */
    class ChangedSince internal constructor(told: Told) : CaseweaveException(told)

    /** No connection: everything is kept. */
    class Offline internal constructor(told: Told) : CaseweaveException(told)

    /** The exchange was stopped, or its time was over. What arrived is kept. */
    class Stopped internal constructor(told: Told) : CaseweaveException(told)

    /** The session has ended: everything is kept. */
    class SignedOut internal constructor(told: Told) : CaseweaveException(told)

    /** The name, the password or the app's code is not right. */
    class WrongSignIn internal constructor(told: Told) : CaseweaveException(told)

    /** The one-time code is not known, used, or too old. */
    class WrongCode internal constructor(told: Told) : CaseweaveException(told)

    /** It was tried too often. */
    class TooOften internal constructor(told: Told) : CaseweaveException(told)

    /** The server is busy or being looked after. */
    class ServerBusy internal constructor(told: Told) : CaseweaveException(told)

    /** The server is older than this app. */
    class ServerTooOld internal constructor(told: Told) : CaseweaveException(told)

    /** The server is newer than this app. */
    class AppTooOld internal constructor(told: Told) : CaseweaveException(told)

    /** The phone was retired: [CaseweavePhone.handBack]. */
    class Retired internal constructor(told: Told) : CaseweaveException(told)

    /** The phone was reported stolen: [CaseweavePhone.handBack]. */
    class Stolen internal constructor(told: Told) : CaseweaveException(told)

    /** Something else, in words. */
    class Other internal constructor(told: Told) : CaseweaveException(told)

    internal companion object {
        fun of(error: PhoneException): CaseweaveException = of(error, Told(explain(error), nameOf(error), error))

        private fun of(error: PhoneException, told: Told): CaseweaveException = when (error) {
            is PhoneException.WrongKey -> WrongKey(told)
            is PhoneException.Damaged -> Damaged(told)
            is PhoneException.Full -> Full(told)
            is PhoneException.NewerData -> NewerData(told)
            is PhoneException.Busy -> Busy(told)
            is PhoneException.Storage -> Storage(told)
            is PhoneException.WrongPin -> WrongPin(error.left.toInt(), told)
            is PhoneException.Locked -> Locked(told)
            is PhoneException.PinNeeded -> PinNeeded(told)
            is PhoneException.WeakPin -> WeakPin(told)
            is PhoneException.WrongDevice -> WrongDevice(told)
            is PhoneException.NotEnrolled -> NotEnrolled(told)
            is PhoneException.AlreadyHere -> AlreadyHere(UserId(error.userId), told)
            is PhoneException.KeyStore -> KeyStore(told)
            is PhoneException.LeaseOver -> LeaseOver(Instant.ofEpochMilli(error.sinceMs), told)
            is PhoneException.Closed -> Closed(told)
            is PhoneException.Erased -> Erased(told)
            is PhoneException.Refused -> Refused(error.code, told)
            is PhoneException.BadInput -> BadInput(told)
            is PhoneException.UnknownCase -> UnknownCase(told)
            is PhoneException.NewerRecord -> NewerRecord(told)
            is PhoneException.NoConflict -> NoConflict(told)
            is PhoneException.ReasonMissing -> ReasonMissing(told)
            is PhoneException.CannotUndo -> CannotUndo(told)
            is PhoneException.ChangedSince -> ChangedSince(told)
            is PhoneException.Offline -> Offline(told)
            is PhoneException.Stopped -> Stopped(told)
            is PhoneException.SignedOut -> SignedOut(told)
            is PhoneException.WrongSignIn -> WrongSignIn(told)
            is PhoneException.WrongCode -> WrongCode(told)
            is PhoneException.TooOften -> TooOften(told)
            is PhoneException.ServerBusy -> ServerBusy(told)
            is PhoneException.ServerTooOld -> ServerTooOld(told)
            is PhoneException.AppTooOld -> AppTooOld(told)
            is PhoneException.Retired -> Retired(told)
            is PhoneException.Stolen -> Stolen(told)
            is PhoneException.Other -> Other(told)
        }

        /** A fault of the library itself, or of the way to it. */
        fun ofFault(fault: Exception): CaseweaveException = Other(Told(FAULT, "fault", fault))

        private const val FAULT =
            "Something went wrong inside this app: try again, and start it anew if it stays."
    }
}

/** What the library says of an error, in the user's words and for logs. */
class Told internal constructor(internal val words: String, internal val name: String, internal val cause: Throwable)
