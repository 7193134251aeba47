package caseweave

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext

/**
 * Keeps what is typed on one screen: at once when somebody begins, then every two seconds while they go
 * on, and at once when the keeper is closed or its scope ends. What could not be kept is tried again every
 * two seconds, until the phone is closed. See [CaseweavePhone.draftKeeper].
 */
class DraftKeeper internal constructor(
    private val phone: CaseweavePhone,
    /** The screen and what it is about, as the phone knows the draft. */
    val screen: String,
    scope: CoroutineScope,
    private val every: Duration,
    private val onTrouble: (CaseweaveException) -> Unit,
) {
    private val words = MutableStateFlow(Words())
    private val keeping = Mutex()

    /** The phone is closed; only the job asks. */
    private var isOver = false

    // Begun at once, so that it also ends in order if the scope is over before it had a turn.
    private val job = scope.launch(start = CoroutineStart.UNDISPATCHED) {
        try {
            while (!isOver) {
                words.first { it.areUnkept }
                keep()
                delay(every)
            }
        } finally {
            withContext(NonCancellable) { keep() }
        }
    }

    /** What stands in each field now. Returns at once; call it at every key. */
    fun type(fields: Map<String, String>) {
        val now = fields.toMap()
        words.update { it.copy(typed = now) }
    }

    /**
     * What was typed before the app ended; `null` if nothing was. Call it before the first [type], which takes
     * the place of what was kept.
     */
    suspend fun restore(): Map<String, String>? = phone.draft(screen)?.texts

    /**
     * Saves what the screen was for: [save] gets the screen's name to hand over as `draft`, so that the
     * draft goes with what is saved. What is typed meanwhile is kept afterwards. If it fails, the draft is
     * kept.
     */
    suspend fun <T> saving(save: suspend (draft: String) -> T): T {
        val done = words.value.typed
        return keeping.withLock { save(screen).also { words.update { it.copy(kept = done) } } }
    }

    /** Throws away what was typed. */
    suspend fun discard(): Unit = keeping.withLock {
        val gone = words.value.typed
        phone.discardDraft(screen)
        words.update { it.copy(kept = gone) }
    }

    /** Keeps the last words and ends. */
    suspend fun close(): Unit = withContext(NonCancellable) { job.cancelAndJoin() }

    private suspend fun keep(): Unit = keeping.withLock {
        val (now, kept) = words.value
        if (isOver || now == null || now == kept) return
        try {
            phone.keepDraft(screen, now)
            words.update { it.copy(kept = now) }
        } catch (trouble: CaseweaveException) {
            // A closed phone keeps nothing any more; whatever else it is may pass.
            isOver = trouble is CaseweaveException.Closed
            onTrouble(trouble)
        }
    }

    /** What stands in each field, and what of it was kept, saved or thrown away last. */
    private data class Words(val typed: Map<String, String>? = null, val kept: Map<String, String>? = null) {
        val areUnkept get() = typed != null && typed != kept
    }

    internal companion object {
        val EVERY = 2.seconds
    }
}
