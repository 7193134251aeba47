package caseweave

import java.io.File
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.util.Base64
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** What screens are built from: pickers, whose phone it is, meetings, what is delivered, attachments. */
class ScreenTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a screen builds its pickers from what the library has`() = glen(folder) {
        val phone = phone()
        val own = phone.beginCase(NewCase("Ailsa"))
        val fields = phone.factFields(own.record).associateBy { it.name }
        assertEquals(listOf("1" to "Stage 1", "2" to "Stage 2", "3" to "Stage 3"), fields.getValue("stage").choices.map { it.code to it.name })
        assertEquals(FactAsks.CHOICE, fields.getValue("visit_risk").asks)
        assertEquals(FactAbout.USER, fields.getValue("member").about)
        val form = phone.forms(own.case).first { it.code == "wellbeing" }
        assertTrue(form.elements.any { it.code == "safe" && it.label == "Safe" })
        assertEquals(emptyList<Choice>(), phone.listed(own.case, "meeting_sort"))
    }

    @Test
    fun `the phone says whose it is and until when it reads`() = glen(folder) {
        val phone = phone()
        val me = phone.whoAmI()
        assertEquals(listOf("iona", "health"), listOf(me.name, me.agency))
        assertEquals(listOf("Glen" to listOf("practitioner")), me.clusters.map { it.name to it.roles })
        assertEquals(phone.user, me.user)
        assertTrue(me.signedIn)
        assertTrue(me.readsUntil in clock.instant()..clock.instant() + Duration.ofDays(14))
        phone.signOut()
        assertEquals(false, phone.whoAmI().signedIn)
    }

    @Test
    fun `a meeting is minuted and what is delivered is told session by session`() = glen(folder) {
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        val minutes = Minutes(listOf(Attendee("Ross", "uncle", true)), actions = listOf(AgreedAction("Ring the school", LocalDate.of(2026, 12, 1))))
        val meeting = phone.recordMeeting(NewMeeting(case, AT, minutes, nextReview = LocalDate.of(2027, 1, 8)))
        phone.addMinutes(meeting.record, Minutes(notes = "All agreed."))
        assertEquals("meeting", phone.openRecord(meeting.record).kind)
        fails<CaseweaveException.BadInput> { phone.addMinutes(meeting.record, Minutes()) }
        val plan = phone.beginPlan(case, listOf(NewPlanRow("Sleep", "A routine")))
        val begun = phone.beginIntervention(NewIntervention(case, "Evening visits", plan = plan.record, row = plan.entries.first()))
        phone.addSession(begun.record, NewSession(AT, 45, "Two lengths."))
        assertEquals(2, phone.openRecord(begun.record).parts.size)
        fails<CaseweaveException.BadInput> { phone.addSession(meeting.record, NewSession(AT)) }
        assertEquals(0, phone.sync().returned.toInt())
    }

    @Test
    fun `a photo waits here, is sent after its record, and fetched elsewhere`() = glen(folder) {
        val phone = phone()
        val own = phone.beginCase(NewCase("Ailsa"))
        val photo = Base64.getDecoder().decode(vectors("pictures").first().text("content"))
        fails<CaseweaveException.BadInput> { phone.attach(own.record, AttachmentSort.PHOTO, "no photo".toByteArray()) }
        val saved = phone.attach(own.record, AttachmentSort.PHOTO, photo, "The door")
        val counts = phone.onlyHereCounts()
        val kept = checkNotNull(phone.attachment(saved.record).content)
        assertEquals(listOf(1uL, kept.size.toULong(), 1uL), listOf(counts.attachments, counts.attachmentBytes, phone.attachmentsWaiting()))
        assertEquals(listOf("The door"), phone.attachmentsOf(own.record).map { it.caption })
        phone.sync()
        assertEquals(0uL, phone.attachmentsWaiting())
        val lena = phone("lena", home(FakeKeyStore(), File(folder, "lena")), "education", "cluster_lead")
        assertNull(lena.attachment(saved.record).content)
        lena.fetchAttachment(saved.record)
        assertArrayEquals(kept, lena.attachment(saved.record).content)
    }

    @Test
    fun `an exchange that is stopped as it begins is stopped, and the next is not`() = glen(folder) { scope ->
        val phone = phone()
        phone.beginCase("Ailsa")
        val exchange = scope.async(start = CoroutineStart.UNDISPATCHED) { runCatching { phone.sync() } }
        phone.stopSync()
        val ended = withTimeout(10.seconds) { exchange.await() }
        assertTrue(ended.exceptionOrNull() is CaseweaveException.Stopped, "$ended")
        phone.stopSync()
        assertEquals(1uL, phone.sync().accepted)
    }

    @Test
    fun `a key of the app's own opens only what was written with it`() = glen(folder) {
        val user = phone().use { it.user }
        val data = File(folderOf(user), "phone.db")
        val wrong = fails<CaseweaveException.WrongKey> { CaseweavePhone.open(data, ByteArray(32) { 8 }) }
        assertEquals("wrong_key", wrong.name)
        fails<CaseweaveException.BadInput> { CaseweavePhone.open(data, ByteArray(3)) }
    }

    private companion object {
        val AT: Instant = Instant.parse("2026-11-20T10:00:00Z")
    }
}
