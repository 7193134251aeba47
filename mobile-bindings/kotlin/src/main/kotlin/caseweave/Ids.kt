package caseweave

/** A case. [text] is what lists and exports say: 32 hexadecimal digits. */
@JvmInline
value class CaseId(val text: String)

/** A record of a case: a visit, a plan, the case's own. */
@JvmInline
value class RecordId(val text: String)

/** A part of a record: what one person wrote at once. For amendments, plan rows and undo. */
@JvmInline
value class EntryId(val text: String)

/** A person who works with the service. */
@JvmInline
value class UserId(val text: String)

/** An agency, with or without a sign-in of its own. */
@JvmInline
value class AgencyId(val text: String)

/** A cluster: an area whose agencies work together. */
@JvmInline
value class ClusterId(val text: String)

/** What became of one of the user's own values. */
@JvmInline
value class NoticeId(val text: String)

/** Work that the server did not take. */
@JvmInline
value class ReturnedId(val number: Long)
