package caseweave

import java.io.File
import java.util.concurrent.TimeUnit

/** Real programs of this repository, in a [folder] that the test throws away. */
internal class Programs(private val folder: File) : AutoCloseable {
    private val data = File(folder, "data")
    private val log = File(folder, "server.log")
    private var server: Process? = null
    private var address = "127.0.0.1:0"

    init {
        server("cluster", "add", "--name", "Glen", "--authority", "The Shire")
    }

    /** Serves on loopback, on the address it had before if it had one. */
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

    /** Adds a person with an enrolled phone, and gives the phone's folder. */
    fun hire(name: String, agency: String, role: String): File {
        val password = "correct horse $name"
        server("agency", "add", "--slug", agency, "--name", agency)
        server(
            "user", "add", "--name", name, "--sign-in", name, "--cluster", "Glen",
            "--agency", agency, "--role", role, "--password-stdin", input = password,
        )
        val code = server("device", "code", "--user", name).field("code")
        val home = File(folder, name)
        phone(
            home, "enrol", "--server", "https://$address", "--authority", File(data, "ca.pem").path,
            "--code", code, "--sign-in", name, "--password-stdin", input = password,
        )
        return home
    }

    /** Runs a command of the terminal phone in [home] and gives its JSON. */
    fun phone(home: File, vararg arguments: String, input: String = ""): String =
        run(command("phone", "--home", home.path, "--json", *arguments), input)

    private fun server(vararg arguments: String, input: String = ""): String =
        run(command("caseweave", "--data", data.path, "--json", *arguments), input)

    override fun close() = cutTheServer()

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
