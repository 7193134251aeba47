package caseweave

import java.io.File
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Exchanges that are watched, stopped and cut, and screens that live. */
class SyncTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a cancelled exchange ends at once, on a line that went dead, and the next goes on`() = glen(folder) { scope ->
        writeMuch(this)
        Proxy(programs.address).use { line ->
            val lena = home().enrol(enrolment(hire("lena", "education", "cluster_lead"), server = "https://${line.address}"))
            line.left = DEAD_AFTER
            val exchange = scope.async { lena.sync() }
            while (line.left >= 0) delay(10)
            val busy = fails<CaseweaveException.Busy> { lena.sync() }
            assertTrue(busy.message!!.isNotBlank())
            assertEquals(0, lena.onlyHere(), "others are served meanwhile")
            val took = measureTime { exchange.cancelAndJoin() }
            assertTrue(took < 1.seconds, "$took")
            fails<CancellationException> { exchange.await() }
            withTimeout(3.seconds) { lena.ending?.join() }
            val dead = measureTime { fails<CaseweaveException.Stopped> { lena.sync(budget = 500.milliseconds) } }
            assertTrue(dead < 3.seconds, "$dead")
            line.left = Long.MAX_VALUE
            withTimeout(20.seconds) { lena.sync() }
            assertEquals(CASES, lena.caseloadNow().size)
            assertNull(lena.syncProgress.value)
        }
    }

    @Test
    fun `a budget ends an exchange in time, and what arrived is kept`() = glen(folder) {
        writeMuch(this)
        Proxy(programs.address).use { line ->
            val lena = home().enrol(enrolment(hire("lena", "education", "cluster_lead"), server = "https://${line.address}"))
            line.left = DEAD_AFTER
            val took = measureTime { fails<CaseweaveException.Stopped> { lena.sync(budget = 1.seconds) } }
            assertTrue(took < 3.seconds, "$took")
            line.left = Long.MAX_VALUE
            lena.sync(budget = 25.seconds)
            assertEquals(CASES, lena.caseloadNow().size)
        }
    }

    @Test
    fun `an exchange tells how far it is, and what its watcher throws ends it`() = glen(folder) {
        writeMuch(this)
        val lena = home().enrol(enrolment(hire("lena", "education", "cluster_lead")))
        val fault = fails<IllegalStateException> { lena.sync { error("the screen is gone") } }
        assertEquals("the screen is gone", fault.message)
        val told = CopyOnWriteArrayList<SyncProgress>()
        val done = lena.sync { told += it }
        assertEquals(told.maxOf { it.received }, told.last().received)
        assertTrue(done.received >= told.last().received && told.isNotEmpty())
        assertEquals(0uL, told.last().left)
    }

    @Test
    fun `who signed out goes on writing, and keeps it`() = glen(folder) {
        val phone = phone()
        phone.signOut()
        phone.beginCase("Ailsa")
        fails<CaseweaveException.SignedOut> { phone.sync() }
        assertEquals(1, phone.onlyHere())
    }

    @Test
    fun `who signed out signs in again with a code`() = glen(folder) {
        val iona = hire("iona")
        val phone = home().enrol(enrolment(iona))
        phone.signOut()
        phone.beginCase("Ailsa")
        fails<CaseweaveException.WrongSignIn> { phone.signInAgain(programs.code(iona), SignIn("iona", "another horse")) }
        phone.signInAgain(programs.code(iona), iona.signIn)
        assertEquals(1uL, phone.sync().accepted)
    }

    @Test
    fun `a list is live, and ends with the phone`() = glen(folder) { scope ->
        val phone = phone()
        val lists = CopyOnWriteArrayList<List<String>>()
        val screen = scope.launch { phone.caseload().collect { lists += it.map { line -> line.name } } }
        until { lists.lastOrNull() == emptyList<String>() }
        phone.beginCase("Brodie")
        until { lists.last() == listOf("Brodie Muir") }
        phone.beginCase("Ailsa")
        until { lists.last() == listOf("Ailsa Muir", "Brodie Muir") }
        phone.close()
        screen.join()
        fails<CaseweaveException.Closed> { phone.caseload().toList() }
        assertEquals(emptyList<Set<CaseId>>(), phone.changes().toList())
    }

    @Test
    fun `changes of others are told as they come, and a slow reader misses none`() = glen(folder) { scope ->
        val lena = programs.terminal(hire("lena", "education", "cluster_lead"))
        val phone = phone()
        val seen = CopyOnWriteArrayList<Set<CaseId>>()
        val slow = scope.launch(start = CoroutineStart.UNDISPATCHED) { phone.changes().collect { seen += it; delay(200.milliseconds) } }
        val cases = List(SEVERAL) { phone.beginCase("Child $it") }
        until { seen.flatten().toSet() == cases.toSet() }
        assertTrue(seen.size < SEVERAL, "they come together: ${seen.size}")
        phone.sync()
        slow.cancelAndJoin()
        lena.run("sync")
        lena.run("visit", cases[2].text, "--at", "2026-11-20T10:00:00Z", "--text", "Met her at school.")
        lena.run("sync")
        val heard = scope.async(start = CoroutineStart.UNDISPATCHED) { phone.changes().first { cases[2] in it } }
        phone.sync()
        assertTrue(cases[2] in heard.await())
    }

    @Test
    fun `what others write comes to an open screen by itself, and who leaves it is answered at once`() = glen(folder) { scope ->
        val lena = programs.terminal(hire("lena", "education", "cluster_lead"))
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        val came = CopyOnWriteArrayList<SyncSummary>()
        val screen = scope.launch { phone.live(pause = 100.milliseconds).collect { came += it } }
        until { came.size == 1 }
        assertEquals(0, phone.onlyHere())
        lena.run("sync")
        lena.run("visit", case.text, "--at", "2026-11-20T10:00:00Z", "--text", "Met her at school.")
        lena.run("sync")
        withTimeout(10.seconds) { while (phone.openCase(case).chronology.isEmpty()) delay(5) }
        // A page is on the screen before the exchange that brought it is over.
        until { came.size > 1 }
        val took = measureTime { screen.cancelAndJoin() }
        assertTrue(took < 1.seconds, "$took")
        assertEquals(false, phone.waitForNews(atMost = Duration.ZERO))
    }

    /** Somebody else's cases, which a first exchange brings: about half a megabyte that does not compress. */
    private suspend fun writeMuch(glen: Glen) = glen.phone("iona").use { phone ->
        val random = Random(SEED)
        repeat(CASES) { number ->
            val case = phone.beginCase("Child $number")
            val words = List(WORDS) { random.nextLong().toString(36) }.joinToString(" ")
            phone.recordVisit(visit(case, words))
        }
        phone.sync()
    }

    private suspend fun until(within: Duration = 10.seconds, true_: () -> Boolean) =
        withTimeout(within) { while (!true_()) delay(5) }

    private companion object {
        const val SEED = 7
        const val CASES = 60
        const val WORDS = 600
        const val SEVERAL = 8
        const val DEAD_AFTER = 100_000L
    }
}
