import CaseweaveGenerated

/// What is said of a case and decided about it: facts, the team, consent, sharing. Where one throws,
/// nothing was saved.
extension CaseweavePhone {
    /// Says at which stage the child is, in the words of the case's framework.
    /// - Throws: `badInput` with the stages that there are.
    public func assertStage(
        _ stage: String, of caseId: String, reason: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.assertStage(caseId: caseId, stage: stage, reason: reason) }
    }

    /// Says who leads: by id.
    public func assertLeadProfessional(
        _ userId: String, of caseId: String, reason: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.assertLeadProfessional(caseId: caseId, userId: userId, reason: reason)
        }
    }

    /// Says a fact of a case's own record for the team: it replaces what stands in sight of it. Words of
    /// a framework are checked.
    /// - Throws: `badInput` with the words that there are.
    public func assertFact(
        _ name: String, of caseId: String, is text: String, subject: String? = nil,
        reason: String? = nil, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.assertFact(
                caseId: caseId, name: name, text: text, subject: subject, reason: reason, draft: draft)
        }
    }

    /// Says a fact of any record: the state of a concern, the score of an element, a review's day.
    /// - Throws: `badInput` with the words that there are.
    public func assertInRecord(
        _ name: String, of recordId: String, is text: String, subject: String? = nil,
        reason: String? = nil, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.assertInRecord(
                recordId: recordId, name: name, text: text, subject: subject, reason: reason,
                draft: draft)
        }
    }

    /// Settles a disagreement with a reason that everybody reads. All the values that this phone has give
    /// way to this one, and no other.
    /// - Throws: `noConflict`, `reasonMissing`
    public func settle(
        _ name: String, of recordId: String, subject: String = "", as text: String, reason: String
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.settle(
                recordId: recordId, name: name, subject: subject, text: text, reason: reason)
        }
    }

    /// Settles a disagreement of the inbox.
    /// - Throws: `noConflict`, `reasonMissing`
    public func settle(
        _ conflict: ConflictLine, as text: String, reason: String
    ) async throws(CaseweaveError) -> Saved {
        try await settle(
            conflict.fact, of: conflict.recordId, subject: conflict.subject, as: text, reason: reason)
    }

    /// Takes a settlement back: its rivals are rivals again.
    /// - Throws: `cannotUndo` where somebody decided since.
    public func undo(
        _ entryId: String, of recordId: String, reason: String
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.undo(recordId: recordId, entryId: entryId, reason: reason) }
    }

    /// Adds somebody to the team around the child, or confirms whoever began the case.
    public func addMember(_ userId: String, to caseId: String) async throws(CaseweaveError) -> Saved {
        try await work { try $0.addMember(caseId: caseId, userId: userId) }
    }

    /// Takes somebody out of the team. What was written stays.
    public func removeMember(_ userId: String, from caseId: String) async throws(CaseweaveError) -> Saved {
        try await work { try $0.removeMember(caseId: caseId, userId: userId) }
    }

    /// Records what somebody allows to be shared: with everybody, or with all but these agencies, by id.
    public func giveConsent(
        _ giver: String, in caseId: String, allExcept agencies: [String] = [], reason: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.giveConsent(caseId: caseId, giver: giver, allExcept: agencies, reason: reason)
        }
    }

    /// Records that somebody allows nothing to be shared any more. What was delivered stays; what is said
    /// of safety still travels.
    public func withdrawConsent(
        _ giver: String, in caseId: String, reason: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.withdrawConsent(caseId: caseId, giver: giver, reason: reason) }
    }

    /// Shares a record as an attested copy and writes down why, both or neither.
    public func shareRecord(
        _ recordId: String, with whom: ShareWith, what: String, reason: SharingReason
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.shareRecord(recordId: recordId, with: whom, what: what, reason: reason)
        }
    }
}
