package caseweave

import java.io.File
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Ten thousand calls leave nothing behind. The heap's size is fixed: what grows is not the JVM's. */
class GrowthTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `ten thousand calls take no memory and no threads`() = glen(folder) {
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        val record = phone.recordVisit(visit(case)).single().record
        repeat(WARM_UP) { round(phone, case, record) }
        val seen = mutableListOf(now())
        repeat(WINDOWS) {
            repeat(ROUNDS) { round(phone, case, record) }
            seen += now()
        }
        println("memory in kB and threads: $seen")
        // The JVM's compiler grows now and then; what is lost at each call grows in every window.
        val grown = seen.zipWithNext { (before, _), (after, _) -> after - before }
        assertTrue(grown.min() < LOST_KB && grown.sum() < ALL_KB, "$seen")
        assertTrue(seen.last().second - seen.first().second <= MORE_THREADS, "$seen")
    }

    /** Ten calls: values, errors, callbacks and flows. */
    private suspend fun round(phone: CaseweavePhone, case: CaseId, record: RecordId) {
        phone.caseloadNow(CaseFilter(unread = true))
        phone.caseload().take(1).toList()
        phone.openRecord(record)
        phone.recordState(record)
        phone.whomToRing(case)
        phone.inbox()
        phone.search("tower")
        fails<CaseweaveException.BadInput> { phone.openRecord(RecordId("no id")) }
        phone.keepDraft("visit", mapOf("narrative" to "Built a tower."))
        phone.onlyHere()
    }

    private fun now(): Pair<Long, Long> {
        repeat(3) { System.gc(); Thread.sleep(50) }
        val status = File("/proc/self/status").readLines()
        val number = { name: String -> status.first { it.startsWith(name) }.filter(Char::isDigit).toLong() }
        return number("VmRSS:") to number("Threads:")
    }

    private companion object {
        const val WARM_UP = 300
        const val WINDOWS = 4
        const val ROUNDS = 250
        const val LOST_KB = 1_000
        const val ALL_KB = 40_000
        const val MORE_THREADS = 4
    }
}
