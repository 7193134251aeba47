// The forms that a person fills in, made from Kotlin's own types. What was left open is `null`, never a
// guess.
package caseweave

import caseweave.generated.ShareWith as GeneratedShareWith
import java.time.Instant
import java.time.LocalDate

/**
 * A child of whom nobody has a case yet. One of the names must be there, as far as it is known; a case can
 * begin before the child is born. [cluster] is needed only of who works in several.
 */
fun NewCase(
    givenName: String? = null,
    familyName: String? = null,
    born: LocalDate? = null,
    expected: LocalDate? = null,
    school: String? = null,
    cluster: ClusterId? = null,
): NewCase = NewCase(
    clusterId = cluster?.text,
    givenName = givenName,
    familyName = familyName,
    born = born?.toString(),
    expected = expected?.toString(),
    school = school,
)

/**
 * A visit [at] a moment to one child, or to siblings, of whom each gets a record with words of their own.
 * [nextContact] is the day on which the child is next seen.
 */
fun NewVisit(
    children: List<VisitedChild>,
    at: Instant,
    to: Place = Place.TEAM,
    planned: Instant? = null,
    minutes: Int? = null,
    place: String? = null,
    sort: String? = null,
    purpose: String? = null,
    present: String? = null,
    nextContact: LocalDate? = null,
): NewVisit = NewVisit(
    children = children,
    atMs = at.toEpochMilli(),
    plannedMs = planned?.toEpochMilli(),
    minutes = minutes?.toUInt(),
    place = place,
    sort = sort,
    purpose = purpose,
    present = present,
    nextContact = nextContact?.toString(),
    to = to,
)

/** One child of a visit, with what happened in the visitor's words. */
fun VisitedChild(
    case: CaseId,
    narrative: String,
    seen: Boolean? = null,
    seenAlone: Boolean? = null,
): VisitedChild = VisitedChild(caseId = case.text, narrative = narrative, seen = seen, seenAlone = seenAlone)

/**
 * Something [seen] or heard that worries somebody. Ask each time whether anybody in the team could be
 * involved: only then do people named for protection alone read it. If harm is suspected, ring first.
 */
fun NewConcern(
    case: CaseId,
    teamInvolved: TeamInvolved,
    seen: String,
    harmSuspected: Boolean,
    action: String? = null,
    place: String? = null,
    at: Instant? = null,
): NewConcern = NewConcern(
    caseId = case.text,
    teamInvolved = teamInvolved,
    seen = seen,
    harmSuspected = harmSuspected,
    action = action,
    place = place,
    whenMs = at?.toEpochMilli(),
)

/** A child's or a parent's own [words], verbatim; for an infant, what was observed. */
fun NewViews(
    case: CaseId,
    whose: String,
    how: HowHeard,
    words: String,
    language: String? = null,
    interpreter: String? = null,
    alone: Boolean? = null,
): NewViews = NewViews(
    caseId = case.text,
    whose = whose,
    how = how,
    words = words,
    language = language,
    interpreter = interpreter,
    alone = alone,
)

/** A row of a plan: what is needed, what will be done, by whom and by when. */
fun NewPlanRow(
    need: String,
    action: String,
    agency: AgencyId?,
    outcome: String? = null,
    person: String? = null,
    due: LocalDate? = null,
): NewPlanRow = NewPlanRow(
    need = need,
    action = action,
    outcome = outcome,
    agencyId = agency?.text,
    person = person,
    due = due?.toString(),
)

/** A review or planning meeting that began [at] a moment. */
fun NewMeeting(
    case: CaseId,
    at: Instant,
    minutes: Minutes,
    to: Place = Place.TEAM,
    sort: String? = null,
    outcome: String? = null,
    nextReview: LocalDate? = null,
): NewMeeting = NewMeeting(
    caseId = case.text,
    atMs = at.toEpochMilli(),
    sort = sort,
    outcome = outcome,
    minutes = minutes,
    nextReview = nextReview?.toString(),
    to = to,
)

/** What somebody will do after a meeting, [by] a day. */
fun AgreedAction(what: String, by: LocalDate, who: String? = null): AgreedAction =
    AgreedAction(what = what, who = who, by = by.toString())

/** Something that is delivered to a child or family [from] a day on, for a [row] of a [plan] or without one. */
fun NewIntervention(
    case: CaseId,
    what: String,
    to: Place = Place.TEAM,
    plan: RecordId? = null,
    row: EntryId? = null,
    from: LocalDate? = null,
    costBand: String? = null,
): NewIntervention = NewIntervention(
    caseId = case.text,
    what = what,
    planId = plan?.text,
    rowId = row?.text,
    from = from?.toString(),
    costBand = costBand,
    to = to,
)

/** One session, [at] a moment. */
fun NewSession(at: Instant, minutes: Int? = null, note: String? = null): NewSession =
    NewSession(atMs = at.toEpochMilli(), minutes = minutes?.toUInt(), note = note)

/** Help that another agency is asked for. [toName] is its name, or a person's there. */
fun NewRequest(
    case: CaseId,
    agency: AgencyId,
    reason: String,
    toName: String? = null,
    responseDue: LocalDate? = null,
): NewRequest = NewRequest(
    caseId = case.text,
    agencyId = agency.text,
    toName = toName,
    reason = reason,
    responseDue = responseDue?.toString(),
)

/** With whom a record is shared. */
sealed interface ShareWith {
    /** The team around the child. */
    data object Team : ShareWith

    /** One agency. */
    data class Agency(val agency: AgencyId) : ShareWith
}

internal fun ShareWith.lower(): GeneratedShareWith = when (this) {
    is ShareWith.Team -> GeneratedShareWith.Team
    is ShareWith.Agency -> GeneratedShareWith.Agency(agency.text)
}
