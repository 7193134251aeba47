package caseweave

import caseweave.generated.Phone
import caseweave.generated.PhoneHome
import java.io.File
import java.time.Clock
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/**
 * The folder of all who use this phone: an encrypted database each, which nobody else's key opens. Keep
 * one. Every function may be called from any thread, also the main one. What goes wrong is a
 * [CaseweaveException].
 */
class CaseweaveHome private constructor(
    private val home: PhoneHome,
    private val dispatcher: CoroutineDispatcher,
) {
    private val calls = Calls(dispatcher)
    private val enrolling = Mutex()

    /** Who uses this phone. Their names are in their data: keep what a sign-in screen shows yourself. */
    suspend fun users(): List<UserId> = calls.toItsEnd { home.users().map(::UserId) }

    /** Whether a PIN is needed to open somebody's data. */
    suspend fun asksForPin(user: UserId): Boolean = calls.toItsEnd { home.asksForPin(user.text) }

    /**
     * Makes this phone somebody's with a one-time code; waits for the server. Safe to repeat if the answer
     * is lost. [pin] is asked at every opening; it may be left out where there is a key store. Throws
     * [CaseweaveException.AlreadyHere] if they use this phone already: open it and sign in again; and
     * [CaseweaveException.BadInput] for what cannot be a server's address.
     */
    suspend fun enrol(enrolment: Enrolment, pin: String? = null): CaseweavePhone = enrolling.withLock {
        calls.toItsEnd {
            val before = home.users()
            val phone = home.enrol(enrolment.lower(), pin)
            phone.of(home.users().first { it !in before })
        }
    }

    /**
     * Opens somebody's data. Throws [CaseweaveException.WrongPin] with the tries that are left,
     * [CaseweaveException.Locked] after ten, [CaseweaveException.Erased] for a phone that was handed back,
     * and others. Nothing is overwritten.
     */
    suspend fun open(user: UserId, pin: String? = null): CaseweavePhone =
        calls.toItsEnd { home.open(user.text, pin).of(user.text) }

    /**
     * Changes the PIN, or sets or takes one away where there is a key store. The data is not touched; if it
     * fails, the old one still opens it.
     */
    suspend fun changePin(user: UserId, old: String?, new: String?): Unit =
        calls.toItsEnd { home.changePin(user.text, old, new) }

    /**
     * Writes somebody's data anew under another key, since somebody may have the old one. Their phone must
     * be closed. Takes as much room again as the data, for as long as it lasts; killed at any moment, the
     * next opening finishes it or takes it back.
     */
    suspend fun renewKey(user: UserId, pin: String? = null): Unit =
        calls.toItsEnd { home.renewKey(user.text, pin) }

    /**
     * After ten wrong PINs: lets the PIN be tried again, once the server has taken the user's password.
     * Throws [CaseweaveException.Offline] or [CaseweaveException.WrongSignIn]; it then stays locked.
     */
    suspend fun unlock(user: UserId, signIn: SignIn): Unit =
        calls.toItsEnd { home.unlock(user.text, signIn.lower()) }

    private fun Phone.of(user: String) = CaseweavePhone(this, UserId(user), dispatcher)

    companion object {
        /**
         * The home in [folder], which is made if it is not there; leave it out of the platform's backups.
         * Without a [keyStore] everybody needs a PIN. [clock] is for tests. [log] is told what happens,
         * without a name or a word of any record. Calls wait on [dispatcher].
         */
        suspend fun at(
            folder: File,
            keyStore: KeyStore?,
            clock: Clock? = null,
            dispatcher: CoroutineDispatcher = Dispatchers.IO,
            log: ((String) -> Unit)? = null,
        ): CaseweaveHome = Calls(dispatcher).toItsEnd {
            val home = PhoneHome(
                folder.path,
                keyStore?.let(::Keeping),
                clock?.let(::Telling),
                log?.let(::Logging),
            )
            CaseweaveHome(home, dispatcher)
        }
    }
}
