// The records that the library itself describes, under the names that apps import. Their documentation
// is with the generated classes. None of them belongs in a log: they hold names and narrative.
package caseweave

/** Which cases a list shows: those that pass all that is said. */
typealias CaseFilter = caseweave.generated.CaseFilter

/** The order of a list. */
typealias CaseSort = caseweave.generated.CaseSort

/** What an attachment is. */
typealias AttachmentSort = caseweave.generated.AttachmentSort

/** An attachment of a record. */
typealias AttachmentLine = caseweave.generated.AttachmentLine

/** The bytes of an attachment, as far as this phone has them. */
typealias AttachmentBytes = caseweave.generated.AttachmentBytes

/** One case of the caseload. */
typealias CaseLine = caseweave.generated.CaseLine

/** One case as it was opened: warnings first, whom to ring, what happened. */
typealias CasePage = caseweave.generated.CasePage

/** What a visitor must know before they knock. */
typealias VisitWarnings = caseweave.generated.VisitWarnings

/** A person with whom contact is restricted. */
typealias RestrictedContact = caseweave.generated.RestrictedContact

/** A line of a case's chronology. */
typealias Happening = caseweave.generated.Happening

/** A day by which something is due. */
typealias Due = caseweave.generated.Due

/** Something due, with its child. */
typealias DueLine = caseweave.generated.DueLine

/** What asks for attention in one of the user's cases. */
typealias EarlyWarning = caseweave.generated.EarlyWarning

/** A record that says what was searched for. */
typealias Hit = caseweave.generated.Hit

/** What waits for the user. */
typealias Inbox = caseweave.generated.Inbox

/** A disagreement that a person must settle. */
typealias ConflictLine = caseweave.generated.ConflictLine

/** What happened to a value of the user's. */
typealias NoticeLine = caseweave.generated.NoticeLine

/** What happened to it. */
typealias NoticeCause = caseweave.generated.NoticeCause

/** A record of any kind, as typed parts and facts. */
typealias Sheet = caseweave.generated.Sheet

/** What one person wrote. It never changes: corrections stand beside it. */
typealias SheetPart = caseweave.generated.SheetPart

/** One field. */
typealias SheetLine = caseweave.generated.SheetLine

/** What holds of a fact, and what stands against it. */
typealias SheetFact = caseweave.generated.SheetFact

/** A value and whose it is. */
typealias SheetValue = caseweave.generated.SheetValue

/** A correction. */
typealias SheetAmendment = caseweave.generated.SheetAmendment

/** A signature. */
typealias SheetSignature = caseweave.generated.SheetSignature

/** Somebody who works in one of the user's clusters. */
typealias Colleague = caseweave.generated.Colleague

/** Whom to ring about a case. */
typealias WhomToRing = caseweave.generated.WhomToRing

/** Somebody to ring. */
typealias PersonToRing = caseweave.generated.PersonToRing

/** A number to ring when harm is suspected. */
typealias EmergencyNumber = caseweave.generated.EmergencyNumber

/** What was saved on this phone. */
typealias Saved = caseweave.generated.Saved

/** A concern that was saved, with whom to ring now if harm is suspected. */
typealias ConcernSaved = caseweave.generated.ConcernSaved

/** How far a record has come. */
typealias RecordState = caseweave.generated.RecordState

/** Work that the server did not take, and why. */
typealias Returned = caseweave.generated.Returned

/** The user's open cases for whoever takes them over. */
typealias Handover = caseweave.generated.Handover

/** One case to hand over. */
typealias HandoverCase = caseweave.generated.HandoverCase

/** The words that somebody is about to sign. */
typealias SigningText = caseweave.generated.SigningText

/** The version of a record that a screen showed; hand it back as it is. */
typealias TextVersion = caseweave.generated.TextVersion

/** How far an exchange is. */
typealias SyncProgress = caseweave.generated.SyncProgress

/** What an exchange did. */
typealias SyncSummary = caseweave.generated.SyncSummary

/** What was being typed on one screen. */
typealias Draft = caseweave.generated.Draft

/** A child of whom nobody has a case yet. */
typealias NewCase = caseweave.generated.NewCase

/** A visit to one child, or to siblings. */
typealias NewVisit = caseweave.generated.NewVisit

/** One child of a visit. */
typealias VisitedChild = caseweave.generated.VisitedChild

/** Something seen that worries somebody. */
typealias NewConcern = caseweave.generated.NewConcern

/** Whether anybody in the team could be involved in what a concern is about. */
typealias TeamInvolved = caseweave.generated.TeamInvolved

/** Somebody's own words. */
typealias NewViews = caseweave.generated.NewViews

/** How views were obtained. */
typealias HowHeard = caseweave.generated.HowHeard

/** A row of a plan as it begins. */
typealias NewPlanRow = caseweave.generated.NewPlanRow

/** A field of a plan's row. */
typealias RowField = caseweave.generated.RowField

/** Help that is asked for. */
typealias NewRequest = caseweave.generated.NewRequest

/** Who a record is for. */
typealias Place = caseweave.generated.Place

/** Why something is shared. */
typealias SharingReason = caseweave.generated.SharingReason

/** What sharing rests on. */
typealias SharingBasis = caseweave.generated.SharingBasis

/** The user of a phone. */
typealias Myself = caseweave.generated.Myself

/** A cluster that the user works in. */
typealias OwnCluster = caseweave.generated.OwnCluster

/** What only this phone has. */
typealias OnlyHere = caseweave.generated.OnlyHere

/** A fact that may be said in a record. */
typealias FactField = caseweave.generated.FactField

/** What a fact is about. */
typealias FactAbout = caseweave.generated.FactAbout

/** What the value of a fact is. */
typealias FactAsks = caseweave.generated.FactAsks

/** A word to choose. */
typealias Choice = caseweave.generated.Choice

/** A form of a framework. */
typealias Form = caseweave.generated.Form

/** An element of a form. */
typealias FormElement = caseweave.generated.FormElement

/** A meeting, as whoever minutes it fills it in. */
typealias NewMeeting = caseweave.generated.NewMeeting

/** What a meeting's record holds beside when it was. */
typealias Minutes = caseweave.generated.Minutes

/** Somebody invited to a meeting. */
typealias Attendee = caseweave.generated.Attendee

/** What somebody will do after a meeting. */
typealias AgreedAction = caseweave.generated.AgreedAction

/** Something that is delivered to a child or family. */
typealias NewIntervention = caseweave.generated.NewIntervention

/** One session of it. */
typealias NewSession = caseweave.generated.NewSession
