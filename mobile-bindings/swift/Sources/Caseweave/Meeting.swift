import CaseweaveGenerated
import Foundation

public typealias AgreedAction = CaseweaveGenerated.AgreedAction
public typealias Attendee = CaseweaveGenerated.Attendee
public typealias Minutes = CaseweaveGenerated.Minutes
public typealias NewIntervention = CaseweaveGenerated.NewIntervention
public typealias NewMeeting = CaseweaveGenerated.NewMeeting
public typealias NewSession = CaseweaveGenerated.NewSession

/// Meetings, and what is delivered to a child or family. Where one throws, nothing was saved.
extension CaseweavePhone {
    /// Records a review or planning meeting.
    /// - Throws: `badInput` with the sorts that the framework has, if it has any.
    public func recordMeeting(
        _ meeting: NewMeeting, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.recordMeeting(meeting: meeting, draft: draft) }
    }

    /// Adds to a meeting's record: who came, a note, decisions, actions.
    public func addMinutes(
        _ minutes: Minutes, to recordId: String, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.addMinutes(recordId: recordId, minutes: minutes, draft: draft) }
    }

    /// Records that something is delivered, for a row of a plan or without one. How it works and what it
    /// costs is said later with `assertInRecord`: `effect`, `cost_band`.
    public func beginIntervention(
        _ intervention: NewIntervention, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.beginIntervention(intervention: intervention, draft: draft) }
    }

    /// Records a session of what is delivered.
    public func addSession(
        _ session: NewSession, to recordId: String, draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work { try $0.addSession(recordId: recordId, session: session, draft: draft) }
    }
}

extension NewMeeting {
    /// A meeting that began at a moment; `nextReview` is a day.
    public init(
        caseId: String, at: Date, minutes: Minutes, sort: String? = nil, outcome: String? = nil,
        nextReview: String? = nil, to: Place = .team
    ) {
        self.init(
            caseId: caseId, atMs: at.milliseconds, sort: sort, outcome: outcome, minutes: minutes,
            nextReview: nextReview, to: to
        )
    }
}

extension NewSession {
    /// A session that began at a moment.
    public init(at: Date, minutes: UInt32? = nil, note: String? = nil) {
        self.init(atMs: at.milliseconds, minutes: minutes, note: note)
    }
}
