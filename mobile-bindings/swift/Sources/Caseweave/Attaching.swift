import CaseweaveGenerated
import Foundation

public typealias AttachmentSort = CaseweaveGenerated.AttachmentSort
public typealias AttachmentLine = CaseweaveGenerated.AttachmentLine
public typealias AttachmentBytes = CaseweaveGenerated.AttachmentBytes

/// Photos, voice notes and body maps: attached without signal, sent after their record, fetched when asked
/// for.
extension CaseweavePhone {
    /// Attaches bytes to a record, for those who may read that one. Where, when and with which phone they
    /// were made is taken out before they are saved: never keep the camera's own file.
    public func attach(
        _ content: Data, as sort: AttachmentSort, to recordId: String, caption: String? = nil,
        draft: String? = nil
    ) async throws(CaseweaveError) -> Saved {
        try await work {
            try $0.attach(
                recordId: recordId, sort: sort, content: content, caption: caption, draft: draft)
        }
    }

    /// The attachments of a record.
    public func attachments(of recordId: String) async throws(CaseweaveError) -> [AttachmentLine] {
        try await work { try $0.attachmentsOf(recordId: recordId) }
    }

    /// The bytes of an attachment as far as they are here, by the id of its own record.
    public func attachment(_ recordId: String) async throws(CaseweaveError) -> AttachmentBytes {
        try await work { try $0.attachment(recordId: recordId) }
    }

    /// Brings the bytes of an attachment here, on from where an earlier try was cut.
    public func fetchAttachment(_ recordId: String) async throws(CaseweaveError) {
        try await work { try $0.fetchAttachment(recordId: recordId) }
    }

    /// Attachments whose bytes exist only on this phone, whole or in part.
    public func attachmentsWaiting() async throws(CaseweaveError) -> UInt64 {
        try await work { try $0.attachmentsWaiting() }
    }
}
