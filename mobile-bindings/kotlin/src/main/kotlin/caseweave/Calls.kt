package caseweave

import caseweave.generated.InternalException
import caseweave.generated.PhoneException
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
    throw CaseweaveException.of(fault)
}
