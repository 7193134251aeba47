package caseweave

import caseweave.generated.PhoneException
import java.io.File
import java.io.RandomAccessFile
import java.nio.charset.MalformedInputException
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/**
 * Errors that arrive typed. Those of the server, of PINs, of newer apps, of a full disk and of the end of a
 * phone are in the tests of these.
 */
class ErrorTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `every error of the library has a class of its own`() {
        val names = { of: Class<*> -> of.declaredClasses.map { it.simpleName }.toSet() - setOf("Companion", "ErrorHandler") }
        assertEquals(names(PhoneException::class.java), names(CaseweaveException::class.java))
    }

    @Test
    fun `a text that does not go over is told as a fault of this app`() = runBlocking<Unit> {
        val error = fails<CaseweaveException.Other> { typed<Unit> { throw MalformedInputException(1) } }
        assertEquals("fault", error.name)
    }

    @Test
    fun `what is not well-formed, not here or not allowed is told apart`() = glen(folder) {
        val home = home()
        val phone = phone(home = home)
        val case = phone.beginCase("Ailsa")
        val nowhere = CaseId("0".repeat(32))
        for (bad in listOf(visit(CaseId("Ailsa")), visit(case, " "))) {
            val error = fails<CaseweaveException.BadInput> { phone.recordVisit(bad) }
            assertTrue(error.message!!.isNotBlank())
        }
        val stage = fails<CaseweaveException.BadInput> { phone.assertStage(case, "9") }
        assertTrue("1, 2, 3" in stage.message!!, stage.message)
        fails<CaseweaveException.UnknownCase> { phone.openCase(nowhere) }
        fails<CaseweaveException> { phone.recordVisit(visit(nowhere)) }
        fails<CaseweaveException.BadInput> { phone.openRecord(RecordId("no id")) }
        fails<CaseweaveException.BadInput> { home.open(UserId("nobody")) }
        fails<CaseweaveException.NotEnrolled> { home.open(UserId("0".repeat(32))) }
        val refused = fails<CaseweaveException.Refused> { phone.assertLeadProfessional(case, phone.user) }
        assertTrue(refused.code.isNotBlank() && refused.message!!.isNotBlank())
        assertEquals(1, phone.onlyHere(), "nothing of it was saved")
    }

    @Test
    fun `settling, undoing and signing have their own errors`() = glen(folder) {
        val phone = phone("lena", role = "cluster_lead")
        val own = phone.beginCase(NewCase("Ailsa"))
        val settle = suspend { phone.settle(own.record, "stage", "", "2", "Agreed") }
        fails<CaseweaveException.NoConflict> { settle() }
        fails<CaseweaveException.CannotUndo> { phone.undo(own.record, own.entries.first(), "Too early") }
        phone.close()
        fails<CaseweaveException.Closed> { settle() }
        fails<CaseweaveException.Closed> { phone.sync() }
    }

    @Test
    fun `damage and another phone are told apart, and nothing is overwritten`() = glen(folder) {
        val home = home()
        val iona = phone("iona", home).apply { beginCase("Ailsa"); close() }.user
        val ross = phone("ross", home).apply { close() }.user
        val data = File(folderOf(iona), "phone.db")
        val whole = data.readBytes()

        File(folderOf(ross), data.name).copyTo(data, overwrite = true)
        fails<CaseweaveException.Damaged> { home.open(iona) }
        data.writeBytes(whole)
        val secrets = keyStore.secrets.toMap()
        keyStore.secrets.replaceAll { _, secret -> secret.copyOf().also { it[0]++ } }
        fails<CaseweaveException.WrongDevice> { home.open(iona) }
        keyStore.secrets.putAll(secrets)

        val keys = File(folderOf(iona), "phone.db-keys")
        val sealed = keys.readBytes()
        keys.writeBytes(sealed.copyOf(sealed.size / 2))
        fails<CaseweaveException.Damaged> { home.open(iona) }
        keys.writeBytes(sealed)
        scratch(data)
        val scratched = data.readBytes()
        fails<CaseweaveException.Damaged> { home.open(iona).use { it.caseloadNow() } }
        assertTrue(scratched.contentEquals(data.readBytes()), "nothing was overwritten")
        data.writeBytes(whole)
        home.open(iona).use { assertEquals(1, it.onlyHere()) }
    }

    @Test
    fun `a key store that says no, and a folder that is none`() = glen(folder) {
        val home = home()
        val user = phone(home = home).use { it.user }
        keyStore.locked = KeyStoreUnavailable("Unlock your phone first.")
        val said = fails<CaseweaveException.KeyStore> { home.open(user) }
        assertEquals("Unlock your phone first.", said.message)
        keyStore.locked = IllegalStateException("of the platform")
        fails<CaseweaveException.KeyStore> { home.open(user) }
        keyStore.locked = null
        keyStore.secrets.replaceAll { _, _ -> ByteArray(3) }
        fails<CaseweaveException.KeyStore> { home.open(user) }
        val file = File(folder, "file").apply { writeText("") }
        fails<CaseweaveException.Storage> { home(folder = file) }
    }

    @Test
    fun `an exchange without time, and a server that nobody trusts`() = glen(folder) {
        val iona = hire("iona")
        val phone = home().enrol(enrolment(iona))
        fails<CaseweaveException.Stopped> { phone.sync(budget = 0.milliseconds) }
        val odd = Enrolment("https://${programs.address}", "no certificate", "CODE1-CODE2", iona.signIn, "phone")
        fails<CaseweaveException.Other> { home(folder = File(folder, "other")).enrol(odd) }
        val other = File(folder, "third")
        repeat(TRIES) { runCatching { home(folder = other).enrol(enrolment(iona, "AAAAA-AAAAA", signIn = wrong(iona))) } }
        fails<CaseweaveException.TooOften> { home(folder = other).enrol(enrolment(iona, "AAAAA-AAAAA", signIn = wrong(iona))) }
    }

    @Test
    fun `a server that is busy, and one of another version`() = glen(folder) {
        val iona = Person("iona")
        suspend fun enrolAt(status: Int, code: String) = StandIn(folder, status, code).use { server ->
            val asked = Enrolment(server.address, server.authority, "AAAAA-AAAAA", iona.signIn, "phone of a test")
            home(folder = File(folder, code)).enrol(asked)
        }
        fails<CaseweaveException.ServerBusy> { enrolAt(503, "busy") }
        fails<CaseweaveException.ServerTooOld> { enrolAt(400, "server_too_old") }
        fails<CaseweaveException.AppTooOld> { enrolAt(400, "app_too_old") }
    }

    @Test
    fun `nothing of a person is in what is thrown or printed`() = glen(folder) {
        val iona = hire("iona")
        val signIn = SignIn(iona.name, "another horse")
        val error = fails<CaseweaveException.WrongSignIn> { home().enrol(enrolment(iona, signIn = signIn)) }
        val printed = listOf(error.stackTraceToString(), "$signIn", "${enrolment(iona)}", log.joinToString())
        for (text in printed) assertFalse("iona" in text || "horse" in text, text)
    }

    /** As a bad block of flash would, after the first page. */
    private fun scratch(data: File) = RandomAccessFile(data, "rw").use { file ->
        val noise = ByteArray(SCRATCH) { 0x5a }
        for (at in 2 * PAGE until file.length() step PAGE) {
            file.seek(at)
            file.write(noise)
        }
    }

    private fun wrong(person: Person) = SignIn(person.name, "another horse")

    private companion object {
        const val PAGE = 4096L
        const val SCRATCH = 256
        const val TRIES = 30
    }
}
