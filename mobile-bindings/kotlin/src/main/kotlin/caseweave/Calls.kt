package caseweave

import caseweave.generated.InternalException
import caseweave.generated.PhoneException
import java.nio.charset.CharacterCodingException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext

/** Calls the library away from the main thread. */
internal class Calls(private val dispatcher: CoroutineDispatcher) {
    /**
     * A call that has begun gives its answer even if the coroutine is cancelled meanwhile. Two contexts:
     * with one, a cancelled coroutine would lose the answer on the way back.
     */
    suspend fun <T> toItsEnd(call: () -> T): T {
        currentCoroutineContext().ensureActive()
        return withContext(NonCancellable) { withContext(dispatcher) { typed(call) } }
    }
}

/** The library's errors as an app catches them. */
internal inline fun <T> typed(call: () -> T): T = try {
    call()
} catch (error: PhoneException) {
    throw CaseweaveException.of(error)
} catch (fault: InternalException) {
    throw CaseweaveException.ofFault(fault)
} catch (fault: CharacterCodingException) {
    throw CaseweaveException.ofFault(fault)
}

/**
 * A text as the library takes it. Half a surrogate pair becomes U+FFFD: a keyboard leaves it that deletes one
 * unit of an emoji, and so does an app that cuts a text. The generated code calls this for every text that goes
 * over; `mobile-bindings/bindgen` writes the call.
 */
internal fun wellFormed(text: String): String {
    val units = text.toCharArray()
    var at = 0
    while (at < units.size) {
        val isPair = units[at].isHighSurrogate() && at + 1 < units.size && units[at + 1].isLowSurrogate()
        if (units[at].isSurrogate() && !isPair) units[at] = REPLACEMENT
        at += if (isPair) 2 else 1
    }
    return units.concatToString()
}

private const val REPLACEMENT = '\uFFFD'
