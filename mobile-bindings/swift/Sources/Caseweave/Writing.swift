import CaseweaveGenerated
import Foundation

/// One method an action. Each is checked before it is written and durable when it returns; where one
/// throws, nothing was saved. `draft` names the screen whose draft goes with what was saved.
extension CaseweavePhone {
    /// Begins a case. Its beginner is a provisional member of the team until the lead confirms them.
    public func beginCase(_ child: NewCase, draft: String? = nil) async throws(CaseweaveError) -> Saved {
        try await work { try $0.beginCase(child: child, draft: draft) }
    }

    /// Records a visit, for siblings one record each with what they have in common: all or none.
    public func recordVisit(
        _ visit: NewVisit, draft: String? = nil
    ) async throws(CaseweaveError) -> [Saved] {
        try await work { try $0.recordVisit(visit: visit, draft: draft) }
    }

    /// Raises a concern. If harm is suspected, the numbers to ring are in the answer; should it fail,
    /// `whomToRing` has them all the same.
    public func raiseConcern(
        _ concern: NewConcern, draft: String? = nil
    ) async throws(CaseweaveError) -> ConcernSaved {
        try await work { try $0.raiseConcern(concern: concern, draft: draft) }
    }

    /// Notes who was told of a concern by telephone, and when.
    public func addTold(
        _ who: String, of recordId: String, when: Date
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.addTold(recordId: recordId, who: who, whenMs: when.milliseconds) }
    }

    /// Records somebody's own views.
    public func recordViews(_ views: NewViews, draft: String? = nil) async throws(CaseweaveError) -> Saved {
        try await work { try $0.recordViews(views: views, draft: draft) }
    }

    /// Records what changed because of somebody's views.
    public func addWhatChanged(_ text: String, to recordId: String) async throws(CaseweaveError) -> Saved {
        try await work { try $0.addWhatChanged(recordId: recordId, text: text) }
    }

    /// Records something that happened in the child's life, for the team; `on` is a day.
    public func recordEvent(
        in caseId: String, on day: String, what: String, impact: String? = nil, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.recordEvent(caseId: caseId, on: day, what: what, impact: impact, draft: draft)
        }
    }

    /// Corrects an entry beside what it says. The corrected words stay.
    public func addAmendment(
        to entryId: String, of recordId: String, text: String, reason: String, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.addAmendment(
                recordId: recordId, entryId: entryId, text: text, reason: reason, draft: draft)
        }
    }

    /// Begins an assessment for the team in the words of the case's framework, by one of its forms.
    public func draftAssessment(of caseId: String, form: String) async throws(CaseweaveError) -> Saved {
        try await work { try $0.draftAssessment(caseId: caseId, form: form) }
    }

    /// Begins a joint text about an element of an assessment's form.
    public func beginText(
        in recordId: String, element: String, text: String
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.beginText(recordId: recordId, element: element, text: text) }
    }

    /// The version of a record that a screen shows: hand it back with an edit of a text.
    public func textVersion(of recordId: String) async throws(CaseweaveError) -> TextVersion {
        try await work { try $0.textVersion(recordId: recordId) }
    }

    /// Turns the joint text that the user saw at `version` into `text`. What others wrote since stays. A
    /// long edit that fails half-way is kept as far as it came.
    public func editText(
        _ entryId: String, of recordId: String, to text: String, seenAt version: TextVersion
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.editText(recordId: recordId, entryId: entryId, text: text, version: version)
        }
    }

    /// The words of a record as they stand now, for whoever signs to read: hand them back to `sign`.
    public func signingText(of recordId: String) async throws(CaseweaveError) -> SigningText {
        try await work { try $0.signingText(recordId: recordId) }
    }

    /// Signs the words that the signer saw.
    /// - Throws: `changedSince` if the record says something else by now: show it again.
    public func sign(_ seen: SigningText, as role: String? = nil) async throws(CaseweaveError) -> Saved {
        try await work { try $0.sign(seen: seen, role: role) }
    }

    /// Begins a plan for the team with its first rows; `review` is a day.
    public func beginPlan(
        for caseId: String, rows: [NewPlanRow], review: String? = nil, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.beginPlan(caseId: caseId, rows: rows, review: review, draft: draft) }
    }

    /// Adds a row to a plan.
    public func addPlanRow(
        _ row: NewPlanRow, to recordId: String, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.addPlanRow(recordId: recordId, row: row, draft: draft) }
    }

    /// Says how a field of a plan's row stands now.
    /// - Throws: `badInput` with what is expected.
    public func setPlanRow(
        _ rowId: String, of recordId: String, field: RowField, to text: String, reason: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.setPlanRow(
                recordId: recordId, rowId: rowId, field: field, text: text, reason: reason)
        }
    }

    /// Asks another agency for help.
    public func requestAssistance(
        _ request: NewRequest, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.requestAssistance(request: request, draft: draft) }
    }

    /// Answers a request: the decision, and what whoever asked hears.
    public func answerRequest(
        _ recordId: String, decision: String, reasons: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.answerRequest(recordId: recordId, decision: decision, reasons: reasons)
        }
    }

    /// Tells whoever asked what came of it.
    public func addFeedback(_ text: String, to recordId: String) async throws(CaseweaveError) -> Saved {
        try await work { try $0.addFeedback(recordId: recordId, text: text) }
    }
}
