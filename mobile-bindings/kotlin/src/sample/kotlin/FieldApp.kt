import caseweave.CaseLine
import caseweave.CaseweaveException
import caseweave.CaseweaveHome
import caseweave.CaseweavePhone
import caseweave.Enrolment
import caseweave.NewCase
import caseweave.NewVisit
import caseweave.SignIn
import caseweave.VisitedChild
import caseweave.at
import caseweave.case
import caseweave.day
import caseweave.value
import java.io.File
import java.time.Instant
import kotlinx.coroutines.runBlocking

/*
 * A field app in the terminal: all that a worker does in a day, in the order of a day. It keeps its data
 * in the folder of the first argument. There is no key store here, so a PIN opens it; an Android app gives
 * the library its own (see the README).
 */
fun main(arguments: Array<String>): Unit = runBlocking {
    val home = CaseweaveHome.at(File(arguments.firstOrNull() ?: "field-phone"), keyStore = null)
    signIn(home)?.use { phone -> FieldApp(phone).run() }
}

/** Enrols whoever is new here; opens the data of whoever is not. */
private suspend fun signIn(home: CaseweaveHome): CaseweavePhone? {
    while (true) {
        try {
            val user = home.users().firstOrNull()
            return if (user == null) enrol(home) else home.open(user, ask("PIN") ?: return null)
        } catch (error: CaseweaveException.Locked) {
            println(error.message)
            return null
        } catch (error: CaseweaveException) {
            println(error.message)
        }
    }
}

private suspend fun enrol(home: CaseweaveHome): CaseweavePhone? {
    println("Nobody uses this phone yet.")
    val enrolment = Enrolment(
        server = ask("Server") ?: return null,
        authority = ask("File of its authority's certificate")?.let(::File)?.takeIf(File::exists)?.readText(),
        code = ask("One-time code") ?: return null,
        signIn = SignIn(ask("Sign-in name") ?: return null, ask("Password") ?: return null),
        deviceName = "field app",
    )
    return home.enrol(enrolment, pin = ask("A PIN for this phone"))
}

private class FieldApp(private val phone: CaseweavePhone) {
    /** The cases as they were last listed: people type a line's number. */
    private var lines = emptyList<CaseLine>()

    suspend fun run() {
        println("list, open 1, new, visit 1, inbox, settle 1, sync, quit")
        while (true) {
            val words = ask("\n${phone.onlyHere()} only on this phone")?.split(" ") ?: return
            if (words.first() == "quit") return
            try {
                act(words.first(), words.getOrNull(1)?.toIntOrNull()?.minus(1) ?: 0)
            } catch (error: CaseweaveException.Offline) {
                println("No signal: everything is kept, try again later.")
            } catch (error: CaseweaveException) {
                println(error.message)
            }
        }
    }

    private suspend fun act(command: String, number: Int) {
        when (command) {
            "list" -> list()
            "open" -> open(number)
            "new" -> phone.beginCase(NewCase(ask("Given name"), ask("Family name")))
            "visit" -> visit(number)
            "inbox" -> inbox()
            "settle" -> settle(number)
            "sync" -> sync()
            else -> println("There is no such command.")
        }
    }

    private suspend fun list() {
        lines = phone.caseloadNow()
        lines.forEachIndexed { index, line ->
            val due = line.due.firstOrNull()?.let { ", ${it.what} due ${it.day}" }.orEmpty()
            val risk = line.visitRisk?.let { ", visit: $it" }.orEmpty()
            println("${index + 1}. ${line.name}, stage ${line.stages.joinToString(" or ")}$risk$due")
        }
    }

    /** Warnings come first: they are read at the door. */
    private suspend fun open(number: Int) {
        val page = phone.openCase(line(number)?.case ?: return)
        page.warnings.visitRisk.forEach { println("Before you go: $it") }
        page.warnings.contact.forEach { println("${it.person}: contact ${it.restriction.joinToString()}") }
        if (page.unreadable > 0u) {
            println("Not all is shown: ${page.unreadable} records cannot be read here. Update the app.")
        }
        page.ring.lead?.let { println("Lead: ${it.name} ${it.phone}") }
        page.chronology.forEach { println("${it.at}  ${it.kind}: ${it.what}") }
    }

    private suspend fun visit(number: Int) {
        val line = line(number) ?: return
        val child = VisitedChild(
            case = line.case,
            narrative = ask("What happened with ${line.name}").orEmpty(),
            seen = ask("Was the child seen (yes, no)")?.let { it == "yes" },
        )
        phone.recordVisit(NewVisit(listOf(child), at = Instant.now()))
        println("Saved on this phone.")
    }

    private suspend fun inbox() {
        val inbox = phone.inbox()
        inbox.conflicts.forEachIndexed { index, conflict ->
            println("${index + 1}. ${conflict.name}, ${conflict.fact}: ${conflict.why}")
            conflict.rivals.forEach { println("   ${it.label ?: it.value?.text}, ${it.reason.orEmpty()}") }
        }
        inbox.notices.forEach { println("Your ${it.fact} does not stand: ${it.reason.orEmpty()}") }
    }

    private suspend fun settle(number: Int) {
        val conflict = phone.inbox().conflicts.getOrNull(number) ?: return println("There is no such line.")
        val rivals = conflict.rivals.mapNotNull { it.value }
        val typed = ask("Which of ${rivals.joinToString { it.text }}")
        val chosen = rivals.firstOrNull { it.text == typed } ?: return println("That is none of them.")
        phone.settle(conflict, chosen, ask("Why? The others will read it").orEmpty())
        println("Settled.")
    }

    private suspend fun sync() {
        val done = phone.sync { println("${it.received} came, ${it.accepted} went, ${it.left} left") }
        println("Done: ${done.received} came, ${done.accepted} went.")
        phone.returned().forEach { println("Came back: ${it.why}") }
    }

    private fun line(number: Int): CaseLine? =
        lines.getOrNull(number).also { if (it == null) println("List first: there is no such line.") }
}

/** A line that somebody types; `null` for nothing. */
private fun ask(what: String): String? {
    print("$what: ")
    System.out.flush()
    return readlnOrNull()?.trim()?.ifEmpty { null }
}
