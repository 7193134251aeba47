package caseweave

import caseweave.generated.Enrolment as GeneratedEnrolment
import caseweave.generated.KeyStoreException
import caseweave.generated.LogSink
import caseweave.generated.SignIn as GeneratedSignIn
import java.time.Clock
import caseweave.generated.Clock as GeneratedClock
import caseweave.generated.KeyStore as GeneratedKeyStore

/**
 * Where the platform keeps small secrets: on Android, a file that a key of the Android Keystore encrypts.
 * What it keeps must leave this phone in no backup. Called from background threads. Whatever an
 * implementation throws reaches whoever called the library as [CaseweaveException.KeyStore]; throw
 * [KeyStoreUnavailable] to say why.
 */
interface KeyStore {
    /** What is kept under a name; `null` if nothing is. */
    fun load(name: String): ByteArray?

    /** Keeps a secret under a name, durably, before it returns. */
    fun save(name: String, secret: ByteArray)

    /** Forgets a name; does nothing if it is not there. */
    fun delete(name: String)
}

/** The platform's key store cannot be asked now; [reason] is in the user's words. */
class KeyStoreUnavailable(val reason: String) : Exception(reason)

/** Who signs in. [appCode] is the code of the person's app, if they have one. Nothing of it is kept. */
class SignIn(val name: String, val password: String, val appCode: String? = null) {
    /** Says nothing of whoever signs in. */
    override fun toString(): String = "SignIn"
}

/**
 * A person who makes this phone theirs at [server], such as `https://caseweave.example:8443`. [authority]
 * is the certificate of the server's authority in PEM, [code] the one-time code, [deviceName] what the
 * person calls the phone.
 */
class Enrolment(
    val server: String,
    val authority: String?,
    val code: String,
    val signIn: SignIn,
    val deviceName: String,
) {
    /** Says nothing of whoever enrols. */
    override fun toString(): String = "Enrolment"
}

internal fun SignIn.lower() = GeneratedSignIn(name, password, appCode)

internal fun Enrolment.lower() = GeneratedEnrolment(server, authority, code, signIn.lower(), deviceName)

internal class Keeping(private val store: KeyStore) : GeneratedKeyStore {
    override fun load(name: String): ByteArray? = saying { store.load(name) }

    override fun save(name: String, secret: ByteArray) = saying { store.save(name, secret) }

    override fun delete(name: String) = saying { store.delete(name) }

    private inline fun <T> saying(ask: () -> T): T = try {
        ask()
    } catch (no: KeyStoreUnavailable) {
        throw KeyStoreException.Unavailable(no.reason)
    }
}

internal class Telling(private val clock: Clock) : GeneratedClock {
    override fun nowMs(): Long = clock.millis()
}

/** What a log throws is not the library's trouble. */
internal class Logging(private val log: (String) -> Unit) : LogSink {
    override fun log(line: String) {
        runCatching { log.invoke(line) }
    }
}
