package caseweave

import java.io.File
import java.time.Instant
import java.time.LocalDate
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/**
 * Twenty strings, planted through every way of writing, are in no file that the library writes. With
 * `-Dcontrol=true` the test is turned round: on a library that was built without encryption it must find
 * all of them, so that it is known to look in the right places.
 */
class PlantedTest {
    @TempDir
    lateinit var folder: File

    private val control = System.getProperty("control") == "true"
    private val planted = mutableListOf<String>()

    @Test
    fun `nothing that was written can be read from the phone's files`() = glen(folder) {
        val home = home()
        val phone = phone(home = home)
        write(phone)
        phone.makeReady()
        assertEquals(1, phone.search(planted[FOUND]).size)
        assertEquals(0, phone.search("querulous").size)
        // While it is open there is more to find: journals, and files that have no name any more.
        assertTrue(File(folderOf(phone.user), "phone.db-wal").length() > 0)
        val open = found()
        phone.sync()
        phone.recordVisit(visit(phone.caseloadNow().first().case))
        phone.close()
        if (!control) home.renewKey(phone.user)
        val all = open + found()
        assertEquals(PLANTED, planted.toSet().size)
        assertEquals(if (control) planted.toSet() else emptySet<String>(), all - "querulous")
        assertTrue("querulous" !in all, "what was searched for")
        val plain = File(folderOf(phone.user), "phone.db").readBytes().decodeToString(0, 15) == "SQLite format 3"
        assertEquals(control, plain)
        assertTrue(log.isNotEmpty(), "the log was listened to")
    }

    private suspend fun write(phone: CaseweavePhone) {
        val case = phone.beginCase(NewCase(plant("given"), plant("family"), school = plant("school"))).case
        val child = VisitedChild(case, plant("narrative"), seen = true)
        val visit = NewVisit(listOf(child), Instant.now(), place = plant("place"), present = plant("present"))
        phone.recordVisit(visit)
        val concern = NewConcern(case, TeamInvolved.NO, plant("concern"), harmSuspected = true, action = plant("action"))
        val raised = phone.raiseConcern(concern).saved
        phone.addTold(raised.record, plant("told"), Instant.now())
        val views = phone.recordViews(NewViews(case, "child", HowHeard.SPOKEN, plant("views")))
        phone.addWhatChanged(views.record, plant("changed"))
        phone.addAmendment(views.record, views.entries.last(), plant("amendment"), plant("why"))
        val plan = phone.beginPlan(case, listOf(NewPlanRow(plant("need"), plant("step"), agency = null)))
        phone.setPlanRow(plan.record, plan.entries.first(), RowField.OUTCOME, plant("outcome"))
        phone.recordEvent(case, LocalDate.parse("2026-11-01"), plant("event"))
        phone.assertFact(case, "risk", "high", reason = plant("reason"))
        phone.keepDraft("visit", mapOf("narrative" to plant("draft")))
        phone.beginCase(NewCase(plant("second")))
    }

    /** A word that no other text holds. */
    private fun plant(what: String): String = "planted${what}zq".also { planted += it }

    /** Which of the words are in any file of the folder, any open file, or the log. */
    private fun Glen.found(): Set<String> {
        val written = homeFolder.walk().filter(File::isFile).map(File::readBytes).toList()
        val nameless = File("/proc/self/fd").listFiles().orEmpty().filter { isOfTheLibrary(it) }
        // What other threads of this test open may be closed meanwhile.
        val read = written + nameless.mapNotNull { runCatching(it::readBytes).getOrNull() }
        val texts = read.map { it.toString(Charsets.ISO_8859_1) } + log
        val words = planted + "querulous"
        return texts.flatMap { text -> words.filter { it in text } }.toSet()
    }

    /** Files without a name that SQLite sorts in, and the like. */
    private fun Glen.isOfTheLibrary(open: File): Boolean {
        val target = runCatching { java.nio.file.Files.readSymbolicLink(open.toPath()).toString() }.getOrNull()
        return target != null && ("etilqs" in target || homeFolder.path in target || "(deleted)" in target) &&
            target.startsWith("/") && open.isFile
    }

    private companion object {
        const val PLANTED = 20
        const val FOUND = 3
    }
}
