import CaseweaveGenerated
import Foundation

public typealias Choice = CaseweaveGenerated.Choice
public typealias FactAbout = CaseweaveGenerated.FactAbout
public typealias FactAsks = CaseweaveGenerated.FactAsks
public typealias FactField = CaseweaveGenerated.FactField
public typealias Form = CaseweaveGenerated.Form
public typealias FormElement = CaseweaveGenerated.FormElement
public typealias Myself = CaseweaveGenerated.Myself
public typealias OnlyHere = CaseweaveGenerated.OnlyHere
public typealias OwnCluster = CaseweaveGenerated.OwnCluster

/// What a screen offers to choose from, and whose phone it is. Never locked: none of it is about a child.
extension CaseweavePhone {
    /// The user, whom they work for and where, and until when this phone may be read without contact.
    public func whoAmI() async throws(CaseweaveError) -> Myself {
        try await work { try $0.whoAmI() }
    }

    /// What exists only on this phone, with the bytes of photos and recordings.
    public func onlyHereCounts() async throws(CaseweaveError) -> OnlyHere {
        try await work { try $0.onlyHereCounts() }
    }

    /// The facts that may be said in a record, with the words to choose from.
    public func factFields(of recordId: String) async throws(CaseweaveError) -> [FactField] {
        try await work { try $0.factFields(recordId: recordId) }
    }

    /// The words of a list of the case's framework, such as `meeting_sort` or `cost_band`; empty if it has
    /// no such list: then people say it in their own words.
    public func listed(_ list: String, for caseId: String) async throws(CaseweaveError) -> [Choice] {
        try await work { try $0.listed(caseId: caseId, list: list) }
    }

    /// The forms by which an assessment of this case can be made.
    public func forms(for caseId: String) async throws(CaseweaveError) -> [Form] {
        try await work { try $0.forms(caseId: caseId) }
    }
}

extension Myself {
    /// Until when this phone may be read without contact, by its own clock.
    public var readsUntil: Date { Date(milliseconds: readsUntilMs) }
}

extension Choice: Identifiable {
    /// What is written.
    public var id: String { code }
}

extension FactField: Identifiable {
    /// Its name.
    public var id: String { name }
}

extension Form: Identifiable {
    /// What an assessment is begun with.
    public var id: String { code }
}
