import CaseweaveGenerated

/// What screens show, offline. All but `whomToRing` throw `leaseOver` on a phone that was without contact
/// for too long.
extension CaseweavePhone {
    /// The cases on this phone: those that pass the filter, sorted; by name if nothing is said.
    public func caseload(
        _ filter: CaseFilter? = nil, by sort: CaseSort? = nil
    ) async throws(CaseweaveError) -> [CaseLine] {
        try await work { try $0.caseload(filter: filter, sort: sort) }
    }

    /// Opens a case to look at it: warnings, whom to ring, and what happened, newest first. The audit is
    /// told with the next exchange, and what was unread is read.
    /// - Throws: `unknownCase`
    public func openCase(_ caseId: String) async throws(CaseweaveError) -> CasePage {
        try await work { try $0.openCase(caseId: caseId) }
    }

    /// A case's records. Call `openCase` first: that is what the audit notes.
    public func records(of caseId: String) async throws(CaseweaveError) -> [Sheet] {
        try await work { try $0.records(caseId: caseId) }
    }

    /// Opens one record to look at it; the audit is told with the next exchange.
    public func openRecord(_ recordId: String) async throws(CaseweaveError) -> Sheet {
        try await work { try $0.openRecord(recordId: recordId) }
    }

    /// Records on this phone that hold every word, whole or as a beginning; at most `limit`, and never
    /// more than 200.
    public func search(_ words: String, limit: Int = 50) async throws(CaseweaveError) -> [Hit] {
        try await work { try $0.search(words: words, limit: UInt32(clamping: limit)) }
    }

    /// What falls due in the user's open cases, earliest first.
    public func due() async throws(CaseweaveError) -> [DueLine] {
        try await work { try $0.due() }
    }

    /// What asks for attention in the user's open cases today, the most pressing first, each with its
    /// reason.
    public func earlyWarnings() async throws(CaseweaveError) -> [EarlyWarning] {
        try await work { try $0.earlyWarnings() }
    }

    /// What waits for the user: disagreements to settle, and what became of their own values.
    public func inbox() async throws(CaseweaveError) -> Inbox {
        try await work { try $0.inbox() }
    }

    /// Notes that the user has seen a notice.
    public func sawNotice(_ noticeId: String) async throws(CaseweaveError) {
        try await work { try $0.sawNotice(noticeId: noticeId) }
    }

    /// Whom to ring about a case, and the numbers for when harm is suspected. Never refused: not without
    /// signal, not on a phone whose lease is over.
    public func whomToRing(about caseId: String) async throws(CaseweaveError) -> WhomToRing {
        try await work { try $0.whomToRing(caseId: caseId) }
    }

    /// The people of the user's clusters.
    public func colleagues() async throws(CaseweaveError) -> [Colleague] {
        try await work { try $0.colleagues() }
    }

    /// How many changes exist only on this phone: to be seen at all times.
    public func onlyHere() async throws(CaseweaveError) -> Int {
        try await work { Int(clamping: try $0.onlyHere()) }
    }

    /// How far a record has come.
    public func recordState(_ recordId: String) async throws(CaseweaveError) -> RecordState {
        try await work { try $0.recordState(recordId: recordId) }
    }

    /// What the server did not take and why, in words. Nothing deletes it but its user.
    public func returned() async throws(CaseweaveError) -> [Returned] {
        try await work { try $0.returned() }
    }

    /// Writes returned work again, as new work of today.
    public func writeAgain(_ returnedId: UInt64) async throws(CaseweaveError) -> Saved {
        try await work { try $0.writeAgain(returnedId: returnedId) }
    }

    /// Throws returned work away; it can be had back for some weeks.
    public func discardReturned(_ returnedId: UInt64) async throws(CaseweaveError) {
        try await work { try $0.discardReturned(returnedId: returnedId) }
    }

    /// What somebody should know who takes the user's cases over.
    public func handover(to userId: String) async throws(CaseweaveError) -> Handover {
        try await work { try $0.handover(toUserId: userId) }
    }

    /// Keeps what is being typed on a screen; durable when it returns. A `DraftKeeper` does this by itself.
    public func keepDraft(_ draft: Draft) async throws(CaseweaveError) {
        try await work { try $0.keepDraft(draft: draft) }
    }

    /// Everything that was being typed and was neither saved nor thrown away, newest first.
    public func drafts() async throws(CaseweaveError) -> [Draft] {
        try await work { try $0.drafts() }
    }

    /// What was being typed on one screen.
    public func draft(of screen: String) async throws(CaseweaveError) -> Draft? {
        try await work { try $0.draft(screen: screen) }
    }

    /// Throws away what was being typed on a screen.
    public func discardDraft(of screen: String) async throws(CaseweaveError) {
        try await work { try $0.discardDraft(screen: screen) }
    }
}
