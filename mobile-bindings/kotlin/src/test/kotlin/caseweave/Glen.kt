package caseweave

import java.io.File
import java.time.Clock
import java.time.Duration
import java.time.Instant
import java.time.ZoneId
import java.time.ZoneOffset
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

/** An invented cluster with a server that is up, in a [folder] that the test throws away. */
internal class Glen(private val folder: File) : AutoCloseable {
    val programs = Programs(folder).apply { serve() }
    val keyStore = FakeKeyStore()
    val clock = Hands()
    val log = CopyOnWriteArrayList<String>()

    /** Where the library under test writes. */
    val homeFolder = File(folder, "home")

    suspend fun home(keyStore: KeyStore? = this.keyStore, folder: File = homeFolder): CaseweaveHome =
        CaseweaveHome.at(folder, keyStore, clock, log = { log += it })

    fun hire(name: String, agency: String = "health", role: String = "practitioner"): Person =
        programs.hire(name, agency, role)

    fun enrolment(
        person: Person,
        code: String = programs.code(person),
        server: String = "https://${programs.address}",
        signIn: SignIn = person.signIn,
    ) = Enrolment(server, programs.authority, code, signIn, "phone of a test")

    /** Somebody new with a phone. */
    suspend fun phone(
        name: String = "iona",
        home: CaseweaveHome? = null,
        agency: String = "health",
        role: String = "practitioner",
    ): CaseweavePhone {
        val enrolled = (home ?: home()).enrol(enrolment(hire(name, agency, role)))
        enrolled.sync()
        return enrolled
    }

    /** The folder of a user's data. */
    fun folderOf(user: UserId) = File(homeFolder, user.text)

    override fun close() = programs.close()
}

/** Runs a test in a new glen; none takes longer than two minutes. */
internal fun glen(folder: File, test: suspend Glen.(CoroutineScope) -> Unit) {
    Glen(folder).use { glen -> runBlocking { withTimeout(2.minutes) { glen.test(this) } } }
}

/** The key store of a phone that forgets everything when the test is over. */
internal class FakeKeyStore : KeyStore {
    val secrets = ConcurrentHashMap<String, ByteArray>()

    @Volatile
    var locked: Exception? = null

    override fun load(name: String): ByteArray? = unlocked { secrets[name]?.copyOf() }

    override fun save(name: String, secret: ByteArray) = unlocked { secrets[name] = secret.copyOf() }

    override fun delete(name: String) = unlocked { secrets.remove(name) }.let {}

    private fun <T> unlocked(work: () -> T): T = locked?.let { throw it } ?: work()
}

/** A clock that a test sets ahead. */
internal class Hands : Clock() {
    @Volatile
    var ahead: Duration = Duration.ZERO

    override fun instant(): Instant = Instant.now() + ahead

    override fun getZone(): ZoneId = ZoneOffset.UTC

    override fun withZone(zone: ZoneId): Clock = this
}

internal suspend fun CaseweavePhone.beginCase(given: String, family: String = "Muir"): CaseId =
    beginCase(NewCase(given, family, school = "Glen Primary")).case

internal fun visit(case: CaseId, narrative: String = "Built a tower of bricks."): NewVisit =
    NewVisit(listOf(VisitedChild(case, narrative, seen = true)), Instant.parse("2026-11-20T10:00:00Z"))

/** Fails unless [work] throws an error of this class; one of the library's has words and a name. */
internal suspend inline fun <reified E : Throwable> fails(work: suspend () -> Any?): E {
    try {
        work()
    } catch (error: Throwable) {
        if (error is CaseweaveException) check(!error.message.isNullOrBlank() && error.name.isNotBlank())
        if (error is E) return error
        throw AssertionError("expected ${E::class.simpleName}, but it was $error", error)
    }
    throw AssertionError("expected ${E::class.simpleName}, but nothing was thrown")
}
