package caseweave

import caseweave.generated.ChangeListener
import caseweave.generated.Listening
import caseweave.generated.Phone
import java.util.concurrent.atomic.AtomicReference
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** One listener of the library for all who collect; none while nobody does. */
internal class Ears(private val phone: Phone) : ChangeListener {
    private val ears = mutableSetOf<Ear>()
    private var closed = false
    private var listening: Listening? = null

    /** Gathers what a slow collector has not taken yet. */
    private class Ear(first: Set<CaseId>?) {
        val heard = AtomicReference<Set<CaseId>>(first.orEmpty())
        val wake = Channel<Unit>(Channel.CONFLATED).apply { if (first != null) trySend(Unit) }
    }

    /** The changed cases; begins with [first] once it listens, so that nothing falls in between. */
    fun changes(first: Set<CaseId>? = null): Flow<Set<CaseId>> = flow {
        val ear = Ear(first)
        add(ear)
        try {
            for (woken in ear.wake) emit(ear.heard.getAndSet(emptySet()))
        } finally {
            remove(ear)
        }
    }

    override fun changed(caseIds: List<String>) {
        val cases = caseIds.map(::CaseId)
        for (ear in synchronized(ears) { ears.toList() }) {
            ear.heard.updateAndGet { it + cases }
            ear.wake.trySend(Unit)
        }
    }

    /** Ends every flow. */
    fun close() = synchronized(ears) {
        closed = true
        ears.forEach { it.wake.close() }
    }

    private fun add(ear: Ear) = synchronized(ears) {
        if (closed) ear.wake.close()
        if (listening == null) listening = phone.listen(this)
        ears += ear
    }

    private fun remove(ear: Ear) = synchronized(ears) {
        ears -= ear
        if (ears.isEmpty()) {
            listening?.use(Listening::stop)
            listening = null
        }
    }
}
