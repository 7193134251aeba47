package caseweave

import java.io.File
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** What was being typed when the app was killed. */
class DraftTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `what is typed is kept every two seconds and restored by the next app`() = glen(folder) { scope ->
        val home = home()
        val phone = phone(home = home)
        val keeper = phone.draftKeeper("visit 1", scope)
        assertNull(keeper.restore())
        val begun = System.nanoTime()
        keeper.type(mapOf("narrative" to "Built"))
        until { phone.draft("visit 1")?.texts == mapOf("narrative" to "Built") }
        val words = "Built a tower of bricks and a bridge"
        words.indices.forEach { keeper.type(mapOf("narrative" to words.take(it + 1))); delay(20.milliseconds) }
        until { phone.draft("visit 1")?.texts == mapOf("narrative" to words) }
        val took = (System.nanoTime() - begun) / 1_000_000
        assertEquals(true, took in 1_500..4_500, "$took ms")
        phone.close()
        home.open(phone.user).use { assertEquals(words, it.drafts().single().texts["narrative"]) }
        keeper.close()
    }

    @Test
    fun `closing keeps the last word at once, and so does the end of the scope`() = glen(folder) { scope ->
        val phone = phone()
        val keeper = phone.draftKeeper("visit 1", scope, every = 60.seconds)
        listOf("A", "Ai", "Ail").forEach { keeper.type(mapOf("name" to it)) ; delay(50.milliseconds) }
        assertEquals("A", phone.draft("visit 1")?.texts?.get("name"))
        keeper.close()
        assertEquals("Ail", phone.draft("visit 1")?.texts?.get("name"))
        val screen = CoroutineScope(Job() + Dispatchers.Default)
        val second = phone.draftKeeper("visit 2", screen, every = 60.seconds)
        second.type(mapOf("name" to "Bro"))
        screen.cancel()
        until { phone.draft("visit 2")?.texts?.get("name") == "Bro" }
    }

    @Test
    fun `a draft goes with what is saved and stays with what is refused`() = glen(folder) { scope ->
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        val keeper = phone.draftKeeper("visit 1", scope, every = 50.milliseconds)
        keeper.type(mapOf("narrative" to "Built a tower."))
        until { phone.drafts().size == 1 }
        fails<CaseweaveException.BadInput> { keeper.saving { phone.recordVisit(visit(case, " "), it) } }
        assertEquals(1, phone.drafts().size)
        keeper.saving { phone.recordVisit(visit(case, "Built a tower."), draft = it) }
        delay(200.milliseconds)
        assertEquals(emptyList<Draft>(), phone.drafts())
        keeper.type(mapOf("narrative" to "Another"))
        until { phone.drafts().size == 1 }
        keeper.discard()
        keeper.close()
        assertEquals(emptyList<Draft>(), phone.drafts())
    }

    @Test
    fun `what was typed last and saved is no draft any more`() = glen(folder) { scope ->
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        val keeper = phone.draftKeeper("visit 1", scope, every = 60.seconds)
        keeper.type(mapOf("narrative" to "B"))
        until { phone.drafts().size == 1 }
        keeper.type(mapOf("narrative" to "Built a tower."))
        keeper.saving { phone.recordVisit(visit(case, "Built a tower."), draft = it) }
        keeper.close()
        assertEquals(emptyList<Draft>(), phone.drafts())
    }

    @Test
    fun `whoever types hears when it cannot be kept`() = glen(folder) { scope ->
        val phone = phone()
        var trouble: CaseweaveException? = null
        val keeper = phone.draftKeeper("visit 1", scope) { trouble = it }
        phone.close()
        keeper.type(mapOf("narrative" to "Built"))
        keeper.close()
        assertEquals(CaseweaveException.Closed::class, trouble?.let { it::class })
    }

    private suspend fun until(true_: suspend () -> Boolean) = withTimeout(10.seconds) { while (!true_()) delay(5) }
}
