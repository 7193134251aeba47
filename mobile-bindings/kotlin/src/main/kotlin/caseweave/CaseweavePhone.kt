package caseweave

import caseweave.generated.NewVisit
import caseweave.generated.Phone
import caseweave.generated.PhoneException
import java.io.File
import java.time.Clock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext

/**
 * One user's phone. Keep one, and close it when the user leaves.
 *
 * Every function may be called from any thread, also the main one: the work is done on a background
 * thread, one call at a time. A call that has begun runs to its end and gives its answer even if the
 * coroutine is cancelled meanwhile, so nobody is left to wonder whether something was saved. What
 * goes wrong is a [CaseweaveException].
 */
class CaseweavePhone private constructor(
    private val phone: Phone,
    private val clock: Clock,
) : AutoCloseable {
    /** The cases on this phone, by name. */
    suspend fun caseload(): List<CaseLine> = phone.work { caseload().map(::CaseLine) }

    /** How many changes exist only on this phone. */
    suspend fun onlyHere(): Long = phone.work { onlyHere().toLong() }

    /** Records a visit for the team. When this returns, it survives the end of the app. */
    suspend fun recordVisit(visit: Visit): Saved = phone.work {
        val recorded = NewVisit(
            caseId = visit.case.text,
            atMs = visit.at.toEpochMilli(),
            place = visit.place,
            childSeen = visit.childSeen,
            narrative = visit.narrative,
        )
        Saved(recordVisit(recorded, clock.millis()))
    }

    /**
     * Exchanges with the server until nothing is unsent that can be sent. Without signal it is
     * [CaseweaveException.Offline]: everything is kept, and the next exchange goes on from there.
     */
    suspend fun sync(): Exchange = phone.work { Exchange(sync(clock.millis())) }

    /** Gives the data back, when calls that have begun are done. Later calls are a mistake of the app. */
    override fun close() = phone.close()

    companion object {
        /**
         * Opens the encrypted [data] of a user who has enrolled. [key] is 32 bytes from the platform's
         * key store; overwrite the array afterwards. A wrong key is [CaseweaveException.Storage], and
         * nothing is overwritten.
         */
        suspend fun open(data: File, key: ByteArray, clock: Clock = Clock.systemUTC()) =
            CaseweavePhone(toItsEnd { Phone.open(data.path, key) }, clock)
    }
}

private suspend fun <T> Phone.work(call: Phone.() -> T): T = toItsEnd { call() }

/** Two contexts: with one, a cancelled coroutine would lose the answer on the way back. */
private suspend fun <T> toItsEnd(call: () -> T): T = withContext(NonCancellable) {
    withContext(Dispatchers.IO) {
        try {
            call()
        } catch (error: PhoneException) {
            throw CaseweaveException.of(error)
        }
    }
}
