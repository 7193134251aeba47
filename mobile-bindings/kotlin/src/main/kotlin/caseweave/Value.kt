package caseweave

import caseweave.generated.Shown
import java.time.Instant
import java.time.LocalDate

/** A value with its meaning. */
sealed interface Value {
    /** As [PhoneWriting.assertFact] and [PhoneWriting.settle] take it. */
    val text: String

    /** Words as they were written. */
    data class Words(override val text: String) : Value

    /** One of the form's own words: `visit_in_pairs`. */
    data class Word(val code: String) : Value {
        override val text get() = code
    }

    /** A number. */
    data class Number(val number: Long) : Value {
        override val text get() = number.toString()
    }

    /** Yes or no. */
    data class YesNo(val yes: Boolean) : Value {
        override val text get() = if (yes) "yes" else "no"
    }

    /** A day. */
    data class Day(val day: LocalDate) : Value {
        override val text get() = day.toString()
    }

    /** A moment. */
    data class Moment(val at: Instant) : Value {
        override val text get() = at.toEpochMilli().toString()
    }

    /** The id of a person, agency, record or entry. */
    data class Id(override val text: String) : Value
}

internal fun Shown.typed(): Value = when (this) {
    is Shown.Words -> Value.Words(text)
    is Shown.Word -> Value.Word(code)
    is Shown.Number -> Value.Number(value)
    is Shown.YesNo -> Value.YesNo(yes)
    is Shown.Day -> Value.Day(LocalDate.parse(day))
    is Shown.Moment -> Value.Moment(Instant.ofEpochMilli(atMs))
    is Shown.Id -> Value.Id(id)
}
