import CaseweaveGenerated

// The library's own records, as they are: plain values that may cross any border. Ids are text as the
// lists gave it, days are text such as `2026-11-26`, moments are `Date`s by the extensions in Moments.

/// The platform's key store, which the app implements over the Keychain.
public typealias KeyStore = CaseweaveGenerated.KeyStore
/// Why the platform's key store did not answer; what an app's key store throws.
public typealias KeyStoreError = CaseweaveGenerated.KeyStoreError

// Lists
public typealias CaseFilter = CaseweaveGenerated.CaseFilter
public typealias CaseSort = CaseweaveGenerated.CaseSort
public typealias CaseLine = CaseweaveGenerated.CaseLine
public typealias Colleague = CaseweaveGenerated.Colleague
public typealias ConflictLine = CaseweaveGenerated.ConflictLine
public typealias Due = CaseweaveGenerated.Due
public typealias DueLine = CaseweaveGenerated.DueLine
public typealias EarlyWarning = CaseweaveGenerated.EarlyWarning
public typealias Hit = CaseweaveGenerated.Hit
public typealias Inbox = CaseweaveGenerated.Inbox
public typealias NoticeCause = CaseweaveGenerated.NoticeCause
public typealias NoticeLine = CaseweaveGenerated.NoticeLine
public typealias Returned = CaseweaveGenerated.Returned

// A case and its records
public typealias CasePage = CaseweaveGenerated.CasePage
public typealias EmergencyNumber = CaseweaveGenerated.EmergencyNumber
public typealias Happening = CaseweaveGenerated.Happening
public typealias PersonToRing = CaseweaveGenerated.PersonToRing
public typealias RecordState = CaseweaveGenerated.RecordState
public typealias RestrictedContact = CaseweaveGenerated.RestrictedContact
public typealias Sheet = CaseweaveGenerated.Sheet
public typealias SheetAmendment = CaseweaveGenerated.SheetAmendment
public typealias SheetFact = CaseweaveGenerated.SheetFact
public typealias SheetLine = CaseweaveGenerated.SheetLine
public typealias SheetPart = CaseweaveGenerated.SheetPart
public typealias SheetSignature = CaseweaveGenerated.SheetSignature
public typealias SheetValue = CaseweaveGenerated.SheetValue
public typealias Shown = CaseweaveGenerated.Shown
public typealias VisitWarnings = CaseweaveGenerated.VisitWarnings
public typealias WhomToRing = CaseweaveGenerated.WhomToRing

// What a person fills in
public typealias Draft = CaseweaveGenerated.Draft
public typealias DraftField = CaseweaveGenerated.DraftField
public typealias Enrolment = CaseweaveGenerated.Enrolment
public typealias HowHeard = CaseweaveGenerated.HowHeard
public typealias NewCase = CaseweaveGenerated.NewCase
public typealias NewConcern = CaseweaveGenerated.NewConcern
public typealias NewPlanRow = CaseweaveGenerated.NewPlanRow
public typealias NewRequest = CaseweaveGenerated.NewRequest
public typealias NewViews = CaseweaveGenerated.NewViews
public typealias NewVisit = CaseweaveGenerated.NewVisit
public typealias Place = CaseweaveGenerated.Place
public typealias RowField = CaseweaveGenerated.RowField
public typealias ShareWith = CaseweaveGenerated.ShareWith
public typealias SharingBasis = CaseweaveGenerated.SharingBasis
public typealias SharingReason = CaseweaveGenerated.SharingReason
public typealias SignIn = CaseweaveGenerated.SignIn
public typealias TeamInvolved = CaseweaveGenerated.TeamInvolved
public typealias VisitedChild = CaseweaveGenerated.VisitedChild

// What was done
public typealias ConcernSaved = CaseweaveGenerated.ConcernSaved
public typealias Handover = CaseweaveGenerated.Handover
public typealias HandoverCase = CaseweaveGenerated.HandoverCase
public typealias Saved = CaseweaveGenerated.Saved
public typealias SigningText = CaseweaveGenerated.SigningText
public typealias SyncProgress = CaseweaveGenerated.SyncProgress
public typealias SyncSummary = CaseweaveGenerated.SyncSummary
public typealias TextVersion = CaseweaveGenerated.TextVersion

extension CaseLine: Identifiable {
    /// The case.
    public var id: String { caseId }
}

extension Happening: Identifiable {
    /// The record.
    public var id: String { recordId }
}

extension Sheet: Identifiable {
    /// The record.
    public var id: String { recordId }
}

extension NoticeLine: Identifiable {
    /// Its name, for `sawNotice`.
    public var id: String { noticeId }
}

extension Returned: Identifiable {
    /// Its name, for `writeAgain` and `discardReturned`.
    public var id: UInt64 { returnedId }
}
