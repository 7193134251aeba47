package caseweave

import caseweave.generated.Phone
import java.time.Instant
import java.time.LocalDate
import kotlinx.coroutines.CoroutineDispatcher

/**
 * Writing records, one function an action. Each is checked by policy and framework before it is written,
 * and is durable when it returns; if it throws, nothing was saved. [CaseweaveException.Refused] and
 * [CaseweaveException.BadInput] say why in the user's words. `draft` names the screen whose draft goes with
 * what was saved.
 */
sealed class PhoneWriting(phone: Phone, dispatcher: CoroutineDispatcher) : PhoneReading(phone, dispatcher) {
    /** Begins a case. Its beginner is a provisional member of the team until the lead confirms them. */
    suspend fun beginCase(child: NewCase, draft: String? = null): Saved =
        calls.toItsEnd { phone.beginCase(child, draft) }

    /** Records a visit, for siblings one record each with what they have in common: all or none. */
    suspend fun recordVisit(visit: NewVisit, draft: String? = null): List<Saved> =
        calls.toItsEnd { phone.recordVisit(visit, draft) }

    /**
     * Raises a concern. If harm is suspected, the numbers to ring are in the answer; should it fail,
     * [whomToRing] has them all the same.
     */
    suspend fun raiseConcern(concern: NewConcern, draft: String? = null): ConcernSaved =
        calls.toItsEnd { phone.raiseConcern(concern, draft) }

    /**
     * Attaches a photo, voice note or body map to a record, for those who may read that one. Where, when and
     * with which phone it was made is taken out before it is saved: never keep the camera's own file.
     */
    suspend fun attach(
        record: RecordId,
        sort: AttachmentSort,
        content: ByteArray,
        caption: String? = null,
        draft: String? = null,
    ): Saved = calls.toItsEnd { phone.attach(record.text, sort, content, caption, draft) }

    /** Brings the bytes of an attachment here, on from where an earlier try was cut. */
    suspend fun fetchAttachment(attachment: RecordId): Unit =
        calls.toItsEnd { phone.fetchAttachment(attachment.text) }

    /** Notes who was told of a concern by telephone, and when. */
    suspend fun addTold(record: RecordId, who: String, at: Instant): Saved =
        calls.toItsEnd { phone.addTold(record.text, who, at.toEpochMilli()) }

    /** Records a child's or a parent's own words, for the team. */
    suspend fun recordViews(views: NewViews, draft: String? = null): Saved =
        calls.toItsEnd { phone.recordViews(views, draft) }

    /** Notes what changed because of somebody's views. */
    suspend fun addWhatChanged(record: RecordId, text: String): Saved =
        calls.toItsEnd { phone.addWhatChanged(record.text, text) }

    /** Records something that happened in the child's life, for the team. */
    suspend fun recordEvent(
        case: CaseId,
        on: LocalDate,
        what: String,
        impact: String? = null,
        draft: String? = null,
    ): Saved = calls.toItsEnd { phone.recordEvent(case.text, on.toString(), what, impact, draft) }

    /** Begins an assessment by a form of the case's framework. */
    suspend fun draftAssessment(case: CaseId, form: String): Saved =
        calls.toItsEnd { phone.draftAssessment(case.text, form) }

    /** Begins a joint text about an element of an assessment's form. */
    suspend fun beginText(record: RecordId, element: String, text: String): Saved =
        calls.toItsEnd { phone.beginText(record.text, element, text) }

    /**
     * Turns the joint text that the user saw at [version] into [text]. What others wrote since stays. A long
     * edit that fails half-way is kept as far as it came.
     */
    suspend fun editText(record: RecordId, entry: EntryId, text: String, version: TextVersion): Saved =
        calls.toItsEnd { phone.editText(record.text, entry.text, text, version) }

    /** Begins a plan for the team with its first rows, to be reviewed on a day. */
    suspend fun beginPlan(
        case: CaseId,
        rows: List<NewPlanRow>,
        review: LocalDate? = null,
        draft: String? = null,
    ): Saved = calls.toItsEnd { phone.beginPlan(case.text, rows, review?.toString(), draft) }

    /** Adds a row to a plan. */
    suspend fun addPlanRow(record: RecordId, row: NewPlanRow, draft: String? = null): Saved =
        calls.toItsEnd { phone.addPlanRow(record.text, row, draft) }

    /** Says how a field of a plan's row stands now. */
    suspend fun setPlanRow(
        record: RecordId,
        row: EntryId,
        field: RowField,
        text: String,
        reason: String? = null,
    ): Saved = calls.toItsEnd { phone.setPlanRow(record.text, row.text, field, text, reason) }

    /**
     * Records a review or planning meeting. Throws [CaseweaveException.BadInput] with the sorts that the
     * framework has, if it has any.
     */
    suspend fun recordMeeting(meeting: NewMeeting, draft: String? = null): Saved =
        calls.toItsEnd { phone.recordMeeting(meeting, draft) }

    /** Adds to a meeting's record: who came, a note, decisions, actions. */
    suspend fun addMinutes(record: RecordId, minutes: Minutes, draft: String? = null): Saved =
        calls.toItsEnd { phone.addMinutes(record.text, minutes, draft) }

    /**
     * Records that something is delivered to a child or family. How it works and what it costs is said
     * later with [PhoneDeciding.assertInRecord]: `effect`, `cost_band`.
     */
    suspend fun beginIntervention(intervention: NewIntervention, draft: String? = null): Saved =
        calls.toItsEnd { phone.beginIntervention(intervention, draft) }

    /** Records a session of what is delivered. */
    suspend fun addSession(record: RecordId, session: NewSession, draft: String? = null): Saved =
        calls.toItsEnd { phone.addSession(record.text, session, draft) }

    /** Asks another agency for help. */
    suspend fun requestAssistance(request: NewRequest, draft: String? = null): Saved =
        calls.toItsEnd { phone.requestAssistance(request, draft) }

    /** Answers a request: the decision, and what whoever asked hears. */
    suspend fun answerRequest(record: RecordId, decision: String, reasons: String? = null): Saved =
        calls.toItsEnd { phone.answerRequest(record.text, decision, reasons) }

    /** Tells whoever asked what came of it. */
    suspend fun addFeedback(record: RecordId, text: String): Saved =
        calls.toItsEnd { phone.addFeedback(record.text, text) }

    /** Corrects an entry beside what it says. The corrected words stay. */
    suspend fun addAmendment(
        record: RecordId,
        entry: EntryId,
        text: String,
        reason: String,
        draft: String? = null,
    ): Saved = calls.toItsEnd { phone.addAmendment(record.text, entry.text, text, reason, draft) }

    /** Signs the words that the signer saw. Throws [CaseweaveException.ChangedSince]: show it again. */
    suspend fun sign(seen: SigningText, role: String? = null): Saved = calls.toItsEnd { phone.sign(seen, role) }

    /** Writes returned work again, as new work of today. */
    suspend fun writeAgain(returned: ReturnedId): Saved =
        calls.toItsEnd { phone.writeAgain(returned.number.toULong()) }

    /** Throws returned work away; it can be had back for some weeks. */
    suspend fun discardReturned(returned: ReturnedId): Unit =
        calls.toItsEnd { phone.discardReturned(returned.number.toULong()) }
}
