package caseweave

import com.sun.jna.Library
import com.sun.jna.Memory
import com.sun.jna.Native
import com.sun.jna.Pointer
import java.io.File
import java.io.IOException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** A phone without room: what was saved is there, what was not is told, and with room it goes on. */
class RoomTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a full disk is told as such, and nothing is lost`() = glen(folder) {
        SmallDisk(homeFolder.apply { mkdirs() }).use { disk ->
            assumeTrue(disk.isMounted, "only root may mount a disk of its own")
            phone().use { phone ->
                val case = phone.beginCase("Ailsa")
                val ballast = disk.fill()
                phone.hasNoRoom(case)
                ballast.delete()
                phone.goesOn(case)
            }
        }
    }

    @Test
    fun `files that may not grow are told as a full disk, and nothing is lost`() = glen(folder) {
        phone().use { phone ->
            val case = phone.beginCase("Ailsa")
            // The journal takes every write, and not one more page now.
            val journal = File(folderOf(phone.user), "phone.db-wal")
            filesUpTo(journal.length()) { phone.hasNoRoom(case) }
            phone.goesOn(case)
        }
    }

    private suspend fun CaseweavePhone.hasNoRoom(case: CaseId) {
        var saved = onlyHere()
        val error = fails<CaseweaveException.Full> {
            repeat(VISITS) {
                recordVisit(visit(case, LONG))
                saved++
            }
        }
        assertTrue("free some space" in error.message!!, error.message)
        fails<CaseweaveException.Full> { sync() }
        assertEquals(saved, onlyHere(), "all of what was saved, and nothing else")
        assertEquals(listOf("Ailsa Muir"), caseloadNow().map { it.name })
        assertEquals(case.text, openCase(case).caseId)
    }

    private suspend fun CaseweavePhone.goesOn(case: CaseId) {
        recordVisit(visit(case, LONG))
        sync()
        assertEquals(0, onlyHere())
    }

    private companion object {
        const val VISITS = 50
        val LONG = "saw the child at home ".repeat(2000)
    }
}

/** A disk in memory at [at], where the system lets us mount one. */
private class SmallDisk(private val at: File) : AutoCloseable {
    val isMounted = ran("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", at.path)

    /** Leaves no byte free; gives what is in the way. */
    fun fill(): File = File(at, "ballast").also { ballast ->
        ballast.outputStream().use { file ->
            try {
                while (true) file.write(ByteArray(BLOCK))
            } catch (_: IOException) {
                // Full: that is the point.
            }
        }
    }

    override fun close() {
        if (isMounted) ran("umount", "--lazy", at.path)
    }

    private fun ran(vararg command: String) = try {
        ProcessBuilder(*command).redirectErrorStream(true).start().apply { inputStream.readAllBytes() }.waitFor() == 0
    } catch (_: IOException) {
        false
    }

    private companion object {
        const val BLOCK = 4096
    }
}

private interface LibC : Library {
    fun getrlimit(what: Int, limit: Pointer): Int

    fun setrlimit(what: Int, limit: Pointer): Int
}

private const val LARGEST_FILE = 1

/** While [work] lasts, no file that this process writes grows past so many [bytes], as under a quota. */
private suspend fun filesUpTo(bytes: Long, work: suspend () -> Unit) {
    val system = Native.load("c", LibC::class.java)
    val limit = Memory(2L * Long.SIZE_BYTES)
    check(system.getrlimit(LARGEST_FILE, limit) == 0)
    val before = limit.getLong(0)
    try {
        limit.setLong(0, bytes)
        check(system.setrlimit(LARGEST_FILE, limit) == 0)
        work()
    } finally {
        limit.setLong(0, before)
        check(system.setrlimit(LARGEST_FILE, limit) == 0)
    }
}
