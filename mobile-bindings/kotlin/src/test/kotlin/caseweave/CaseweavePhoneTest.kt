package caseweave

import java.io.File
import java.time.Instant
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class CaseweavePhoneTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a key of another length is bad input, and nothing is made`() {
        val data = File(folder, "phone.db")
        val error = assertThrows<CaseweaveException.BadInput> { open(data, ByteArray(31)) }
        assertEquals("the key must have 32 bytes", error.message)
        assertFalse(data.exists())
    }

    @Test
    fun `a phone that nobody enrolled says so`() {
        assertThrows<CaseweaveException.NotEnrolled> { open(File(folder, "phone.db"), ByteArray(32) { 9 }) }
    }

    @Test
    fun `a wrong key opens nothing and spoils nothing`() = withCase { _, home, _ ->
        val right = key(home)
        val wrong = right.copyOf().also { it[0] = (it[0] + 1).toByte() }
        val error = assertThrows<CaseweaveException.Storage> { open(data(home), wrong) }
        assertTrue(error.message.orEmpty().contains("key"), error.message)
        open(data(home), right).use { runBlocking { assertEquals("Ailsa Muir", it.caseload().single().name) } }
    }

    @Test
    fun `a visit to no case is refused and nothing is saved`() = withCase { _, home, _ ->
        open(data(home), key(home)).use { phone ->
            assertThrows<CaseweaveException.BadInput> { runBlocking { phone.recordVisit(visit(CaseId("Ailsa"))) } }
            val nobody = CaseId("0".repeat(32))
            assertThrows<CaseweaveException> { runBlocking { phone.recordVisit(visit(nobody)) } }
            assertEquals(0, runBlocking { phone.onlyHere() })
        }
    }

    @Test
    fun `who saves and leaves the screen at once is still told`() = withCase { _, home, case ->
        open(data(home), key(home)).use { phone ->
            runBlocking {
                var told: Saved? = null
                val saving = launch(start = CoroutineStart.UNDISPATCHED) { told = phone.recordVisit(visit(case)) }
                saving.cancel()
                saving.join()
                assertEquals(1, told?.onlyHere)
                assertEquals(1, phone.onlyHere())
            }
        }
    }

    @Test
    fun `a visit without signal is seen by another phone when there is signal`() = withCase { programs, home, case ->
        val lead = programs.hire("lena", "education", "cluster_lead")
        programs.cutTheServer()
        open(data(home), key(home)).use { phone ->
            runBlocking {
                assertEquals(1, phone.recordVisit(visit(case)).onlyHere)
                assertThrows<CaseweaveException.Offline> { runBlocking { phone.sync() } }
            }
        }
        programs.serve()
        open(data(home), key(home)).use { phone ->
            runBlocking {
                assertEquals(1, phone.onlyHere(), "it survived the end of the app")
                val exchange = phone.sync()
                assertEquals(listOf(1L, 0L), listOf(exchange.accepted, exchange.returned))
                assertEquals(0, phone.onlyHere())
            }
        }
        programs.phone(lead, "sync")
        val seen = programs.phone(lead, "show", case.text)
        assertTrue(seen.contains(NARRATIVE), seen)
    }

    @Test
    fun `many callers at once lose nothing`() = withCase { _, home, case ->
        open(data(home), key(home)).use { phone ->
            runBlocking {
                val saved = List(CALLERS) { async { phone.recordVisit(visit(case)).record } }.map { it.await() }
                assertEquals(CALLERS, saved.toSet().size)
                assertEquals(CALLERS.toLong(), phone.onlyHere())
            }
        }
    }

    /** Iona's phone, enrolled with a real server, with one case that the server has. */
    private fun withCase(test: (Programs, File, CaseId) -> Unit) = Programs(folder).use { programs ->
        programs.serve()
        val home = programs.hire("iona", "health", "practitioner")
        val begun = programs.phone(home, "case", "begin", "--given-name", "Ailsa", "--family-name", "Muir")
        programs.phone(home, "sync")
        test(programs, home, CaseId(begun.field("case")))
    }

    private fun open(data: File, key: ByteArray) = runBlocking { CaseweavePhone.open(data, key) }
    private fun data(home: File) = File(home, "phone.db")
    private fun key(home: File) = File(home, "phone.key").readBytes()
    private fun visit(case: CaseId) =
        Visit(case, Instant.parse("2026-11-20T10:00:00Z"), NARRATIVE, place = "at home", childSeen = true)

    private companion object {
        const val NARRATIVE = "Ailsa showed me her garden \u2013 all well."
        const val CALLERS = 20
    }
}
