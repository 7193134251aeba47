package caseweave

import caseweave.generated.DraftField
import caseweave.generated.Phone
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.map

/**
 * What screens show, offline. On a phone that was without contact for too long reading throws
 * [CaseweaveException.LeaseOver] until the next exchange; writing goes on.
 */
sealed class PhoneReading(internal val phone: Phone, dispatcher: CoroutineDispatcher) {
    internal val calls = Calls(dispatcher)
    internal val ears = Ears(phone)

    /** The cases on this phone: those that pass the [filter], sorted. */
    suspend fun caseloadNow(filter: CaseFilter = CaseFilter(), sort: CaseSort = CaseSort.NAME): List<CaseLine> =
        calls.toItsEnd { phone.caseload(filter, sort) }

    /** The attachments of a record. */
    suspend fun attachmentsOf(record: RecordId): List<AttachmentLine> =
        calls.toItsEnd { phone.attachmentsOf(record.text) }

    /** The bytes of an attachment as far as they are here, by the id of its own record. */
    suspend fun attachment(attachment: RecordId): AttachmentBytes =
        calls.toItsEnd { phone.attachment(attachment.text) }

    /** Attachments whose bytes exist only on this phone, whole or in part. */
    suspend fun attachmentsWaiting(): ULong = calls.toItsEnd { phone.attachmentsWaiting() }

    /**
     * As [caseloadNow], and again whenever something changed, by the user's own hand or by an exchange. Ends
     * when the phone is closed.
     */
    fun caseload(filter: CaseFilter = CaseFilter(), sort: CaseSort = CaseSort.NAME): Flow<List<CaseLine>> =
        ears.changes(first = emptySet()).map { caseloadNow(filter, sort) }.distinctUntilChanged()

    /**
     * The cases to show anew, as they change. Who takes them slowly gets several changes as one set, and
     * never misses a case. Ends when the phone is closed.
     */
    fun changes(): Flow<Set<CaseId>> = ears.changes()

    /**
     * Opens a case to look at it. The audit is told with the next exchange, and what was unread is read.
     * Throws [CaseweaveException.UnknownCase].
     */
    suspend fun openCase(case: CaseId): CasePage = calls.toItsEnd { phone.openCase(case.text) }

    /** A case's records, typed. Call [openCase] first: that is what the audit notes. */
    suspend fun records(case: CaseId): List<Sheet> = calls.toItsEnd { phone.records(case.text) }

    /** Opens one record to look at it; the audit is told with the next exchange. */
    suspend fun openRecord(record: RecordId): Sheet = calls.toItsEnd { phone.openRecord(record.text) }

    /** Records on this phone that hold every word, whole or as a beginning; at most [limit]. */
    suspend fun search(words: String, limit: Int = 50): List<Hit> =
        calls.toItsEnd { phone.search(words, limit.coerceAtLeast(0).toUInt()) }

    /** What falls due in the user's open cases, earliest first. */
    suspend fun due(): List<DueLine> = calls.toItsEnd { phone.due() }

    /**
     * What asks for attention in the user's open cases today, the most pressing first, each with its reason.
     */
    suspend fun earlyWarnings(): List<EarlyWarning> = calls.toItsEnd { phone.earlyWarnings() }

    /** What waits for the user: disagreements to settle, and what became of their own values. */
    suspend fun inbox(): Inbox = calls.toItsEnd { phone.inbox() }

    /** Notes that the user has seen a notice. */
    suspend fun sawNotice(notice: NoticeId): Unit = calls.toItsEnd { phone.sawNotice(notice.text) }

    /**
     * Whom to ring about a case, and the numbers for when harm is suspected. Never refused: not without
     * signal, not on a phone whose lease is over.
     */
    suspend fun whomToRing(case: CaseId): WhomToRing = calls.toItsEnd { phone.whomToRing(case.text) }

    /** The people of the user's clusters. */
    suspend fun colleagues(): List<Colleague> = calls.toItsEnd { phone.colleagues() }

    /** How many changes exist only on this phone: to be seen at all times. */
    suspend fun onlyHere(): Long = calls.toItsEnd { phone.onlyHere().toLong() }

    /** What exists only on this phone, with the bytes of photos and recordings. */
    suspend fun onlyHereCounts(): OnlyHere = calls.toItsEnd { phone.onlyHereCounts() }

    /**
     * The user, whom they work for and where, and until when this phone may be read without contact. Never
     * locked.
     */
    suspend fun whoAmI(): Myself = calls.toItsEnd { phone.whoAmI() }

    /** The facts that may be said in a record, with the words to choose from. Never locked. */
    suspend fun factFields(record: RecordId): List<FactField> = calls.toItsEnd { phone.factFields(record.text) }

    /**
     * The words of a list of the case's framework, such as `meeting_sort` or `cost_band`; empty if it has no
     * such list: then people say it in their own words.
     */
    suspend fun listed(case: CaseId, list: String): List<Choice> = calls.toItsEnd { phone.listed(case.text, list) }

    /** The forms by which an assessment of this case can be made. */
    suspend fun forms(case: CaseId): List<Form> = calls.toItsEnd { phone.forms(case.text) }

    /** How far a record has come. */
    suspend fun recordState(record: RecordId): RecordState = calls.toItsEnd { phone.recordState(record.text) }

    /** What the server did not take and why, in words. Nothing deletes it but its user. */
    suspend fun returned(): List<Returned> = calls.toItsEnd { phone.returned() }

    /** What somebody should know who takes the user's cases over. */
    suspend fun handover(to: UserId): Handover = calls.toItsEnd { phone.handover(to.text) }

    /** The words of a record as they stand now, for whoever signs to read: hand them to [PhoneWriting.sign]. */
    suspend fun signingText(record: RecordId): SigningText = calls.toItsEnd { phone.signingText(record.text) }

    /** The version of a record that a screen shows: hand it to [PhoneWriting.editText]. */
    suspend fun textVersion(record: RecordId): TextVersion = calls.toItsEnd { phone.textVersion(record.text) }

    /** Everything that was being typed and was neither saved nor thrown away, newest first. */
    suspend fun drafts(): List<Draft> = calls.toItsEnd { phone.drafts() }

    /** What was being typed on one screen. */
    suspend fun draft(screen: String): Draft? = calls.toItsEnd { phone.draft(screen) }

    /** Keeps what is being typed on a screen; durable when it returns. A [DraftKeeper] calls it in time. */
    suspend fun keepDraft(screen: String, fields: Map<String, String>): Unit = calls.toItsEnd {
        phone.keepDraft(Draft(screen, fields.map { (name, text) -> DraftField(name, text) }))
    }

    /** Throws away what was being typed on a screen. */
    suspend fun discardDraft(screen: String): Unit = calls.toItsEnd { phone.discardDraft(screen) }
}
