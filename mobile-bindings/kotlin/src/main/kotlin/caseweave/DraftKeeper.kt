package caseweave

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext

/**
 * Keeps what is typed on one screen: at once when somebody begins, then every two seconds while they go
 * on, and at once when the keeper is closed or its scope ends. See [CaseweavePhone.draftKeeper].
 */
class DraftKeeper internal constructor(
    private val phone: CaseweavePhone,
    /** The screen and what it is about, as the phone knows the draft. */
    val screen: String,
    scope: CoroutineScope,
    private val every: Duration,
    private val onTrouble: (CaseweaveException) -> Unit,
) {
    private val typed = MutableStateFlow<Map<String, String>?>(null)
    private val keeping = Mutex()
    private var kept: Map<String, String>? = null

    // Begun at once, so that it also ends in order if the scope is over before it had a turn.
    private val job = scope.launch(start = CoroutineStart.UNDISPATCHED) {
        try {
            typed.filterNotNull().collect {
                keep()
                delay(every)
            }
        } finally {
            withContext(NonCancellable) { keep() }
        }
    }

    /** What stands in each field now. Returns at once; call it at every key. */
    fun type(fields: Map<String, String>) {
        typed.value = fields.toMap()
    }

    /** What was typed before the app ended; `null` if nothing was. */
    suspend fun restore(): Map<String, String>? = phone.draft(screen)?.texts

    /**
     * Saves what the screen was for: [save] gets the screen's name to hand over as `draft`, so that the
     * draft goes with what is saved. If it fails, the draft is kept.
     */
    suspend fun <T> saving(save: suspend (draft: String) -> T): T = keeping.withLock {
        val done = typed.value
        save(screen).also { kept = done }
    }

    /** Throws away what was typed. */
    suspend fun discard(): Unit = keeping.withLock {
        val gone = typed.value
        phone.discardDraft(screen)
        kept = gone
    }

    /** Keeps the last words and ends. */
    suspend fun close(): Unit = withContext(NonCancellable) { job.cancelAndJoin() }

    private suspend fun keep(): Unit = keeping.withLock {
        val now = typed.value
        if (now == null || now == kept) return
        try {
            phone.keepDraft(screen, now)
            kept = now
        } catch (trouble: CaseweaveException) {
            onTrouble(trouble)
        }
    }

    internal companion object {
        val EVERY = 2.seconds
    }
}
