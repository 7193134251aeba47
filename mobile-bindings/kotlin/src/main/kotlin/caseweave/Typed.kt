// What the records say, in Kotlin's own types: ids that cannot be mixed up, moments and days. "Author" is
// whoever made something; moments are by that person's clock.
package caseweave

import java.time.Instant
import java.time.LocalDate

/** The case. */
val CaseLine.case: CaseId get() = CaseId(caseId)

/** The lead professional in force. */
val CaseLine.lead: UserId? get() = leadProfessional?.let(::UserId)

/** When harm was suspected. */
val CaseLine.harmSince: Instant? get() = harmSinceMs?.let(Instant::ofEpochMilli)

/** The day. */
val Due.day: LocalDate get() = LocalDate.parse(on)

/** The record. */
val Due.record: RecordId get() = RecordId(recordId)

/** The case. */
val DueLine.case: CaseId get() = CaseId(caseId)

/** The case. */
val CasePage.case: CaseId get() = CaseId(caseId)

/** The record. */
val Happening.record: RecordId get() = RecordId(recordId)

/** Who made it. */
val Happening.author: UserId get() = UserId(by)

/** When it happened. */
val Happening.at: Instant get() = Instant.ofEpochMilli(atMs)

/** The case. */
val Hit.case: CaseId get() = CaseId(caseId)

/** The record. */
val Hit.record: RecordId get() = RecordId(recordId)

/** When it happened. */
val Hit.at: Instant? get() = atMs?.let(Instant::ofEpochMilli)

/** The case. */
val ConflictLine.case: CaseId get() = CaseId(caseId)

/** The record. */
val ConflictLine.record: RecordId get() = RecordId(recordId)

/** Its name, for [PhoneReading.sawNotice]. */
val NoticeLine.id: NoticeId get() = NoticeId(noticeId)

/** The case. */
val NoticeLine.case: CaseId get() = CaseId(caseId)

/** The record. */
val NoticeLine.record: RecordId get() = RecordId(recordId)

/** The user's own value. */
val NoticeLine.own: Value get() = theirs.typed()

/** By whom. */
val NoticeLine.authors: List<UserId> get() = by.map(::UserId)

/** The record. */
val Sheet.record: RecordId get() = RecordId(recordId)

/** Its case. */
val Sheet.case: CaseId get() = CaseId(caseId)

/** Who made it; nobody made a case's own. */
val Sheet.author: UserId? get() = by?.let(::UserId)

/** When it was made. */
val Sheet.at: Instant? get() = atMs?.let(Instant::ofEpochMilli)

/** Its name, for amendments and undo. */
val SheetPart.entry: EntryId get() = EntryId(entryId)

/** Who wrote it. */
val SheetPart.author: UserId get() = UserId(by)

/** When it was written. */
val SheetPart.at: Instant get() = Instant.ofEpochMilli(atMs)

/** What the field says. */
val SheetLine.value: Value get() = shown.typed()

/** Who corrects it. */
val SheetAmendment.author: UserId get() = UserId(by)

/** When it was corrected. */
val SheetAmendment.at: Instant get() = Instant.ofEpochMilli(atMs)

/** Who signed. */
val SheetSignature.author: UserId get() = UserId(by)

/** When it was signed. */
val SheetSignature.at: Instant get() = Instant.ofEpochMilli(atMs)

/** The assertion, for undo; `null` for what a row began with. */
val SheetValue.entry: EntryId? get() = entryId?.let(::EntryId)

/** The value; `null` where it is withheld. */
val SheetValue.value: Value? get() = shown?.typed()

/** Whose it is. */
val SheetValue.author: UserId? get() = by?.let(::UserId)

/** When they said so. */
val SheetValue.at: Instant? get() = atMs?.let(Instant::ofEpochMilli)

/** The person. */
val Colleague.user: UserId get() = UserId(userId)

/** Whom they work for. */
val Colleague.employer: AgencyId get() = AgencyId(agencyId)

/** The cluster. */
val Colleague.cluster: ClusterId get() = ClusterId(clusterId)

/** The person. */
val PersonToRing.user: UserId get() = UserId(userId)

/** The case. */
val Saved.case: CaseId get() = CaseId(caseId)

/** The record. */
val Saved.record: RecordId get() = RecordId(recordId)

/** The parts that were added, for amendments, rows and undo. */
val Saved.entries: List<EntryId> get() = entryIds.map(::EntryId)

/** Its name. */
val Returned.id: ReturnedId get() = ReturnedId(returnedId.toLong())

/** The case. */
val Returned.case: CaseId get() = CaseId(caseId)

/** The record that it was meant for. */
val Returned.record: RecordId get() = RecordId(recordId)

/** The case. */
val HandoverCase.case: CaseId get() = CaseId(caseId)

/** The record. */
val SigningText.record: RecordId get() = RecordId(recordId)

/** What stands in each field, by the app's own names. */
val Draft.texts: Map<String, String> get() = fields.associate { it.name to it.text }

/** When it was last kept. */
val Draft.at: Instant get() = Instant.ofEpochMilli(atMs)

/** The person. */
val Myself.user: UserId get() = UserId(userId)

/** Whom they work for. */
val Myself.employer: AgencyId get() = AgencyId(agencyId)

/** Until when this phone may be read without contact. */
val Myself.readsUntil: Instant get() = Instant.ofEpochMilli(readsUntilMs)

/** The cluster. */
val OwnCluster.cluster: ClusterId get() = ClusterId(clusterId)
