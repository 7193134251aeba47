package caseweave

import java.io.File
import java.util.concurrent.TimeUnit

/** Somebody the server knows. */
internal data class Person(val name: String) {
    val password = "correct horse $name"
    val signIn get() = SignIn(name, password)
}

/** Real programs of this repository, in a [folder] that the test throws away. */
internal class Programs(private val folder: File) : AutoCloseable {
    private val data = File(folder, "data")
    private val log = File(folder, "server.log")
    private var server: Process? = null
    private val agencies = mutableSetOf<String>()

    /** Host and port, the same after each cut. */
    var address = "127.0.0.1:0"
        private set
    val authority get() = File(data, "ca.pem").readText()

    init {
        server("cluster", "add", "--name", "Glen", "--authority", "East Lothian")
    }

    /** Serves on loopback. */
    fun serve() {
        val file = File(folder, "address").apply { delete() }
        val command = command("caseweave", "--data", data.path, "serve") +
            listOf("--listen", address, "--address-file", file.path)
        val started = ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start()
        server = started
        val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS)
        while (!file.exists()) {
            check(started.isAlive && System.nanoTime() < end) { "the server does not start: ${log.readText()}" }
            Thread.sleep(20)
        }
        address = file.readText().trim()
    }

    /** Ends the server as a power cut would. */
    fun cutTheServer() {
        server?.destroyForcibly()?.waitFor()
        server = null
    }

    /** Adds a person. */
    fun hire(name: String, agency: String, role: String): Person {
        val person = Person(name)
        if (agencies.add(agency)) server("agency", "add", "--slug", agency, "--name", agency)
        server(
            "user", "add", "--name", name, "--sign-in", name, "--cluster", "Glen",
            "--agency", agency, "--role", role, "--password-stdin", input = person.password,
        )
        return person
    }

    /** A one-time code with which they enrol a phone. */
    fun code(person: Person): String = server("device", "code", "--user", person.name).field("code")

    /** Marks a person's only phone: `retire` or `stolen`. */
    fun mark(person: Person, how: String) {
        val phones = server("device", "list").split("{").filter { "\"owner\":\"${person.name}\"" in it }
        server("device", how, phones.single().field("id"))
    }

    /** Enrols a terminal phone. */
    fun terminal(person: Person): Terminal {
        val phone = Terminal(File(folder, "terminal-${person.name}"))
        phone.run(
            "enrol", "--server", "https://$address", "--authority", File(data, "ca.pem").path,
            "--code", code(person), "--sign-in", person.name, "--password-stdin", input = person.password,
        )
        return phone
    }

    fun server(vararg arguments: String, input: String = ""): String =
        run(command("caseweave", "--data", data.path, "--json", *arguments), input)

    override fun close() = cutTheServer()

    /** The phone in the terminal: the second person of a test. */
    internal class Terminal(private val home: File) {
        /** Runs a command and gives its JSON. */
        fun run(vararg arguments: String, input: String = ""): String =
            run(command("phone", "--home", home.path, "--json", *arguments), input)
    }

    private companion object {
        const val START_SECONDS = 60L
        val programs: String = checkNotNull(System.getProperty("caseweave.programs"))

        fun command(program: String, vararg arguments: String): List<String> =
            listOf(File(programs, program).path, *arguments)

        fun run(command: List<String>, input: String): String {
            val builder = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT)
            builder.environment().remove("DATABASE_URL")
            val process = builder.start()
            process.outputStream.use { it.write(input.toByteArray()) }
            val output = process.inputStream.bufferedReader().readText()
            check(process.waitFor() == 0) { "$command failed" }
            return output
        }
    }
}

/** The text of a field of an answer in JSON. */
internal fun String.field(name: String): String =
    checkNotNull(Regex("\"$name\":\"([^\"]*)\"").find(this)) { "no $name in $this" }.groupValues[1]
