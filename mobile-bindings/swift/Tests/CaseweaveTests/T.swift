import Testing
@testable import Caseweave
@Test func day() { #expect(Day.start("2026-11-26").map { Day.text($0) } == "2026-11-26") }
