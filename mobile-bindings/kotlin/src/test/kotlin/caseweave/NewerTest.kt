package caseweave

import java.io.File
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** What a newer app left on the phone: files that Rust's test of the vectors makes and Swift's opens, too. */
class NewerTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `data of a newer app is refused and left alone`() = runBlocking<Unit> {
        val data = copied("newer-data.db")
        val whole = data.readBytes()
        val error = fails<CaseweaveException.NewerData> { CaseweavePhone.open(data, KEY) }
        assertTrue("update" in error.message!!, error.message)
        assertTrue(whole.contentEquals(data.readBytes()), "nothing was overwritten")
    }

    @Test
    fun `what a newer app wrote is told as such, and kept`() = runBlocking<Unit> {
        CaseweavePhone.open(copied("newer-record.db"), KEY).use { phone ->
            val (ofKind, withField) = RECORDS.map(::RecordId)
            val error = fails<CaseweaveException.NewerRecord> { phone.openRecord(ofKind) }
            assertTrue("update" in error.message!!, error.message)
            fails<CaseweaveException.NewerRecord> { phone.openRecord(withField) }
            fails<CaseweaveException.NewerRecord> { phone.openCase(CaseId(CASE)) }
            assertEquals(1, phone.onlyHere(), "it is kept to be sent")
        }
    }

    private fun copied(name: String): File =
        File(checkNotNull(System.getProperty("caseweave.vectors")), name).copyTo(File(folder, name))

    private companion object {
        val KEY = ByteArray(32) { 7 }
        val CASE = "01".repeat(16)

        /** One of a kind to come, and one with a field to come that was never sent. */
        val RECORDS = listOf("14cb5efb1391774615c4bd41074d89ec", "68c96fe3c1ca21b8ae17f48ab2652f03")
    }
}
