package caseweave

import caseweave.generated.NewVisit as GeneratedVisit
import caseweave.generated.PhoneException
import java.io.File
import java.time.Instant
import java.util.Base64
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** What must never drift: the files of `tests/vectors`, asked as the tests of Rust and Swift ask. */
class VectorTest {
    @TempDir
    lateinit var folder: File

    private fun ask(name: String, asked: suspend CaseweavePhone.(VectorLine) -> String) = glen(folder) {
        phone().use { phone -> checkVectors(name) { phone.asked(it) } }
    }

    @Test
    fun `ids are accepted and refused as ever`() = ask("ids") { line ->
        val own = beginCase(AILSA)
        val text = line.text("text").replace("{case}", own.caseId).replace("{CASE}", own.caseId.uppercase())
            .replace("{record}", own.recordId)
        when (line.text("as")) {
            "case" -> openCase(CaseId(text)).let { "opened" }
            "record" -> openRecord(RecordId(text)).let { "opened" }
            "person" -> handover(UserId(text)).let { "told" }
            else -> giveConsent(own.case, "mother", listOf(AgencyId(text))).let { "saved" }
        }
    }

    @Test
    fun `facts take what they took`() = ask("facts") { line ->
        val own = beginCase(AILSA)
        assertFact(own.case, line.text("name"), line.text("text"), line.some("subject"), "Agreed at school")
        openRecord(own.record).holds(line.text("name"), line.text("subject"))
    }

    @Test
    fun `rows of plans take what they took`() = ask("rows") { line ->
        val row = NewPlanRow("A safe way to school", "A walking bus")
        val plan = beginPlan(beginCase(AILSA).case, listOf(row))
        val id = plan.entries.first()
        setPlanRow(plan.record, id, RowField.valueOf(line.text("field").uppercase()), line.text("text"))
        openRecord(plan.record).holds(line.text("fact"), id.text)
    }

    @Test
    fun `moments come back as they were given`() = ask("moments") { line ->
        val own = beginCase(AILSA)
        val saved = recordVisit(visit(own, line.number("at_ms"), Place.TEAM)).single()
        "moment ${openCase(own.case).chronology.single { it.recordId == saved.recordId }.atMs}"
    }

    @Test
    fun `enums have the words that they had`() = ask("words") { line ->
        val own = beginCase(AILSA)
        val saved = say(own, line.text("enum"), upper(line.text("variant")))
        openCase(own.case)
        val agency = whoAmI().agencyId
        line.some("line")?.let { records(own.case).field(it) }
            ?: openRecord(saved.record).compartment.replace(agency, "{own agency}")
    }

    @Test
    fun `pictures are cleaned to the same bytes`() = ask("pictures") { line ->
        val content = Base64.getDecoder().decode(line.text("content"))
        val saved = attach(beginCase(AILSA).record, AttachmentSort.valueOf(upper(line.text("sort"))), content)
        "kept ${Base64.getEncoder().encodeToString(attachment(saved.record).content)}"
    }

    @Test
    fun `suspected harm gives the numbers to ring`() = ask("harm") { line ->
        numbers(concern(beginCase(AILSA), line.yes("harm"), upper(line.text("team_involved"))).ring)
    }

    @Test
    fun `forms and their elements are the framework's`() = ask("forms") { line ->
        val record = draftAssessment(beginCase(AILSA).case, line.text("form")).record
        val (element, score) = line.text("element") to line.some("score")
        line.some("text")?.let { beginText(record, element, it).let { "saved" } }
            ?: score?.let {
                assertInRecord(record, "score", it, element)
                openRecord(record).holds("score", element)
            } ?: "begun"
    }

    @Test
    fun `PINs are weak or not`() = glen(folder) {
        val home = home()
        val user = phone(home = home).use { it.user }
        var now: String? = null
        checkVectors("pins") { line ->
            home.changePin(user, now, line.some("pin"))
            now = line.some("pin")
            "changed"
        }
    }

    @Test
    fun `servers are told apart before anything is sent`() = glen(folder) {
        checkVectors("servers") { line ->
            val signIn = SignIn("iona", "correct horse iona")
            val asked = Enrolment(line.text("server"), line.some("authority"), "AAAAA-AAAAA", signIn, "phone")
            home().enrol(asked).use { "enrolled" }
        }
    }

    @Test
    fun `codes are typed as people type`() = glen(folder) {
        var number = 0
        checkVectors("codes") { line ->
            val iona = hire("iona${++number}")
            val fresh = programs.code(iona)
            if (line.text("code") == "{used}") home(folder = File(folder, "first$number")).enrol(enrolment(iona, fresh)).close()
            val typed = line.text("code").replace("{used}", fresh).replace("{fresh}", fresh)
                .replace("{lower}", fresh.lowercase()).replace("{joined}", fresh.replace("-", ""))
            home(folder = File(folder, "home$number")).enrol(enrolment(iona, typed)).use { "enrolled" }
        }
    }

    @Test
    fun `errors say what they said`() {
        val all = PhoneException::class.java.declaredClasses.filter { PhoneException::class.java.isAssignableFrom(it) }
        val lines = vectors("errors")
        assertEquals(all.map { it.simpleName }.toSet(), lines.map { it.text("variant") }.toSet())
        for (line in lines) {
            val error = CaseweaveException.of(sample(all.single { it.simpleName == line.text("variant") }))
            assertEquals(line.text("gives"), "${error.name}: ${error.message}")
        }
    }

    /** With the least that it can hold. */
    private fun sample(variant: Class<*>): PhoneException {
        val made = variant.declaredConstructors.first { !it.isSynthetic }.apply { isAccessible = true }
        val held: List<Any> = made.parameterTypes.map { type ->
            when (type) {
                String::class.java -> "said"
                Byte::class.javaPrimitiveType -> 3.toByte()
                else -> 0L
            }
        }
        return made.newInstance(*held.toTypedArray<Any>()) as PhoneException
    }

    /** Writes a record that has a variant in it. */
    private suspend fun CaseweavePhone.say(own: Saved, of: String, variant: String): Saved = when (of) {
        "Place" -> recordVisit(visit(own, AT, Place.valueOf(variant))).single()
        "TeamInvolved" -> concern(own, false, variant).saved
        "HowHeard" -> recordViews(NewViews(own.case, "child", HowHeard.valueOf(variant), "I like the dog."))
        "AttachmentSort" -> {
            val first = vectors("pictures").first { upper(it.text("sort")) == variant }
            attach(own.record, AttachmentSort.valueOf(variant), Base64.getDecoder().decode(first.text("content")))
        }
        else -> {
            val visit = recordVisit(visit(own, AT, Place.OWN_AGENCY)).single()
            shareRecord(visit.record, ShareWith.Team, "The visit", because(SharingBasis.valueOf(variant)))
        }
    }

    private suspend fun CaseweavePhone.concern(own: Saved, harm: Boolean, involved: String): ConcernSaved =
        raiseConcern(NewConcern(own.case, TeamInvolved.valueOf(involved), "A bruise on the arm.", harm))

    /** Of any moment: the library's own form takes what no clock shows. */
    private fun visit(own: Saved, atMs: Long, to: Place) = GeneratedVisit(
        children = listOf(VisitedChild(own.case, "Built a tower of bricks.", seen = true)), atMs = atMs, to = to,
    )

    private fun because(basis: SharingBasis) =
        SharingReason("A plan", basis, consentSought = true, why = "They agreed", necessaryBecause = "The plan needs it")

    private companion object {
        val AILSA = NewCase("Ailsa", "Muir")
        val AT = Instant.ofEpochMilli(1_795_600_000_000).toEpochMilli()

        /** `OwnAgency` as Kotlin spells it. */
        fun upper(variant: String) = variant.replace(Regex("(?<=[a-z])(?=[A-Z])"), "_").uppercase()
    }
}
