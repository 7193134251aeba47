package caseweave

import java.io.File
import java.time.LocalDate
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** What a worker does in the field, with a second person on another phone. */
class JourneyTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a visit without signal is seen by another phone when there is signal`() = glen(folder) {
        val lead = programs.terminal(hire("lena", "education", "cluster_lead"))
        val home = home()
        val (user, case) = phone(home = home).use { it.user to it.beginCase("Ailsa").also { _ -> it.sync() } }
        programs.cutTheServer()
        home.open(user).use { phone ->
            assertEquals(1uL, phone.recordVisit(visit(case, NARRATIVE)).single().onlyHere)
            fails<CaseweaveException.Offline> { phone.sync() }
        }
        programs.serve()
        home.open(user).use { phone ->
            assertEquals(1, phone.onlyHere(), "it survived the end of the app")
            val exchange = phone.sync()
            assertEquals(listOf(1uL, 0uL), listOf(exchange.accepted, exchange.returned))
            assertEquals(0, phone.onlyHere())
        }
        lead.run("sync")
        val seen = lead.run("show", case.text)
        assertTrue(NARRATIVE in seen, seen)
    }

    @Test
    fun `rival stages stand in both inboxes until somebody settles them with a reason`() = glen(folder) {
        val iona = programs.terminal(hire("iona"))
        val lead = phone("lena", agency = "education", role = "cluster_lead")
        val case = CaseId(iona.run("case", "begin", "--given-name", "Ailsa").field("case"))
        iona.run("sync")
        lead.sync()
        val her = lead.colleagues().single { it.name == "iona" }.user
        lead.addMember(case, her)
        lead.assertLeadProfessional(case, her)
        lead.sync()
        iona.run("sync")
        lead.assertStage(case, "3", "Several agencies are at it")
        iona.run("stage", case.text, "2", "--reason", "More help is needed")
        iona.run("sync")
        lead.sync()
        iona.run("sync")

        assertTrue("\"stage\"" in iona.run("conflicts"))
        val conflict = lead.inbox().conflicts.single()
        assertEquals(listOf(case, "stage", true), listOf(conflict.case, conflict.fact, conflict.maySettle))
        assertEquals(setOf("2", "3"), conflict.rivals.map { it.value?.text }.toSet())
        assertTrue(lead.caseloadNow(CaseFilter(inDispute = true)).single().stageDisputed)
        val hers = conflict.rivals.single { it.author != lead.user }
        assertEquals(listOf("More help is needed", "2"), listOf(hers.reason, hers.value?.text))

        fails<CaseweaveException.ReasonMissing> { lead.settle(conflict, hers.value!!, " ") }
        val settled = lead.settle(conflict, hers.value!!, "Agreed at the meeting")
        assertEquals(emptyList<ConflictLine>(), lead.inbox().conflicts)
        lead.sync()
        iona.run("sync")
        assertFalse("\"stage\"" in iona.run("conflicts"))
        assertTrue("Agreed at the meeting" in iona.run("show", case.text))

        lead.undo(settled.record, settled.entries.single(), "Too early")
        assertEquals("stage", lead.inbox().conflicts.single().fact)
        lead.sync()
        iona.run("sync")
        assertTrue("\"stage\"" in iona.run("conflicts"))
    }

    @Test
    fun `everything that is written is read back in Kotlin's types`() = glen(folder) {
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        val due = LocalDate.parse("2026-12-01")
        val row = NewPlanRow("A safe way to school", "A walking bus", agency = null, due = due)
        val plan = phone.beginPlan(case, listOf(row), review = LocalDate.parse("2027-01-15"))
        assertEquals(due, phone.due().first().due.day)
        phone.setPlanRow(plan.record, plan.entries.first(), RowField.STATUS, "done")
        val seen = phone.signingText(plan.record)
        phone.setPlanRow(plan.record, plan.entries.first(), RowField.DUE, "2026-12-24")
        fails<CaseweaveException.ChangedSince> { phone.sign(seen) }
        phone.sign(phone.signingText(plan.record), "co-ordinator")
        val sheet = phone.openRecord(plan.record)
        assertEquals(phone.user, sheet.signatures.single().author)
        val status = sheet.facts.single { it.name == "row_status" }
        assertEquals(Value.Word("done"), status.holds.single().value)

        val views = phone.recordViews(NewViews(case, "child", HowHeard.SPOKEN, "I like the dog."))
        phone.addAmendment(views.record, views.entries.last(), "I like the cat.", "misheard")
        phone.recordEvent(case, LocalDate.parse("2026-11-01"), "Moved to a new home.")
        val concern = NewConcern(case, TeamInvolved.PERHAPS, "A bruise on the arm.", harmSuspected = true)
        assertEquals("999", phone.raiseConcern(concern).ring?.emergency?.first()?.number)
        phone.makeReady()
        assertEquals(views.record, phone.search("dog").single().record)
        assertEquals(setOf("plan", "views", "significant_event", "concern"),
            phone.openCase(case).chronology.map { it.kind }.toSet())
        assertEquals(setOf(case), phone.handover(phone.user).cases.map { it.case }.toSet())
        assertEquals(phone.user, phone.colleagues().single().user)
    }

    @Test
    fun `who saves and leaves the screen at once is still told`() = glen(folder) { scope ->
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        var told: List<Saved>? = null
        val saving = scope.launch(start = CoroutineStart.UNDISPATCHED) { told = phone.recordVisit(visit(case)) }
        saving.cancel()
        saving.join()
        assertEquals(2uL, told?.single()?.onlyHere)
        assertEquals(2, phone.onlyHere())
    }

    @Test
    fun `many callers at once lose nothing`() = glen(folder) { scope ->
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        val all = List(CALLERS) { scope.async { phone.recordVisit(visit(case)).single().record } }
        assertEquals(CALLERS, all.map { it.await() }.toSet().size)
        assertEquals(CALLERS + 1L, phone.onlyHere())
    }

    private companion object {
        const val NARRATIVE = "Ailsa showed me her garden \u2013 all well."
        const val CALLERS = 20
    }
}
