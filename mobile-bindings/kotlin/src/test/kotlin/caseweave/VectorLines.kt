package caseweave

import com.google.gson.JsonObject
import com.google.gson.JsonParser
import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue

/** A line of `tests/vectors/NAME.json`, which the tests of Rust and Swift read, too. */
internal class VectorLine(private val json: JsonObject) {
    /** A text; `null` if there is none. */
    fun some(name: String): String? = json.get(name)?.takeUnless { it.isJsonNull }?.asString

    /** A text; empty if there is none. */
    fun text(name: String): String = some(name).orEmpty()

    fun number(name: String): Long = json.get(name).asLong

    fun yes(name: String): Boolean = json.get(name).asBoolean

    override fun toString(): String = json.toString()
}

internal fun vectors(name: String): List<VectorLine> {
    val file = File(checkNotNull(System.getProperty("caseweave.vectors")), "$name.json")
    return JsonParser.parseString(file.readText()).asJsonArray.map { VectorLine(it.asJsonObject) }
}

/** Compares what each line gives with what the file says. Rust's test writes the files. */
internal suspend fun checkVectors(name: String, asked: suspend (VectorLine) -> String) {
    val lines = vectors(name)
    assertTrue(lines.isNotEmpty())
    for (line in lines) {
        val gives = try {
            asked(line)
        } catch (error: CaseweaveException) {
            said(error)
        }
        assertEquals(line.text("gives"), gives, "$name: $line")
    }
}

/** An error, as the files have it. */
internal fun said(error: CaseweaveException): String {
    val code = if (error is CaseweaveException.Refused) " ${error.code}" else ""
    return "${error.name}$code: ${error.message}"
}

/** A value with its meaning, such as `word visit_in_pairs`. */
internal fun shown(value: Value): String = when (value) {
    is Value.Words -> "words ${value.text}"
    is Value.Word -> "word ${value.code}"
    is Value.Number -> "number ${value.number}"
    is Value.YesNo -> "yes_no ${value.text}"
    is Value.Day -> "day ${value.text}"
    is Value.Moment -> "moment ${value.text}"
    is Value.Id -> "id ${value.text}"
}

/** What holds of a fact; `nothing` where nothing does or it is withheld. */
internal fun Sheet.holds(name: String, subject: String): String =
    facts.find { it.name == name && it.subject == subject }?.holds?.firstOrNull()?.value?.let(::shown) ?: "nothing"

/** The first field of this name in any of the records. */
internal fun List<Sheet>.field(name: String): String =
    flatMap { it.parts }.flatMap { it.lines }.find { it.name == name }?.let { shown(it.value) } ?: "nothing"

/** Numbers to ring, in their order. */
internal fun numbers(ring: WhomToRing?): String =
    ring?.emergency?.joinToString(" | ") { "${it.number} ${it.name}, ${it.`when`}" } ?: "nobody"
