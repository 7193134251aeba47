package caseweave

import java.io.File
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The sample app, as a newcomer runs it. */
class SampleTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a day in the field`() = glen(folder) {
        val iona = programs.terminal(hire("iona"))
        val case = iona.run("case", "begin", "--given-name", "Ailsa").field("case")
        iona.run("sync")
        val lena = hire("lena", "education", "cluster_lead")
        val authority = File(folder, "authority.pem").apply { writeText(programs.authority) }
        val morning = app(
            "https://${programs.address}", authority.path, programs.code(lena), lena.name, lena.password, PIN,
            "sync", "list", "open 1", "quit",
        )
        assertTrue("1. Ailsa" in morning, morning)

        programs.cutTheServer()
        val day = app("284916", PIN, "list", "visit 1", "Built a tower of bricks.", "yes", "open 1", "sync", "quit")
        for (said in listOf("This PIN is wrong", "Saved on this phone", "Built a tower", "No signal")) {
            assertTrue(said in day, day)
        }

        programs.serve()
        iona.run("fact", case, "visit_risk", "visit_in_pairs")
        iona.run("sync")
        val evening = app(PIN, "sync", "list", "inbox", "settle 1", "quit")
        assertTrue("1 went." in evening && "There is no such line" in evening, evening)
        assertTrue("visit: visit_in_pairs" in evening, evening)
        iona.run("sync")
        assertTrue("Built a tower" in iona.run("show", case))
    }

    /** Runs the app with what somebody types, and gives what they see. */
    private fun app(vararg typed: String): String {
        val property = { name: String -> "-D$name=${System.getProperty(name)}" }
        val java = File(System.getProperty("java.home"), "bin/java").path
        val process = ProcessBuilder(
            java, property("jna.library.path"), "-cp", System.getProperty("java.class.path"),
            "FieldAppKt", File(folder, "field-phone").path,
        ).redirectErrorStream(true).start()
        process.outputStream.use { it.write(typed.joinToString("\n", postfix = "\n").toByteArray()) }
        val said = process.inputStream.bufferedReader().readText()
        assertTrue(process.waitFor(MINUTE, TimeUnit.SECONDS))
        assertEquals(0, process.exitValue(), said)
        return said
    }

    private companion object {
        const val PIN = "739184"
        const val MINUTE = 60L
    }
}
