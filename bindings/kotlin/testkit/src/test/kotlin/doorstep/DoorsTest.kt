package doorstep

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.LocalDate
import java.time.YearMonth

/** An evening at the doors: rounds, looks, attempts, undo, corrections, what screens show of it. */
class DoorsTest : StreetTest() {
    private val low = Seen.Faults(listOf("pressure_low"))

    @Test
    fun `the whole stairwell is normal but one`() = evening {
        val phone = phone()
        phone.openRound(places.building, places.plan)
        phone.allNormal(round, places.doors)
        street.clock.advance(3_600u)
        val check = phone.check(round, look(0, low, "指针在红区"))
        val plan = phone.doorPlan(places.stairwell, round)
        assertEquals(listOf(24, 24, 0), listOf(plan.doors.size, plan.covered.toInt(), plan.attempted.toInt()))
        assertEquals(48u to 48u, plan.assets to plan.checked)
        assertEquals(places.stairwell, plan.place.place.id)
        assertNull(plan.place.floor)
        val first = plan.doors[0]
        assertEquals("101", first.place.name)
        assertEquals(1L to true, first.floor to first.answered)
        assertEquals(AtDoor.Answered, first.outcome)
        assertTrue(first.assets.all { it.checked })
        val bottle = first.assets.single { it.asset.id == places.bottles[0] }.asset
        assertEquals(low, bottle.result)
        assertEquals(EVENING.plus(hours(1)), bottle.checkedAt)
        assertEquals(Factory.Made(YearMonth.of(2016, 2)), bottle.factory)
        val owed = bottle.owed.associate { it.kind to (it.dueMonth to it.status) }
        assertEquals(YearMonth.of(2026, 12) to OwedStatus.NOT_DUE, owed["look"])
        assertEquals(YearMonth.of(2026, 2) to OwedStatus.SCRAP_NOW, owed["scrap"])
        val page = phone.asset(bottle.id)
        assertEquals(bottle.id, page.asset.id)
        assertEquals(check, page.history[0].check)
        assertEquals("指针在红区", page.history[0].note)
        assertEquals(check, page.history[1].supersededBy)
        assertFalse(page.history[0].imported || page.history[0].dateOnly)
        assertEquals(EVENING.plus(hours(1)), page.history[0].at)
        assertTrue("scrap" in page.obligations.map { it.owed.kind })
        assertTrue(page.obligations.all { it.clause.isNotEmpty() })
        assertEquals(0u, page.held)
    }

    @Test
    fun `attempts are told apart and the next day is kept`() = evening {
        val phone = phone()
        val tomorrow = LocalDate.of(2026, 11, 26)
        val outcomes = listOf(AtDoor.Absent, AtDoor.Refused, AtDoor.Empty, AtDoor.Answered)
        places.doors.zip(outcomes) { door, outcome -> door to outcome }.forEach { (door, outcome) ->
            phone.visit(door, round, NewVisit(outcome, "两次", tomorrow))
        }
        val doors = phone.places(places.committee, places.stairwell).rows
        assertEquals(outcomes + null, doors.take(5).map { it.visit })
        assertEquals(tomorrow to 1u, doors[0].visitNext to doors[0].attempts)
        assertEquals(EVENING, doors[0].visitedAt)
        val coverage = phone.coverage(places.committee, round)
        val total = coverage.total
        assertEquals(Triple(24u, 1u, 3u), Triple(total.doors, total.covered, total.attempted))
        assertEquals(0u to 0u, total.extraDoors to total.held)
        assertEquals(places.building, coverage.buildings[0].building)
        assertNull(total.building)
        val refused = thrown<DoorstepException.Refused> {
            phone.visit(places.building, round, NewVisit(AtDoor.Absent))
        }
        assertEquals("visit.not_a_door", refused.code)
    }

    @Test
    fun `a round of today has the list that was given`() = evening {
        val phone = phone()
        val targets = Targets(places.doors.take(2), places.bottles.take(2))
        val today = phone.openRound(places.building, targets = targets)
        assertEquals(Round.AdHoc(LocalDate.of(2026, 11, 25)), today)
        phone.visit(places.doors[0], today, NewVisit(AtDoor.Answered))
        phone.check(today, listOf(look(0), look(5)))
        val done = phone.coverage(places.committee, today).total
        assertEquals(1u to 0u, done.covered to done.extraDoors)
        assertEquals(listOf(2u, 2u, 1u), listOf(done.doors, done.assets, done.checked))
        assertEquals(1u, done.extraAssets)
    }

    @Test
    fun `the planned round is on the list`() = evening {
        val line = phone().openRounds(places.committee).single()
        assertEquals(places.plan to "本月巡查", line.plan to line.name)
        assertEquals(Triple(24u, 48u, false), Triple(line.doors, line.assets, line.late))
        assertEquals(LocalDate.of(2026, 11, 15), line.firstDay)
        assertEquals(LocalDate.of(2026, 12, 15), line.lastDay)
    }

    @Test
    fun `the last taps are taken back and an older one is put right`() = evening {
        val phone = phone()
        val kept = phone.check(round, look(0))
        phone.check(round, look(1, Seen.Missing))
        assertEquals(2, phone.undoDepth())
        assertEquals(1, phone.undoLast().size)
        assertNull(phone.asset(places.bottles[1]).asset.result)
        val correction = phone.correct(kept, Right.Check(Seen.Missing), "看错了门")
        val seen = phone.asset(places.bottles[0]).history[0]
        assertEquals(Seen.Missing to correction, seen.result to seen.correctedBy)
        val visit = phone.visit(places.doors[0], round, NewVisit(AtDoor.Absent))
        phone.correct(visit, Right.Visit(AtDoor.Answered), "后来开门了")
        assertEquals(AtDoor.Answered, phone.doorPlan(places.stairwell, round).doors[0].outcome)
        val refused = thrown<DoorstepException.Refused> { phone.correct(kept, Right.Check(Seen.Missing), " ") }
        assertEquals("correct.no_reason", refused.code)
    }

    @Test
    fun `days and months at the ends of the calendar`() = evening {
        val phone = phone()
        val last = LocalDate.of(9999, 12, 31)
        phone.visit(places.doors[0], round, NewVisit(AtDoor.Absent, next = last))
        assertEquals(last, phone.places(places.committee, places.stairwell).rows[0].visitNext)
        for (day in listOf(LocalDate.MIN, LocalDate.of(1969, 12, 31), last.plusDays(1), LocalDate.MAX)) {
            val refused = thrown<DoorstepException.BadArgument> {
                phone.visit(places.doors[0], round, NewVisit(AtDoor.Absent, next = day))
            }
            assertEquals("call.bad_value", refused.code)
            assertTrue("日期" in refused.zh, refused.zh)
        }
        val bottle = Subject.Asset(places.bottles[0])
        val unlikely = mapOf(YearMonth.of(1, 1) to "factory.impossible", YearMonth.of(9999, 12) to "factory.future")
        for ((month, code) in unlikely) {
            // It is a month; that no bottle was made in it is a rule.
            val refused = thrown<DoorstepException.Refused> {
                phone.setField(bottle, NewValue.Factory(Factory.Made(month)))
            }
            assertEquals(code, refused.code)
        }
        for (month in listOf(YearMonth.of(0, 12), YearMonth.of(10_000, 1), YearMonth.of(-999_999_999, 1))) {
            val refused = thrown<DoorstepException.BadArgument> {
                phone.setField(bottle, NewValue.Factory(Factory.Made(month)))
            }
            assertEquals("call.bad_value", refused.code)
            assertTrue("月份：$month" in refused.zh, refused.zh)
        }
    }

    @Test
    fun `the same request writes once and no other write may bear it`() = evening {
        val phone = phone()
        val first = phone.check(round, look(), request(5))
        assertEquals(first, phone.check(round, look(), request(5)))
        assertEquals(1uL, phone.counters().onlyHere)
        thrown<DoorstepException.RequestReused> { phone.check(round, look(1), request(5)) }
    }

    @Test
    fun `a practice stairwell is recorded like work and in no number of today`() = evening {
        val phone = phone(role = Role.Clerk)
        val today = phone.today()
        val alarm = NewAsset("alarm.smoke", places.doors[0], Registration.Registered)
        val practiced = phone.addAsset(alarm, Doorstep.tap(practice = true))
        phone.check(round, NewLook(practiced, Seen.Missing), Doorstep.tap(practice = true))
        assertEquals(Seen.Missing, phone.asset(practiced).asset.result)
        assertEquals(today, phone.today())
        val counters = phone.counters()
        assertEquals(listOf(2uL, 0uL, 0uL, 0uL), counters.run { listOf(onlyHere, received, held, leftOut) })
        assertEquals(0uL, counters.quarantinedSegments)
    }

    @Test
    fun `on a shared phone a tap says who`() = evening {
        val phone = phone(persons = 2)
        val persons = phone.enrolled()!!.persons
        assertEquals(2, persons.size)
        assertEquals("act.who", thrown<DoorstepException.Refused> { phone.check(round, look()) }.code)
        phone.check(round, look(), Doorstep.tap(persons[1]))
        assertEquals(persons[1], phone.asset(places.bottles[0]).history[0].person)
        assertEquals("act.who", thrown<DoorstepException.Refused> { phone.undoLast() }.code)
        phone.undoLast(Doorstep.tap(persons[1]))
        assertEquals(0, phone.undoDepth())
        assertNull(phone.asset(places.bottles[0]).asset.result)
    }

    @Test
    fun `a fault that the pack does not know is refused with its code`() = evening {
        val refused = thrown<DoorstepException.Refused> {
            phone().check(round, look(0, Seen.Faults(listOf("moonlight"))))
        }
        assertEquals("moonlight", refused.details["codes"])
        assertTrue("moonlight" in refused.zh)
        assertFalse(refused.isRetryable)
    }

    @Test
    fun `a value of a later version is kept out of entries`() = evening {
        val phone = phone()
        val visit = thrown<DoorstepException.BadArgument> {
            phone.visit(places.doors[0], round, NewVisit(AtDoor.Other(9u)))
        }
        assertEquals("call.bad_value", visit.code)
        thrown<DoorstepException.BadArgument> { phone.check(round, look(0, Seen.Other("odd"))) }
    }

    @Test
    fun `today counts the area`() = evening {
        val phone = phone()
        phone.check(round, listOf(look(0, Seen.Missing), look(1, low)))
        val today = phone.today().single()
        assertEquals(places.committee to "示范1居委", today.area to today.name)
        assertEquals(24u to 48u, today.doors to today.assets)
        assertEquals(1u to 1u, today.missing to today.faulty)
        assertTrue(today.looksDue > 0u && today.workOverdue > 0u)
        assertEquals(listOf(0u, 0u, 0u), today.run { listOf(openCases, overdueCases, disputes) })
        assertEquals(EVENING, today.syncedAt)
        val areas = phone.declaredAreas()
        assertEquals(19, areas.size)
        assertEquals("committee" to areas[0].area, areas[1].level to areas[1].parent)
        assertEquals(listOf(places.committee), phone.areas())
        assertEquals(today, phone.today(listOf(places.committee)).single())
    }

    @Test
    fun `forms offer what the pack knows`() = evening {
        val forms = phone().forms(places.committee)
        assertEquals("cn", forms.pack)
        assertTrue(forms.number > 0u)
        val powder = forms.assetTypes.single { it.code == "extinguisher.dry_powder" }
        assertTrue("pressure_low" in powder.faults)
        assertTrue(powder.name.zh.isNotEmpty())
        val low = forms.faults.single { it.code == "pressure_low" }
        assertTrue(low.name.zh.isNotEmpty() && low.name.en.isNotEmpty() && low.severity > 0u)
        assertTrue(forms.faults.any { it.scrapAtSight } && forms.faults.any { !it.scrapAtSight })
        val bike = forms.hazards.single { it.code == "e_bike" }
        assertTrue(bike.level in 1u..2u)
        assertTrue(bike.name.en.isNotEmpty())
        assertTrue(forms.hazards.any { !it.sameDay })
    }
}
