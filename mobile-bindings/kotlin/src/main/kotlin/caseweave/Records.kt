package caseweave

import caseweave.generated.SyncSummary
import java.time.Instant
import caseweave.generated.CaseLine as GeneratedCaseLine
import caseweave.generated.Saved as GeneratedSaved

/** A case, as [text] of 32 hexadecimal digits. */
@JvmInline
value class CaseId(val text: String)

/** A record of a case, as [text] of 32 hexadecimal digits. */
@JvmInline
value class RecordId(val text: String)

/** One case of the caseload. */
data class CaseLine(
    val case: CaseId,
    /** The child's name. */
    val name: String,
    /** School or nursery. */
    val school: String,
    /** The stage in force; several while frameworks differ. */
    val stages: List<String>,
    /** Whether people disagree about the stage: show it, never choose one. */
    val stageDisputed: Boolean,
    /** Disagreements that a person must settle. */
    val safetyConflicts: Long,
    /** Changes that only this phone has. */
    val onlyHere: Long,
) {
    internal constructor(line: GeneratedCaseLine) : this(
        CaseId(line.caseId),
        line.name,
        line.school,
        line.stages,
        line.stageDisputed,
        line.safetyConflicts.toLong(),
        line.onlyHere.toLong(),
    )
}

/** A visit to record. What is not known is `null`, never a guess. */
data class Visit(
    val case: CaseId,
    val at: Instant,
    /** What the worker wrote. */
    val narrative: String,
    val place: String? = null,
    val childSeen: Boolean? = null,
)

/** What was saved on this phone. */
data class Saved(
    val record: RecordId,
    /** Changes that now exist only on this phone. */
    val onlyHere: Long,
) {
    internal constructor(saved: GeneratedSaved) : this(RecordId(saved.recordId), saved.onlyHere.toLong())
}

/** What an exchange did. */
data class Exchange(
    /** Changes that the server took. */
    val accepted: Long,
    /** Changes that it did not take: the worker must be shown them. */
    val returned: Long,
    /** Changes that came. */
    val received: Long,
    /** Requests made. */
    val requests: Int,
) {
    internal constructor(summary: SyncSummary) : this(
        summary.accepted.toLong(),
        summary.returned.toLong(),
        summary.received.toLong(),
        summary.exchanges.toInt(),
    )
}
