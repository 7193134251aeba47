package caseweave

import caseweave.generated.Phone
import kotlinx.coroutines.CoroutineDispatcher

/** Facts of a case: stage, team, consent, sharing, and settling what people disagree about. */
sealed class PhoneDeciding(phone: Phone, dispatcher: CoroutineDispatcher) : PhoneWriting(phone, dispatcher) {
    /**
     * Says at which stage the child is, in the words of the case's framework. Throws
     * [CaseweaveException.BadInput] with the stages that there are.
     */
    suspend fun assertStage(case: CaseId, stage: String, reason: String? = null): Saved =
        calls.toItsEnd { phone.assertStage(case.text, stage, reason) }

    /** Says who leads. */
    suspend fun assertLeadProfessional(case: CaseId, user: UserId, reason: String? = null): Saved =
        calls.toItsEnd { phone.assertLeadProfessional(case.text, user.text, reason) }

    /** Adds somebody to the team around the child, or confirms whoever began the case. */
    suspend fun addMember(case: CaseId, user: UserId): Saved =
        calls.toItsEnd { phone.addMember(case.text, user.text) }

    /** Takes somebody out of the team. What was written stays. */
    suspend fun removeMember(case: CaseId, user: UserId): Saved =
        calls.toItsEnd { phone.removeMember(case.text, user.text) }

    /** Records what somebody allows to be shared: with everybody, or with all but these agencies. */
    suspend fun giveConsent(
        case: CaseId,
        giver: String,
        allExcept: List<AgencyId> = emptyList(),
        reason: String? = null,
    ): Saved = calls.toItsEnd { phone.giveConsent(case.text, giver, allExcept.map { it.text }, reason) }

    /**
     * Records that somebody allows nothing to be shared any more. What was delivered stays; what is said of
     * safety still travels.
     */
    suspend fun withdrawConsent(case: CaseId, giver: String, reason: String? = null): Saved =
        calls.toItsEnd { phone.withdrawConsent(case.text, giver, reason) }

    /** Shares a record as an attested copy and writes down why, both or neither. */
    suspend fun shareRecord(record: RecordId, with: ShareWith, what: String, reason: SharingReason): Saved =
        calls.toItsEnd { phone.shareRecord(record.text, with.lower(), what, reason) }

    /**
     * Says a fact of a case's own record for the team: it replaces what stands in sight of it. Throws
     * [CaseweaveException.BadInput] with the words that there are.
     */
    suspend fun assertFact(
        case: CaseId,
        name: String,
        text: String,
        subject: String? = null,
        reason: String? = null,
        draft: String? = null,
    ): Saved = calls.toItsEnd { phone.assertFact(case.text, name, text, subject, reason, draft) }

    /** Says a fact of any record: the state of a concern, the score of an element, a review's day. */
    suspend fun assertInRecord(
        record: RecordId,
        name: String,
        text: String,
        subject: String? = null,
        reason: String? = null,
        draft: String? = null,
    ): Saved = calls.toItsEnd { phone.assertInRecord(record.text, name, text, subject, reason, draft) }

    /**
     * Settles a disagreement with a [reason] that everybody reads. All the values that this phone has give
     * way to this one, and no other. Throws [CaseweaveException.NoConflict] and
     * [CaseweaveException.ReasonMissing].
     */
    suspend fun settle(record: RecordId, name: String, subject: String, text: String, reason: String): Saved =
        calls.toItsEnd { phone.settle(record.text, name, subject, text, reason) }

    /** As above: a [conflict] of the inbox, for one of its rivals' values or another. */
    suspend fun settle(conflict: ConflictLine, value: Value, reason: String): Saved =
        settle(conflict.record, conflict.fact, conflict.subject, value.text, reason)

    /**
     * Takes a settlement back: its rivals are rivals again. Throws [CaseweaveException.CannotUndo] where
     * somebody decided since.
     */
    suspend fun undo(record: RecordId, settlement: EntryId, reason: String): Saved =
        calls.toItsEnd { phone.undo(record.text, settlement.text, reason) }
}
