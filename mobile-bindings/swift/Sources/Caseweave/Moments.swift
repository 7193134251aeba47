import CaseweaveGenerated
import Foundation

extension Date {
    /// A moment as the library counts it.
    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// Milliseconds since 1970, UTC.
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
}

/// Days as the library spells them: `2026-11-26`. A day has no time and no zone.
public enum Day {
    /// The day on which somebody whose clock shows `timeZone` has this moment.
    public static func text(_ date: Date, in timeZone: TimeZone = .current) -> String {
        let day = calendar(timeZone).dateComponents([.year, .month, .day], from: date)
        return String(format: "%04d-%02d-%02d", day.year ?? 0, day.month ?? 0, day.day ?? 0)
    }

    /// The first moment of a day there; nil for what is no day.
    public static func start(_ text: String, in timeZone: TimeZone = .current) -> Date? {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        let day = DateComponents(
            calendar: calendar(timeZone), timeZone: timeZone,
            year: parts[0], month: parts[1], day: parts[2]
        )
        return day.isValidDate ? day.date : nil
    }

    private static func calendar(_ timeZone: TimeZone) -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        return calendar
    }
}

extension NewVisit {
    /// A visit: to one child, or to siblings, of whom each gets a record with words of their own.
    public init(
        children: [VisitedChild], at: Date, planned: Date? = nil, minutes: UInt32? = nil,
        place: String? = nil, sort: String? = nil, purpose: String? = nil, present: String? = nil,
        nextContact: String? = nil, to: Place = .team
    ) {
        self.init(
            children: children, atMs: at.milliseconds, plannedMs: planned?.milliseconds,
            minutes: minutes, place: place, sort: sort, purpose: purpose, present: present,
            nextContact: nextContact, to: to
        )
    }
}

extension NewConcern {
    /// Something seen that worries somebody, with the moment at which it was seen.
    public init(
        caseId: String, teamInvolved: TeamInvolved, seen: String, harmSuspected: Bool,
        action: String? = nil, place: String? = nil, when: Date
    ) {
        self.init(
            caseId: caseId, teamInvolved: teamInvolved, seen: seen, harmSuspected: harmSuspected,
            action: action, place: place, whenMs: when.milliseconds
        )
    }
}

extension CaseLine {
    /// When harm was suspected, without content.
    public var harmSince: Date? { harmSinceMs.map(Date.init(milliseconds:)) }
}

extension Happening {
    /// When it happened, by its author's clock.
    public var at: Date { Date(milliseconds: atMs) }
}

extension Hit {
    /// When it happened.
    public var at: Date? { atMs.map(Date.init(milliseconds:)) }
}

extension Draft {
    /// When it was last kept.
    public var at: Date { Date(milliseconds: atMs) }
}

extension Sheet {
    /// When it was made, by its author's clock.
    public var at: Date? { atMs.map(Date.init(milliseconds:)) }
}

extension SheetPart {
    /// When it was written, by its author's clock.
    public var at: Date { Date(milliseconds: atMs) }
}

extension SheetAmendment {
    /// When, by its author's clock.
    public var at: Date { Date(milliseconds: atMs) }
}

extension SheetSignature {
    /// When, by the signer's clock.
    public var at: Date { Date(milliseconds: atMs) }
}

extension SheetValue {
    /// When somebody said so, by their clock.
    public var at: Date? { atMs.map(Date.init(milliseconds:)) }
}

extension Shown {
    /// The moment, if it is one.
    public var date: Date? {
        if case .moment(let atMs) = self { Date(milliseconds: atMs) } else { nil }
    }
}
