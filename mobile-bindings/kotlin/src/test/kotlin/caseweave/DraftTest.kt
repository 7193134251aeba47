package caseweave

import java.io.File
import java.util.concurrent.CopyOnWriteArrayList
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
import org.junit.jupiter.api.Assertions.assertTrue
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
    fun `what is typed while it is saved is kept afterwards`() = glen(folder) { scope ->
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        val keeper = phone.draftKeeper("visit 1", scope, every = 20.milliseconds)
        keeper.type(mapOf("narrative" to "Built a tower."))
        until { phone.drafts().size == 1 }
        keeper.saving { draft ->
            phone.recordVisit(visit(case, "Built a tower."), draft)
            keeper.type(mapOf("narrative" to "Built a tower. And"))
            delay(100.milliseconds)
            assertEquals(emptyList<Draft>(), phone.drafts())
        }
        until { phone.draft("visit 1")?.texts == mapOf("narrative" to "Built a tower. And") }
        keeper.close()
    }

    @Test
    fun `what could not be kept is tried again although nobody types on`() = glen(folder) { scope ->
        val phone = phone()
        repeat(DRAFTS) { phone.keepDraft("visit of $it", mapOf("narrative" to "Built")) }
        val troubles = CopyOnWriteArrayList<CaseweaveException>()
        val keeper = phone.draftKeeper("visit 1", scope, every = 20.milliseconds) { troubles += it }
        keeper.type(mapOf("narrative" to "Built a tower."))
        until { troubles.size > 1 }
        assertTrue(troubles.all { it is CaseweaveException.BadInput }, "$troubles")
        assertNull(phone.draft("visit 1"))
        phone.discardDraft("visit of 0")
        until { phone.draft("visit 1")?.texts == mapOf("narrative" to "Built a tower.") }
        keeper.close()
    }

    @Test
    fun `whoever types hears when it cannot be kept, and of a closed phone once`() = glen(folder) { scope ->
        val phone = phone()
        val troubles = CopyOnWriteArrayList<CaseweaveException>()
        val keeper = phone.draftKeeper("visit 1", scope, every = 20.milliseconds) { troubles += it }
        phone.close()
        keeper.type(mapOf("narrative" to "Built"))
        until { troubles.isNotEmpty() }
        delay(200.milliseconds)
        keeper.close()
        assertEquals(listOf(CaseweaveException.Closed::class), troubles.map { it::class })
    }

    @Test
    fun `half an emoji ends nothing, in a draft or in what is saved`() = glen(folder) { scope ->
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        val keeper = phone.draftKeeper("visit 1", scope, every = 20.milliseconds)
        keeper.type(mapOf("narrative" to "Laughed $EMOJI".dropLast(1)))
        until { phone.draft("visit 1")?.texts == mapOf("narrative" to "Laughed \uFFFD") }
        keeper.type(mapOf("narrative" to "Laughed $EMOJI"))
        until { phone.draft("visit 1")?.texts == mapOf("narrative" to "Laughed $EMOJI") }
        val saved = keeper.saving { phone.recordVisit(visit(case, "$EMOJI, she said".drop(1)), draft = it) }.single()
        phone.addAmendment(saved.record, saved.entries.last(), "she wrote $EMOJI".dropLast(1), "misheard")
        val sheet = "${phone.openRecord(saved.record)}"
        assertTrue("\uFFFD, she said" in sheet && "she wrote \uFFFD" in sheet, sheet)
        keeper.close()
    }

    @Test
    fun `only half a pair becomes another sign`() {
        val (high, low) = EMOJI.take(1) to EMOJI.drop(1)
        for (whole in listOf("", "Ailsa", EMOJI, "a${EMOJI}b$EMOJI")) assertEquals(whole, wellFormed(whole))
        assertEquals("\uFFFD\uFFFD", wellFormed("$low$high"))
        assertEquals("\uFFFD$EMOJI\uFFFD", wellFormed("$high$EMOJI$low"))
        assertEquals("a\uFFFDb\uFFFD", wellFormed("a${high}b$high"))
    }

    private suspend fun until(true_: suspend () -> Boolean) = withTimeout(10.seconds) { while (!true_()) delay(5) }

    private companion object {
        /** As many as a phone keeps. */
        const val DRAFTS = 500

        /** One sign, and two units of a Kotlin text. */
        const val EMOJI = "\uD83D\uDE00"
    }
}
