package caseweave

import caseweave.generated.Phone
import caseweave.generated.PhoneException
import caseweave.generated.SyncStop
import caseweave.generated.SyncWatcher
import java.io.File
import java.time.Clock
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withTimeoutOrNull

/**
 * One user's phone. Keep one, and close it when the user leaves. [CaseweaveHome] opens it.
 *
 * Every function may be called from any thread, also the main one: the work is done in the background, and
 * reading and writing go on while an exchange waits for the server. A call that has begun runs to its end
 * and gives its answer even if the coroutine is cancelled meanwhile, so nobody is left to wonder whether
 * something was saved; only [sync] ends at once. What goes wrong is a [CaseweaveException].
 */
class CaseweavePhone internal constructor(
    phone: Phone,
    /** Whose phone it is. */
    val user: UserId,
    dispatcher: CoroutineDispatcher,
) : PhoneDeciding(phone, dispatcher), AutoCloseable {
    private val background = CoroutineScope(SupervisorJob() + dispatcher)
    private val progress = MutableStateFlow<SyncProgress?>(null)

    /** What ends the exchanges that somebody waits for, begun or not. */
    private val stops: MutableSet<SyncStop> = ConcurrentHashMap.newKeySet()

    /** The exchange whose caller was cancelled and that has not quite ended. */
    @Volatile
    internal var ending: Job? = null
        private set

    /** How far the exchange under way is; `null` if there is none. */
    val syncProgress: StateFlow<SyncProgress?> = progress.asStateFlow()

    /**
     * Exchanges with the server until nothing is left to send, then makes lists and search ready. A
     * [budget] ends it cleanly in time, as a background task must: [CaseweaveException.Stopped] is no
     * failure. So does cancelling the coroutine, which ends at once. Whatever ended it, what was stored is
     * stored, and the next exchange goes on from there. Without signal it is [CaseweaveException.Offline];
     * while another exchange is under way, [CaseweaveException.Busy]. [onProgress] is called on a
     * background thread.
     */
    suspend fun sync(budget: Duration? = null, onProgress: (SyncProgress) -> Unit = {}): SyncSummary {
        if (budget == null) return exchange(onProgress) { null }
        val begun = TimeSource.Monotonic.markNow()
        // A line that is dead from the start does not hear of the budget: nobody waits for it.
        val done = withTimeoutOrNull(budget.coerceAtLeast(Duration.ZERO) + GRACE) {
            exchange(onProgress) { (budget - begun.elapsedNow()).milliseconds() }
        }
        return done ?: throw CaseweaveException.of(PhoneException.Stopped())
    }

    private suspend fun exchange(onProgress: (SyncProgress) -> Unit, budgetMs: () -> ULong?): SyncSummary {
        ending?.join()
        val stop = SyncStop()
        stops += stop
        val watcher = Watcher(onProgress, stop)
        val exchange = background.async {
            try {
                typed { phone.sync(budgetMs(), watcher, stop) }
            } finally {
                stops -= stop
                watcher.over()
            }
        }
        val summary = try {
            exchange.await()
        } catch (cancelled: CancellationException) {
            stop.stop()
            ending = exchange
            throw cancelled
        } catch (stopped: CaseweaveException.Stopped) {
            throw watcher.fault ?: stopped
        }
        return watcher.fault?.let { throw it } ?: summary
    }

    /**
     * Waits until the server has something for this phone, at most for [atMost]; says whether there is
     * something to [sync]. Reading, writing and exchanges go on meanwhile. Cancelling ends it at once. Without
     * signal it is [CaseweaveException.Offline].
     */
    suspend fun waitForNews(atMost: Duration = HOLD): Boolean {
        val stop = SyncStop()
        stops += stop
        val seconds = atMost.coerceIn(Duration.ZERO, HOLD).inWholeSeconds.toUInt()
        val waiting = background.async {
            try {
                typed { phone.waitForNews(seconds, stop) }
            } finally {
                stops -= stop
            }
        }
        return try {
            waiting.await()
        } catch (cancelled: CancellationException) {
            stop.stop()
            throw cancelled
        }
    }

    /**
     * Exchanges whenever there is something, for as long as it is collected: for a screen that is open and
     * shows what others write as they write it. What came is told; a line that breaks is tried again after
     * [pause]. Ends with what only a person can mend, such as [CaseweaveException.SignedOut].
     */
    fun live(pause: Duration = PAUSE): Flow<SyncSummary> = flow {
        while (true) {
            try {
                emit(sync())
                // The own work is sent by whoever saves it; this is for what others write.
                while (!waitForNews()) continue
            } catch (broken: CaseweaveException) {
                if (broken !is CaseweaveException.Offline && broken !is CaseweaveException.Busy) throw broken
                delay(pause)
            }
        }
    }

    /** Ends the exchange that somebody waits for, whoever began it; does nothing if there is none. */
    fun stopSync() {
        stops.forEach(SyncStop::stop)
        phone.stopSync()
    }

    /** Makes lists and search ready without an exchange; does little if little changed. */
    suspend fun makeReady(): Unit = calls.toItsEnd { phone.makeReady() }

    /**
     * Keeps what is typed on a [screen] while [scope] lasts, or until it is closed. [screen] says what it is
     * about, too: `visit 0f3a`. [DraftKeeper.restore] comes before the first key. [onTrouble] hears each time it
     * could not be kept, because storage is full: it is tried again after [every], so show it in place.
     */
    fun draftKeeper(
        screen: String,
        scope: CoroutineScope,
        every: Duration = DraftKeeper.EVERY,
        onTrouble: (CaseweaveException) -> Unit = {},
    ): DraftKeeper = DraftKeeper(this, screen, scope, every, onTrouble)

    /**
     * Lets the user in again whose session is over, with a new one-time code. Nothing else on the phone
     * changes.
     */
    suspend fun signInAgain(code: String, signIn: SignIn): Unit =
        calls.toItsEnd { phone.signInAgain(code, signIn.lower()) }

    /** Ends the session on this phone. Nothing else goes: what is unsent waits, and writing goes on. */
    suspend fun signOut(): Unit = calls.toItsEnd { phone.signOut() }

    /**
     * Hands a phone back that was retired or reported stolen ([CaseweaveException.Retired],
     * [CaseweaveException.Stolen]): what only it has goes to the server, everything on it is erased, the key
     * first, and the server is told. Says what the person is to know. Nothing is erased before all is handed
     * over; opening goes on with what was cut short.
     */
    suspend fun handBack(): String = calls.toItsEnd { phone.handBack() }.also { ears.close() }

    /**
     * Ends an exchange and gives the data back, when calls that have begun are done. Every later call is
     * [CaseweaveException.Closed]. Nothing is lost by not calling it.
     */
    override fun close() {
        phone.shut()
        ears.close()
    }

    /** What [onProgress] throws ends the exchange, and reaches whoever began it. */
    private inner class Watcher(
        private val onProgress: (SyncProgress) -> Unit,
        private val stop: SyncStop,
    ) : SyncWatcher {
        @Volatile
        var fault: Throwable? = null
        private var told = false

        override fun progress(progress: SyncProgress) {
            told = true
            this@CaseweavePhone.progress.value = progress
            try {
                onProgress(progress)
            } catch (thrown: Throwable) {
                fault = thrown
                stop.stop()
            }
        }

        /** Leaves alone what another exchange tells. */
        fun over() {
            if (told) this@CaseweavePhone.progress.value = null
        }
    }

    companion object {
        private val GRACE = 1.seconds

        /** What the server holds a wait for at most: below what phone networks cut. */
        private val HOLD = 50.seconds

        /** Between two tries on a line that breaks. */
        private val PAUSE = 10.seconds

        /**
         * Opens the encrypted data of a user who has enrolled with a [key] that the app keeps itself, 32
         * bytes. [CaseweaveHome] is for everybody else. Throws [CaseweaveException.WrongKey] and others;
         * nothing is overwritten.
         */
        suspend fun open(
            database: File,
            key: ByteArray,
            clock: Clock? = null,
            dispatcher: CoroutineDispatcher = Dispatchers.IO,
        ): CaseweavePhone = Calls(dispatcher).toItsEnd {
            val phone = Phone.openWithKey(database.path, key, clock?.let(::Telling))
            CaseweavePhone(phone, UserId(phone.whoAmI().userId), dispatcher)
        }

        private fun Duration.milliseconds() = inWholeMilliseconds.coerceAtLeast(0).toULong()
    }
}
