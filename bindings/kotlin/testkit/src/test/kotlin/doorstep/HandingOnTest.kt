package doorstep

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.RandomAccessFile
import java.time.LocalDate

/** Handing on: the office over a link that loses, other phones, files, rescue; what only offices say. */
class HandingOnTest : StreetTest() {
    @Test
    fun `a link that loses every third message delays and loses nothing`() = evening {
        val (phone, other) = phone(1) to phone(2)
        val link = street.losingLink(33, 5)
        for (door in 0 until 24) {
            phone.check(round, look(door))
            try {
                SyncRunner(phone, link).run()
            } catch (_: LinkException.NotReachable) {
                continue
            }
        }
        val summary = sync(phone)
        assertEquals(0uL to 24uL, phone.counters().run { onlyHere to received })
        assertNull(summary.limited)
        assertEquals(emptyList<Notice>(), summary.notices)
        assertTrue(summary.roundTrips > 0u && summary.bytesSent > 0u && summary.bytesReceived > 0u)
        assertTrue(sync(other).received > 0u)
        val area = places.committee
        assertArrayEquals(street.office.checksum(area), phone.checksum(area))
        assertArrayEquals(street.office.checksum(area), other.checksum(area))
    }

    @Test
    fun `own segments are confirmed`() = evening {
        val phone = phone()
        phone.check(round, look())
        phone.seal()
        assertEquals(1uL, sync(phone).confirmed)
    }

    @Test
    fun `a reply that is not the office's word is not taken`() = evening {
        val phone = phone()
        phone.check(round, look())
        val impostor = OfficeLink { _, _ -> "not a reply".toByteArray() }
        assertEquals("sync.unreadable", thrown<DoorstepException.Peer> { SyncRunner(phone, impostor).run() }.code)
        assertEquals(1uL, phone.counters().onlyHere)
        sync(phone)
        assertEquals(0uL, phone.counters().onlyHere)
    }

    @Test
    fun `where the office is and which keys it may have`() = evening {
        val phone = phone()
        val address = phone.officeAddress()
        assertEquals(listOf("http://127.0.0.1:8080"), address.addresses)
        assertEquals(0, address.keysSha256.size)
        val keys = (1..3).map { number -> ByteArray(32) { number.toByte() } }
        for (known in listOf(listOf(0), listOf(1, 0), listOf(2, 1))) {
            street.office.announceKey(keys[known.first()])
            sync(phone)
            assertEquals(known.map { keys[it].toList() }, phone.officeAddress().keysSha256.map { it.toList() })
        }
    }

    @Test
    fun `two phones without a network know the same afterwards`() = evening {
        val (one, other) = phone(1) to phone(2)
        one.check(round, look(0))
        other.check(round, look(1, Seen.Missing))
        val (a, b) = one.talk() to other.talk()
        var said: PeerStep = a.step()
        var heard: PeerStep
        do {
            heard = b.step(said.send)
            said = a.step(heard.send)
        } while (!(said.done && heard.done) && (said.send != null || heard.send != null))
        assertTrue(said.done && heard.done)
        assertEquals(heard.summary.run { taken to given }, said.summary.run { given to taken })
        assertTrue(said.summary.given > 0u)
        assertEquals(0uL to 0uL, said.summary.run { aside to refused })
        for (bottle in places.bottles.take(2)) {
            assertEquals(one.asset(bottle).asset.result, other.asset(bottle).asset.result)
        }
        // Told by the other phone, not by the office yet.
        assertEquals(listOf(other.enrolled()!!.author), one.provisionalAuthors())
        a.close()
        b.close()
    }

    @Test
    fun `a file takes what nobody confirmed to the office`() = evening {
        val phone = phone()
        phone.check(round, look())
        assertTrue(street.office.takeBundle(phone.exportBundle()) > 0u)
        sync(phone)
        assertEquals(0uL, phone.counters().onlyHere)
    }

    @Test
    fun `what is in a database that cannot be opened is rescued`(@TempDir folder: File) = evening {
        val phone = street.phone(1, folder = folder)
        phone.check(round, look())
        phone.close()
        val file = File(folder, "doorstep.db")
        // The number of the schema, of a version that is not yet: byte 60 of a SQLite file.
        RandomAccessFile(file, "rw").use { it.apply { seek(USER_VERSION) }.writeInt(9_999) }
        val before = file.readBytes()
        val newer = thrown<DoorstepException.Store> { Doorstep.open(folder, null, "phone 1".toByteArray()) }
        assertEquals("store.newer", newer.code)
        val out = File(folder, "rescued.bundle")
        val found = Doorstep.rescue(folder, null, out)
        assertEquals(0uL to 0uL, found.unsigned to found.unreadable)
        assertEquals(street.office.takeBundle(out.readBytes()), found.segments + found.signed)
        assertArrayEquals(before, file.readBytes())
    }

    @Test
    fun `a restored folder goes on as a new author`(@TempDir folder: File) = evening {
        val (home, copy) = File(folder, "home") to File(folder, "copy")
        val phone = street.phone(1, folder = home)
        phone.check(round, look(0))
        val before = phone.enrolled()!!
        phone.close()
        home.copyRecursively(copy)
        // Another phone: its marker is another.
        val restored = blank(2, copy)
        restored.check(round, look(1))
        sync(restored)
        val after = restored.enrolled()!!
        assertNotEquals(before.author, after.author)
        assertEquals(before.persons, after.persons)
        assertEquals(0uL, restored.counters().onlyHere)
    }

    @Test
    fun `every role is granted`() = evening {
        val roles = listOf(
            Role.Volunteer, Role.Clerk, Role.Station, Role.Street, Role.Department, Role.FireBody, Role.Auditor,
        )
        roles.forEachIndexed { seed, role ->
            val phone = blank(seed.toLong())
            phone.enrol(street.office.invite(role, 1u))
            assertEquals(role, phone.enrolled()!!.role)
        }
        thrown<CoreException.BadArgument> { street.office.invite(Role.Other(99u), 1u) }
    }

    @Test
    fun `what only an office or a later version says`() = evening {
        val sample = sample()
        val states = listOf(
            CaseState.Nothing, CaseState.Found, CaseState.Registered, CaseState.Merged, CaseState.FixedOnSpot,
            CaseState.Dispatched, CaseState.Accepted, CaseState.Returned, CaseState.Rectifying, CaseState.Reported,
            CaseState.RecheckPassed, CaseState.RecheckFailed, CaseState.Closed, CaseState.Parked,
            CaseState.HandedOver, CaseState.Relapsed, CaseState.Other("moonlit"),
        )
        assertEquals(states, sample.states)
        assertEquals(CaseEvent.Other("moonlit") to Role.Other(99u), sample.event to sample.role)
        val summary = sample.summary
        assertEquals(Triple(1uL, 2uL, 3u), Triple(summary.confirmed, summary.received, summary.roundTrips))
        assertEquals(4uL to 5uL, summary.bytesSent to summary.bytesReceived)
        assertEquals(Problem("office.moonlit", false, "office.moonlit", "office.moonlit", emptyList()), summary.limited)
        val notice = summary.notices.single()
        assertEquals(Triple("vet.marks", 7uL, AuthorTag("AQIDBA")), notice.run { Triple(code, number, author) })
        assertEquals(Doorstep.words("vet.marks"), notice.words)
        assertEquals("office.moonlit", Doorstep.words("office.moonlit").zh)
        assertEquals(listOf("https://office.example"), sample.address.addresses)
        assertArrayEquals(ByteArray(32) { 1 }, sample.address.keysSha256.single())
        val area = sample.area
        assertEquals(Triple(AreaId("310101"), "黄浦区", "district"), Triple(area.area, area.name, area.level))
        assertEquals(null to LocalDate.of(2026, 12, 1), area.parent to area.until)
    }

    private companion object {
        const val USER_VERSION = 60L
    }
}
