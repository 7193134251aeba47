package caseweave

import java.io.File
import java.time.Duration
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Who uses the phone, and what opens their data. */
class HomeTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a phone is enrolled by a one-time code, closed, and opened without a server`() = glen(folder) {
        val case = phone().use { phone -> phone.beginCase("Ailsa") }
        programs.cutTheServer()
        val home = home()
        val user = home.users().single()
        assertFalse(home.asksForPin(user))
        home.open(user).use { phone ->
            assertEquals(user, phone.user)
            assertEquals(listOf(case to "Ailsa Muir"), phone.caseloadNow().map { it.case to it.name })
            assertEquals(1, phone.onlyHere())
        }
    }

    @Test
    fun `a one-time code opens one phone, and a phone is nobody's twice`() = glen(folder) {
        val (home, iona) = home() to hire("iona")
        val code = programs.code(iona)
        val user = home.enrol(enrolment(iona, code)).use { it.user }
        val other = home(FakeKeyStore(), File(folder, "other"))
        fails<CaseweaveException.WrongCode> { other.enrol(enrolment(iona, code)) }
        val again = fails<CaseweaveException.AlreadyHere> { home.enrol(enrolment(iona)) }
        assertEquals(user, again.user)
        home.open(user).use { it.sync() }
    }

    @Test
    fun `whoever does not get through may try again with another sign-in`() = glen(folder) {
        val (home, iona) = home() to hire("iona")
        val code = programs.code(iona)
        fails<CaseweaveException.Offline> { home.enrol(enrolment(iona, code, server = "https://127.0.0.1:9")) }
        val wrong = SignIn(iona.name, "another horse")
        fails<CaseweaveException.WrongSignIn> { home.enrol(enrolment(iona, code, signIn = wrong)) }
        assertEquals(emptyList<UserId>(), home.users())
        home.enrol(enrolment(iona, code)).close()
        assertEquals(1, home.users().size)
    }

    @Test
    fun `two people on one phone see nothing of each other`() = glen(folder) {
        val home = home()
        val iona = phone("iona", home)
        val ross = phone("ross", home)
        iona.beginCase("Ailsa")
        ross.beginCase("Brodie")
        assertEquals(setOf(iona.user, ross.user), home.users().toSet())
        assertEquals(listOf("Ailsa Muir"), iona.caseloadNow().map { it.name })
        assertEquals(listOf("Brodie Muir"), ross.caseloadNow().map { it.name })
        assertEquals(listOf(1L, 1L), listOf(iona.onlyHere(), ross.onlyHere()))
    }

    @Test
    fun `ten wrong PINs lock, and the password unlocks online`() = glen(folder) {
        val (home, iona) = home() to hire("iona")
        fails<CaseweaveException.WeakPin> { home.enrol(enrolment(iona), pin = "111111") }
        val user = home.enrol(enrolment(iona), PIN).use { it.user }
        assertTrue(home.asksForPin(user))
        fails<CaseweaveException.PinNeeded> { home.open(user) }
        val left = List(9) { fails<CaseweaveException.WrongPin> { home.open(user, "284916") }.left }
        assertEquals((9 downTo 1).toList(), left)
        fails<CaseweaveException.Locked> { home.open(user, "284916") }
        fails<CaseweaveException.Locked> { home.open(user, PIN) }
        programs.cutTheServer()
        fails<CaseweaveException.Offline> { home.unlock(user, iona.signIn) }
        programs.serve()
        fails<CaseweaveException.WrongSignIn> { home.unlock(user, SignIn("iona", "another horse")) }
        fails<CaseweaveException.WrongSignIn> { home.unlock(user, hire("ross").signIn) }
        fails<CaseweaveException.Locked> { home.open(user, PIN) }
        home.unlock(user, iona.signIn)
        home.open(user, PIN).close()
    }

    @Test
    fun `without a key store everybody has a PIN`() = glen(folder) {
        val (home, iona) = home(keyStore = null) to hire("iona")
        fails<CaseweaveException.PinNeeded> { home.enrol(enrolment(iona)) }
        val user = home.enrol(enrolment(iona), PIN).use { it.user }
        home.open(user, PIN).use { assertEquals(0, it.onlyHere()) }
    }

    @Test
    fun `without a key store, too, whoever does not get through may try again`() = glen(folder) {
        val (home, iona) = home(keyStore = null) to hire("iona")
        val code = programs.code(iona)
        fails<CaseweaveException.WrongSignIn> { home.enrol(enrolment(iona, code, signIn = SignIn("iona", "no")), PIN) }
        home.enrol(enrolment(iona, code), PIN).close()
    }

    @Test
    fun `another key and another PIN keep what was not sent`() = glen(folder) {
        val home = home()
        val (user, case) = phone(home = home).use { it.user to it.beginCase("Ailsa") }
        val before = File(folderOf(user), "phone.db").readBytes()
        home.renewKey(user)
        assertFalse(before.contentEquals(File(folderOf(user), "phone.db").readBytes()))
        home.changePin(user, old = null, new = PIN)
        fails<CaseweaveException.PinNeeded> { home.open(user) }
        home.renewKey(user, PIN)
        home.changePin(user, old = PIN, new = "905172")
        fails<CaseweaveException.WrongPin> { home.open(user, PIN) }
        home.open(user, "905172").use { phone ->
            assertEquals(listOf(case), phone.caseloadNow().map { it.case })
            assertEquals(1, phone.onlyHere())
            assertEquals(1uL, phone.sync().accepted)
        }
    }

    @Test
    fun `after the lease reading locks, writing goes on, and an exchange opens it again`() = glen(folder) {
        val phone = phone()
        val case = phone.beginCase("Ailsa")
        phone.sync()
        clock.ahead = Duration.ofDays(60)
        val over = fails<CaseweaveException.LeaseOver> { phone.caseloadNow() }
        assertTrue(over.since < clock.instant(), "${over.since}")
        fails<CaseweaveException.LeaseOver> { phone.openCase(case) }
        fails<CaseweaveException.LeaseOver> { phone.search("Ailsa") }
        phone.recordVisit(visit(case))
        assertTrue(phone.whomToRing(case).emergency.isNotEmpty())
        phone.sync()
        clock.ahead = Duration.ZERO
        assertEquals(listOf("Ailsa Muir"), phone.caseloadNow().map { it.name })
    }

    @Test
    fun `a retired phone hands over what only it has and is empty then`() = glen(folder) {
        val (home, iona) = home() to hire("iona")
        val phone = home.enrol(enrolment(iona))
        phone.recordVisit(visit(phone.beginCase("Ailsa")))
        programs.mark(iona, "retire")
        fails<CaseweaveException.Retired> { phone.sync() }
        val said = phone.handBack()
        assertTrue(said.contains("retired"), said)
        fails<CaseweaveException.Closed> { phone.caseloadNow() }
        assertFalse(folderOf(phone.user).exists())
        assertEquals(emptyList<UserId>(), home.users())
        fails<CaseweaveException.NotEnrolled> { home.open(phone.user) }
    }

    @Test
    fun `a stolen phone is erased although the server does not hear of it at once`() = glen(folder) {
        val (home, iona) = home() to hire("iona")
        Proxy(programs.address).use { line ->
            val phone = home.enrol(enrolment(iona, server = "https://${line.address}"))
            phone.beginCase("Ailsa")
            programs.mark(iona, "stolen")
            fails<CaseweaveException.Stolen> { phone.sync() }
            line.connections = 1
            phone.handBack()
            assertFalse(folderOf(phone.user).exists())
            val erased = fails<CaseweaveException.Erased> { home.open(phone.user) }
            assertTrue(erased.message.orEmpty().contains("not heard"), erased.message)
        }
    }

    private companion object {
        const val PIN = "739184"
    }
}
