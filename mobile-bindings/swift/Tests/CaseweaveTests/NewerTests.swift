import Foundation
import Testing

@testable import Caseweave

/// What a newer app left on the phone: files that Rust's test of the vectors makes and Kotlin's opens, too.
extension Library {
    @Suite struct Newer {
        private let key = Data(repeating: 7, count: 32)

        @Test("Data of a newer app is refused and left alone")
        func data() async throws {
            let database = try Copied("newer-data.db")
            let whole = try Data(contentsOf: database.file)
            let refused = await problem {
                try await CaseweavePhone.open(database: database.file, key: key)
            }
            #expect(refused == .newerData)
            #expect(try Data(contentsOf: database.file) == whole, "nothing was overwritten")
        }

        @Test("What a newer app wrote is told as such, and kept")
        func record() async throws {
            let database = try Copied("newer-record.db")
            let phone = try await CaseweavePhone.open(database: database.file, key: key)
            // One of a kind to come, and one with a field to come that was never sent.
            for record in ["14cb5efb1391774615c4bd41074d89ec", "68c96fe3c1ca21b8ae17f48ab2652f03"] {
                #expect(await problem { try await phone.openRecord(record) } == .newerRecord)
            }
            let caseId = String(repeating: "01", count: 16)
            #expect(await problem { try await phone.openCase(caseId) } == .newerRecord)
            #expect(try await phone.onlyHere() == 1, "it is kept to be sent")
            await phone.close()
        }
    }
}

/// A file of the vectors in a folder that goes with it.
private final class Copied {
    let file: URL
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("newer-\(UUID())")

    init(_ name: String) throws {
        file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: VectorLine.folder.appendingPathComponent(name), to: file)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
