package doorstep

import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.Duration

/** Opening, wrong use and hard use; drafts, log, diagnosis; the end. */
class LifeTest : StreetTest() {
    @Test
    fun `before enrolment there is nobody`() = evening {
        val phone = blank()
        assertNull(phone.enrolled())
        assertEquals("call.not_enrolled", thrown<DoorstepException.NotEnrolled> { phone.counters() }.code)
        assertEquals("enrol.unreadable", thrown<DoorstepException.Refused> { phone.enrol("nonsense") }.code)
    }

    @Test
    fun `whoever is enrolled has a role and an area`() = evening {
        val enrolled = phone(role = Role.Clerk).enrolled()!!
        assertEquals(Role.Clerk, enrolled.role)
        assertEquals(places.committee, enrolled.area)
        assertEquals(EVENING.plus(Duration.ofDays(365)), enrolled.expires)
        assertEquals(4, enrolled.author.bytes.size)
        // Names come from the street's seed.
        assertEquals(listOf(PersonId("pYVtYAAAAADGfKTl")), enrolled.persons)
    }

    @Test
    fun `another area's feed can be held too`() = evening {
        val phone = phone()
        phone.subscribe(places.committees[1])
        assertEquals(places.committees.take(2), phone.areas())
        val missing = thrown<DoorstepException.NotFound> { phone.cases(AreaId("999999")) }
        assertTrue("999999" in missing.en && "999999" in missing.zh)
    }

    @Test
    fun `an hour asleep between two doors is an hour`() = evening {
        val phone = phone()
        phone.check(round, look(0))
        street.clock.advance(3_600u)
        assertEquals(EVENING.plus(hours(1)), phone.now())
        phone.check(round, look(1))
        // Somebody sets the wall clock a day ahead: what is stamped does not jump.
        street.clock.set(EVENING.plus(hours(24)))
        phone.check(round, look(2))
        val times = places.bottles.take(3).map { phone.asset(it).asset.checkedAt }
        assertEquals(listOf(EVENING, EVENING.plus(hours(1)), EVENING.plus(hours(1))), times)
    }

    @Test
    fun `drafts outlive the process and are never sent`(@TempDir folder: File) = evening {
        blank(1, folder).use { phone ->
            phone.setDraft("form:204", "没")
            phone.setDraft("form:204", "没人")
            phone.setDraft("page", "3号楼")
        }
        blank(1, folder).use { phone ->
            assertEquals("没人", phone.draft("form:204"))
            assertEquals(listOf("form:204"), phone.draftKeys("form:"))
            phone.removeDraft("form:204")
            assertNull(phone.draft("form:204"))
            val long = thrown<DoorstepException.Refused> { phone.setDraft("page", "x".repeat(10_000_000)) }
            assertEquals("draft.too_long", long.code)
            assertEquals("3号楼", phone.draft("page"))
        }
    }

    @Test
    fun `a paused replica answers nobody until it resumes, and a closed one never`() = evening {
        val phone = phone()
        phone.pause()
        thrown<DoorstepException.Closed> { phone.today() }
        phone.resume()
        assertEquals(1, phone.today().size)
        phone.close()
        phone.close()
        assertEquals("call.closed", thrown<DoorstepException.Closed> { phone.check(round, look()) }.code)
        val closed = thrown<DoorstepException.Closed> { phone.today() }
        assertTrue(closed.zh.isNotEmpty() && closed.en.isNotEmpty())
        assertFalse(closed.isRetryable)
    }

    @Test
    fun `an exchange or a talk that is closed answers nobody`() = evening {
        val phone = phone()
        val (exchange, talk) = phone.exchange() to phone.talk()
        exchange.close()
        talk.close()
        assertEquals("call.closed", thrown<DoorstepException.Closed> { exchange.step() }.code)
        thrown<DoorstepException.Closed> { talk.step() }
        assertEquals(1, phone.today().size)
    }

    /** A replica whose last entries do not go to the disk. */
    private class FullDisk : Core(NoHandle) {
        override fun shutdown(): Nothing =
            throw CoreException.Store(Problem("store.full", false, "满了", "full", emptyList()))
    }

    @Test
    fun `what the end throws is thrown, and does not take the place of what was thrown before`() = evening {
        val core = FullDisk()
        assertEquals("store.full", thrown<DoorstepException.Store> { Doorstep.over(core).use { } }.code)
        assertTrue(core.uniffiIsDestroyed)
        val broken = thrown<NoSuchElementException> { Doorstep.over(FullDisk()).use { throw NoSuchElementException() } }
        assertEquals(listOf("store.full"), broken.suppressed.map { (it as DoorstepException).code })
        val user = launch(start = CoroutineStart.UNDISPATCHED) { Doorstep.over(FullDisk()).use { awaitCancellation() } }
        user.cancelAndJoin()
        assertTrue(user.isCancelled)
    }

    @Test
    fun `a thread can wait for a change too`() = evening {
        val core = openForTest(null, null, "m".toByteArray(), street.clock, 3uL)
        val before = core.change()
        assertEquals(before, core.nextChange(before, 1u))
        core.shutdown()
        assertNull(core.nextChange(before, 60_000u))
        core.destroy()
        val blocking = BlockingDoorstep(phone())
        val heard = mutableListOf<Long>()
        val listener = kotlin.concurrent.thread { blocking.eachChange { heard += it } }
        while (heard.isEmpty()) Thread.onSpinWait()
        blocking.close()
        listener.join(30_000)
        assertFalse(listener.isAlive)
    }

    @Test
    fun `log and diagnosis tell states and nobody`() = evening {
        val phone = phone()
        phone.setLogLevel(LogLevel.DEBUG)
        phone.note(Subject.Place(places.doors[0]), "王阿婆不在家")
        thrown<DoorstepException.Refused> { phone.enrol("王阿婆") }
        val diagnosis = phone.diagnosis()
        assertTrue("\"only_here\":1" in diagnosis && "enrol" in diagnosis, diagnosis)
        assertFalse("王阿婆" in diagnosis)
        val log = phone.takeLog()
        assertEquals(0uL, log.lost)
        assertTrue(log.lines.all { it.at == EVENING })
        val last = log.lines.last()
        assertEquals(LogLevel.DEBUG, last.level)
        assertEquals(EVENING, last.at)
        assertTrue("enrol.unreadable" in last.text)
        assertEquals(emptyList<LogLine>(), phone.takeLog().lines)
    }

    @Test
    fun `the log tells as much as is asked`() = evening {
        val phone = phone()
        val lines = mapOf(LogLevel.ERROR to 0, LogLevel.WARN to 1, LogLevel.INFO to 1, LogLevel.DEBUG to 2)
        for ((level, count) in lines) {
            phone.setLogLevel(level)
            thrown<DoorstepException.Refused> { phone.enrol("nonsense") }
            thrown<DoorstepException.BadArgument> {
                phone.visit(places.doors[0], round, NewVisit(AtDoor.Other(9u)))
            }
            assertEquals(count, phone.takeLog().lines.size, "$level")
        }
    }

    @Test
    fun `a fault inside is an error and not the end`() = evening {
        assertEquals("call.broke", thrown<CoreException.Broken> { panicInACall() }.problem.code)
        assertEquals(1, phone().today().size)
    }

    // Wrong use

    @Test
    fun `a key of 31 bytes is refused`(@TempDir folder: File) = evening {
        val short = thrown<DoorstepException.BadArgument> { Doorstep.open(folder, ByteArray(31), ByteArray(0)) }
        assertEquals("call.key_length", short.code)
        assertEquals(mapOf("length" to "31"), short.details)
        assertTrue("31" in short.zh)
    }

    @Test
    fun `a key is refused by a build that cannot encrypt`(@TempDir folder: File) = evening {
        val plain = thrown<DoorstepException.Store> { Doorstep.open(folder, ByteArray(32), ByteArray(0)) }
        assertEquals("store.key_mismatch", plain.code)
    }

    @Test
    fun `a second opening of the same folder is refused until the first is closed`(@TempDir folder: File) = evening {
        val first = Doorstep.open(folder, null, "m".toByteArray())
        val second = thrown<DoorstepException.Store> { Doorstep.open(folder, null, "m".toByteArray()) }
        assertEquals("store.in_use", second.code)
        assertTrue(second.isRetryable)
        first.close()
        BlockingDoorstep.open(folder, null, "m".toByteArray()).close()
    }

    @Test
    fun `a file that is no database stays as it is`(@TempDir folder: File) = evening {
        val file = File(folder, "doorstep.db")
        val bytes = "no database at all".repeat(500).toByteArray()
        file.writeBytes(bytes)
        thrown<DoorstepException.Store> { Doorstep.open(folder, null, "m".toByteArray()) }
        assertArrayEquals(bytes, file.readBytes())
    }

    @Test
    fun `a note over its limit stays with the caller`() = evening {
        val phone = phone()
        for (length in listOf(1_001, 10_000_000)) {
            val text = "楼".repeat(length)
            val long = thrown<DoorstepException.Refused> { phone.note(Subject.Place(places.doors[0]), text) }
            assertEquals("text.too_long", long.code)
            assertEquals("1000", long.details["most"])
        }
        assertEquals(0uL, phone.counters().onlyHere)
    }

    @Test
    fun `nothing of the core is left behind`() = evening {
        val before = liveObjects()
        repeat(20) { seed ->
            val phone = street.phone(100L + seed)
            phone.talk().use { it.step() }
            phone.exchange().use { it.step() }
            phone.close()
        }
        assertEquals(before, liveObjects())
    }

    // Hard use

    @Test
    fun `emoji and rare hanzi come back byte for byte`() = evening {
        val text = "🧯𠮷野家👨‍👩‍👧‍👦 𪚥 é"
        assertEquals(text, written(text))
    }

    @Test
    fun `half a surrogate is replaced, wherever a text goes in`() = evening {
        assertEquals("楼\uFFFD道\uFFFD", written("楼\uD83E道\uDDEF"))
        assertEquals("楼🧯", written("楼\uD83E\uDDEF"))
        val half = "x\uD83E"
        val phone = phone(9, Role.Clerk)
        phone.setDraft(half, half)
        assertEquals("x\uFFFD", phone.draft(half))
        assertEquals(listOf("x\uFFFD"), phone.draftKeys(half))
        phone.removeDraft(half)
        thrown<DoorstepException.Refused> { phone.enrol(half) }
        phone.visit(places.doors[0], round, NewVisit(AtDoor.Absent, half))
        val check = phone.check(round, look())
        phone.correct(check, Right.Check(Seen.Missing), half)
        thrown<DoorstepException.Refused> { phone.check(round, look(0, Seen.Faults(listOf(half)))) }
        thrown<DoorstepException.BadArgument> { phone.check(round, look(0, Seen.Other(half))) }
        thrown<DoorstepException.Refused> { phone.correct(check, Right.Check(Seen.Faults(listOf(half))), half) }
        val shop = phone.addPlace(NewPlace(PlaceKind.Building, half))
        assertEquals("x\uFFFD", phone.placeName(shop))
        val asset = NewAsset("alarm.smoke", places.doors[0], Registration.Registered, size = half)
        phone.addAsset(asset)
        thrown<DoorstepException.Refused> { phone.addAsset(asset.copy(assetType = half, label = half)) }
        val door = Subject.Place(places.doors[0])
        val bottle = Subject.Asset(places.bottles[0])
        phone.setField(door, NewValue.Name(half))
        phone.setField(bottle, NewValue.Size(half))
        thrown<DoorstepException.Refused> { phone.setField(door, NewValue.Label(half)) }
        thrown<DoorstepException.Refused> { phone.setField(bottle, NewValue.AssetType(half)) }
        thrown<DoorstepException.Refused> { phone.setField(door, NewValue.HouseholdState(half)) }
        phone.note(bottle, half)
        val month = java.time.YearMonth.of(2026, 10)
        phone.service(places.bottles[0], NewService(ServiceKind.Serviced, month, half, half))
        phone.handout(places.doors[0], NewHandout(places.batch, 1u, half, "extinguisher.dry_powder"))
        thrown<DoorstepException> { phone.found(hazard(note = half).copy(kind = half)) }
        val case = phone.found(hazard(note = half), Fix(half))
        phone.caseStep(
            case,
            NewStep(CaseEvent.HandedOver, half, body = half, receipt = half, helpers = listOf(half)),
            allowClaim = true,
        )
        thrown<DoorstepException.BadArgument> { phone.caseStep(case, NewStep(CaseEvent.Other(half))) }
        assertEquals(emptyList<Bearer>(), phone.bearers(half))
        assertEquals(emptyList<AssetView>(), phone.assets(places.committee, AssetFilter(half)).rows)
        assertEquals("x\uFFFD", Doorstep.words(half).zh)
        val area = places.committee
        val sound = "x\uFFFD"
        assertEquals(phone.places(area, after = sound), phone.places(area, after = half))
        assertEquals(phone.assets(area, after = sound), phone.assets(area, after = half))
        assertEquals(phone.cases(area, after = sound), phone.cases(area, after = half))
        assertEquals(phone.disputes(area, after = sound), phone.disputes(area, after = half))
    }

    @Test
    fun `NUL is left out`() = evening {
        assertEquals("楼道", written("楼\u0000道"))
    }

    private suspend fun written(text: String): String? {
        val phone = street.phone(50)
        return phone.use {
            it.check(round, look(note = text))
            it.asset(places.bottles[0]).history[0].note
        }
    }
}
