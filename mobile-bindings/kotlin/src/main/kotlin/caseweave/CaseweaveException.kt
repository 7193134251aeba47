package caseweave

import caseweave.generated.PhoneException

/** Why the phone did not do what was asked. Nothing was lost. The message is for the user. */
sealed class CaseweaveException(message: String, cause: Throwable) : Exception(message, cause) {
    /** The phone's data cannot be used: a wrong key, or a damaged, full or newer file. */
    class Storage internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    /** Nobody has enrolled on this phone yet. */
    class NotEnrolled internal constructor(cause: Throwable) :
        CaseweaveException("Nobody has enrolled on this phone yet.", cause)

    /** It is not allowed, or not well-formed; [code] never changes its meaning. */
    class Refused internal constructor(val code: String, reason: String, cause: Throwable) :
        CaseweaveException(reason, cause)

    /** What was asked for is not of the form that is expected. */
    class BadInput internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    /** No connection: everything is kept. */
    class Offline internal constructor(cause: Throwable) :
        CaseweaveException("No connection to the server: everything is kept.", cause)

    /** The session has ended: everything is kept. */
    class SignedOut internal constructor(cause: Throwable) :
        CaseweaveException("The session has ended: sign in again; everything is kept.", cause)

    /** Something else, in words. */
    class Other internal constructor(reason: String, cause: Throwable) : CaseweaveException(reason, cause)

    internal companion object {
        fun of(error: PhoneException): CaseweaveException = when (error) {
            is PhoneException.Storage -> Storage(error.reason, error)
            is PhoneException.NotEnrolled -> NotEnrolled(error)
            is PhoneException.Refused -> Refused(error.code, error.reason, error)
            is PhoneException.BadInput -> BadInput(error.reason, error)
            is PhoneException.Offline -> Offline(error)
            is PhoneException.SignedOut -> SignedOut(error)
            is PhoneException.Other -> Other(error.reason, error)
        }
    }
}
