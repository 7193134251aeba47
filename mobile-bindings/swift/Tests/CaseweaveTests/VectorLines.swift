import Foundation
import Testing

@testable import Caseweave

/// A line of `tests/vectors/NAME.json`, which the tests of Rust and Kotlin read, too.
struct VectorLine: Decodable, CustomStringConvertible {
    private let values: [String: Value]

    private enum Value: Decodable {
        case text(String), number(Int64), yes(Bool), none

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .none
            } else if let yes = try? value.decode(Bool.self) {
                self = .yes(yes)
            } else if let number = try? value.decode(Int64.self) {
                self = .number(number)
            } else {
                self = .text(try value.decode(String.self))
            }
        }
    }

    init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Value].self)
    }

    /// A text; nil if there is none.
    func some(_ name: String) -> String? {
        if case .text(let text) = values[name] { text } else { nil }
    }

    /// A text; empty if there is none.
    func text(_ name: String) -> String { some(name) ?? "" }

    func number(_ name: String) -> Int64 {
        if case .number(let number) = values[name] { number } else { 0 }
    }

    func yes(_ name: String) -> Bool {
        if case .yes(let yes) = values[name] { yes } else { false }
    }

    var description: String { "\(values)" }

    /// Where the files are.
    static var folder: URL {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<5 { folder.deleteLastPathComponent() }
        return folder.appendingPathComponent("tests/vectors")
    }

    static func read(_ name: String) throws -> [VectorLine] {
        let file = folder.appendingPathComponent("\(name).json")
        return try JSONDecoder().decode([VectorLine].self, from: Data(contentsOf: file))
    }
}

/// Compares what each line gives with what the file says. Rust's test writes the files.
func check(_ name: String, _ asked: (VectorLine) async throws -> String) async throws {
    let lines = try VectorLine.read(name)
    #expect(!lines.isEmpty)
    for line in lines {
        let gives: String
        do {
            gives = try await asked(line)
        } catch let error as CaseweaveError {
            gives = said(error)
        }
        #expect(gives == line.text("gives"), "\(name): \(line)")
    }
}

/// An error, as the files have it.
func said(_ error: CaseweaveError) -> String {
    if case .refused(let code, _) = error { return "\(error.name) \(code): \(error)" }
    return "\(error.name): \(error)"
}

/// A value with its meaning, such as `word visit_in_pairs`.
func told(_ shown: Shown) -> String {
    switch shown {
    case .words(let text): "words \(text)"
    case .word(let code): "word \(code)"
    case .number(let value): "number \(value)"
    case .yesNo(let yes): "yes_no \(yes ? "yes" : "no")"
    case .day(let day): "day \(day)"
    case .moment(let atMs): "moment \(atMs)"
    case .id(let id): "id \(id)"
    }
}

extension Sheet {
    /// What holds of a fact; `nothing` where nothing does or it is withheld.
    func holds(_ name: String, _ subject: String) -> String {
        let fact = facts.first { $0.name == name && $0.subject == subject }
        return fact?.holds.first?.shown.map(told) ?? "nothing"
    }
}

/// Numbers to ring, in their order.
func numbers(_ ring: WhomToRing?) -> String {
    guard let ring else { return "nobody" }
    return ring.emergency.map { "\($0.number) \($0.name), \($0.when)" }.joined(separator: " | ")
}
