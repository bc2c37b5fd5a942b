package doorstep

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.LocalDate
import java.time.YearMonth

/** The register: places, assets, labels, fields, notes, service, handouts. */
class RegisterTest : StreetTest() {
    private val october = YearMonth.of(2026, 10)

    @Test
    fun `a new house with a new bottle`() = evening {
        val phone = phone()
        val house = phone.addPlace(NewPlace(PlaceKind.Building, "5号楼"), places.committee)
        val shop = phone.addPlace(NewPlace(PlaceKind.Premises, "杂货店", house, 101u))
        val label = phone.nextLabel()
        val bottle = phone.addAsset(
            NewAsset(
                "extinguisher.dry_powder",
                shop,
                Registration.FoundUnregistered,
                label,
                Factory.Made(YearMonth.of(2019, 5)),
                "4kg",
                makerLifeYears = 10u,
            ),
        )
        assertNotEquals(label, phone.nextLabel())
        val bearer = phone.bearers(label).single()
        assertEquals(bottle to null, bearer.asset to bearer.place)
        assertEquals("extinguisher.dry_powder" to "杂货店", bearer.assetType to bearer.placeName)
        assertFalse(bearer.disputed)
        val view = phone.asset(bottle).asset
        assertEquals(shop to house, view.place to view.building)
        assertEquals(Triple(label, "4kg", false), Triple(view.label, view.size, view.away))
        assertEquals("5号楼 杂货店", phone.placeName(shop))
        val line = phone.places(places.committee, house).rows.single()
        assertEquals(Triple(shop, PlaceKind.Premises, house), Triple(line.id, line.kind, line.parent))
        assertEquals(101L to "杂货店", line.order to line.name)
        assertEquals(listOf(bottle), phone.assets(places.committee, AssetFilter(building = house)).rows.map { it.id })
        assertEquals(24, phone.assets(places.committee, AssetFilter("alarm.smoke")).rows.size)
    }

    @Test
    fun `a label is on a place too`() = evening {
        val phone = phone()
        val label = phone.nextLabel()
        val door = Subject.Place(places.doors[0])
        phone.setField(door, NewValue.Label(label))
        val bearer = phone.bearers(label).single()
        assertEquals(places.doors[0] to null, bearer.place to bearer.asset)
        val refused = thrown<DoorstepException.Refused> { phone.setField(door, NewValue.Label("ABCDEFG0")) }
        assertTrue(refused.code.startsWith("label."))
    }

    @Test
    fun `every field takes its value`() = evening {
        val phone = phone()
        val door = Subject.Place(places.doors[0])
        val bottle = Subject.Asset(places.bottles[0])
        val alarm = Subject.Asset(places.alarms[0])
        val written = mutableMapOf<NewValue, EntryId>()
        listOf(
            door to NewValue.Name("101甲"),
            door to NewValue.Order(150u),
            door to NewValue.HouseholdState("empty"),
            bottle to NewValue.Factory(Factory.Unreadable),
            bottle to NewValue.Size("1kg"),
            bottle to NewValue.MakerLife(12u),
            bottle to NewValue.AssetType("extinguisher.water"),
            bottle to NewValue.Place(places.doors[1]),
            alarm to NewValue.BatteryMonth(october),
            alarm to NewValue.Nothing(Field.Factory),
        ).forEach { (subject, value) -> written[value] = phone.setField(subject, value) }
        val page = phone.asset(places.bottles[0])
        assertEquals(Factory.Unreadable, page.asset.factory)
        assertEquals("1kg" to "extinguisher.water", page.asset.size to page.asset.assetType)
        assertEquals(places.doors[1], page.asset.place)
        val size = page.fields.single { it.field == Field.Size }
        assertFalse(size.disputed)
        val candidate = size.candidates.single()
        assertEquals("1kg" to EVENING, candidate.value to candidate.at)
        assertEquals(phone.enrolled()!!.persons.single(), candidate.person)
        assertEquals(written[NewValue.Size("1kg")], candidate.entry)
        assertTrue(page.fields.map { it.field }.containsAll(listOf(Field.Factory, Field.MakerLife, Field.AssetType, Field.Place)))
        val second = phone.asset(places.alarms[0])
        assertEquals(Factory.NotRecorded, second.asset.factory)
        assertTrue(second.fields.any { it.field == Field.BatteryMonth })
        val first = phone.places(places.committee, places.stairwell).rows.single { it.id == places.doors[0] }
        assertEquals(Triple("101甲", 150L, "empty"), Triple(first.name, first.order, first.state))
        assertEquals("field.not_here", thrown<DoorstepException.Refused> { phone.setField(door, NewValue.Size("1kg")) }.code)
        thrown<DoorstepException.BadArgument> { phone.setField(door, NewValue.Nothing(Field.Other(99u))) }
    }

    @Test
    fun `fields that cannot be empty stay`() = evening {
        val phone = phone()
        val door = Subject.Place(places.doors[0])
        phone.addPlace(NewPlace(PlaceKind.Estate, "示范里"))
        for (field in listOf(Field.Order, Field.HouseholdState, Field.Label)) phone.setField(door, NewValue.Nothing(field))
        val refused = thrown<DoorstepException.Refused> { phone.setField(door, NewValue.Nothing(Field.Name)) }
        assertEquals("field.wrong_value", refused.code)
    }

    @Test
    fun `service follows an asset to its end`() = evening {
        val phone = phone()
        val (old, new) = places.bottles
        val november = YearMonth.of(2026, 11)
        phone.service(old, NewService(ServiceKind.TakenAway, november, "平安消防"))
        assertTrue(phone.asset(old).asset.away)
        phone.service(old, NewService(ServiceKind.Replaced, november, note = "10.0.8-9", successor = new))
        assertEquals(november, phone.asset(old).asset.ended)
        val refused = thrown<DoorstepException.Refused> {
            phone.service(new, NewService(ServiceKind.Serviced, YearMonth.of(2027, 1)))
        }
        assertEquals("service.future", refused.code)
    }

    @Test
    fun `every service and registration is written, and none of a later version`() = evening {
        val phone = phone()
        val bottle = places.bottles[0]
        listOf(
            ServiceKind.Serviced, ServiceKind.PressureTested, ServiceKind.Battery,
            ServiceKind.TakenAway, ServiceKind.BroughtBack, ServiceKind.Scrapped,
        ).forEach { phone.service(bottle, NewService(it, october)) }
        assertEquals(october, phone.asset(bottle).asset.ended)
        val alarm = NewAsset("alarm.smoke", places.doors[0], Registration.Registered, factory = Factory.NotRecorded)
        for (registration in listOf(Registration.Registered, Registration.HandedOut, Registration.Imported)) {
            phone.addAsset(alarm.copy(registration = registration, batch = places.batch))
        }
        val writes = listOf<suspend () -> Any>(
            { phone.service(places.bottles[1], NewService(ServiceKind.Other(99u), october)) },
            { phone.addPlace(NewPlace(PlaceKind.Other(99u), "x")) },
            { phone.addAsset(alarm.copy(registration = Registration.Other(99u))) },
            { phone.found(NewCase(CaseClass.Other(99u), "e_bike", places.stairwell)) },
        )
        for (write in writes) {
            assertEquals("99", thrown<DoorstepException.BadArgument> { write() }.details["text"])
        }
    }

    @Test
    fun `words and photos stand beside anything`(@TempDir folder: File) = evening {
        val phone = phone()
        val file = File(folder, "gauge.jpg").apply { writeText("abc") }
        val photo = Doorstep.namePhoto(file)
        assertEquals("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0", photo.text)
        val check = phone.check(round, look().copy(photos = listOf(photo), factory = Factory.Unreadable))
        listOf(
            Subject.Place(places.doors[0]),
            Subject.Asset(places.bottles[0]),
            Subject.Case(phone.found(hazard())),
            Subject.Entry(check),
        ).forEach { phone.note(it, "王阿婆让先打电话", listOf(photo)) }
        val page = phone.asset(places.bottles[0])
        assertEquals(listOf(photo), page.history[0].photos)
        assertEquals(Factory.Unreadable, page.asset.factory)
        assertEquals("store.io", thrown<DoorstepException.Store> { Doorstep.namePhoto(File("/nowhere/gauge.jpg")) }.code)
    }

    @Test
    fun `what was handed out is written down`() = evening {
        val phone = phone()
        val line = NewHandout(places.batch, 2u, "只", "extinguisher.dry_powder", LocalDate.of(2026, 11, 25))
        phone.handout(places.doors[0], line)
        assertEquals(1uL, phone.counters().onlyHere)
        val refused = thrown<DoorstepException.Refused> { phone.handout(places.doors[0], line.copy(quantity = 0u)) }
        assertEquals("handout.nothing", refused.code)
    }

    @Test
    fun `a list is filtered by state`() = evening {
        val phone = phone()
        phone.check(round, look(0, Seen.Missing))
        val counts = AssetState.entries.associateWith {
            phone.assets(places.committee, AssetFilter(state = it), limit = 100).rows.size
        }
        assertEquals(1, counts[AssetState.MISSING])
        assertEquals(47, counts[AssetState.NEVER_CHECKED])
        for (none in listOf(AssetState.WAITING, AssetState.FAULTY, AssetState.NO_FACTORY_MONTH)) {
            assertEquals(0, counts[none], "$none")
        }
        assertTrue(counts.getValue(AssetState.LOOK_DUE) > 0 && counts.getValue(AssetState.WORK_DUE) > 0)
    }

    @Test
    fun `ten thousand rows come in pages and none twice`() = evening {
        val phone = phone()
        val house = phone.addPlace(NewPlace(PlaceKind.Building, "塔楼"))
        val added = List(10_000) {
            phone.addPlace(NewPlace(PlaceKind.CommonPart, "$it", house, (it / 3).toUInt()))
        }
        val seen = mutableListOf<PlaceId>()
        var after: String? = null
        do {
            val page = phone.places(places.committee, house, after, 200)
            assertTrue(page.rows.size <= 200)
            seen += page.rows.map { it.id }
            after = page.next
        } while (after != null)
        assertEquals(10_000, seen.size)
        assertEquals(added.toSet(), seen.toSet())
    }

    @Test
    fun `every list comes in pages`() = evening {
        val (one, other, clerk) = listOf(phone(1), phone(2), phone(3, Role.Clerk))
        repeat(5) { door ->
            one.found(hazard())
            one.check(round, look(door))
            other.check(round, look(door, Seen.Missing))
        }
        for (phone in listOf(one, other, clerk)) sync(phone)
        val area = places.committee
        assertEquals(5, paged { after -> clerk.disputes(area, after, 2).let { it.rows to it.next } })
        assertEquals(5, paged { after -> clerk.cases(area, CaseFilter.OPEN, after, 2).let { it.rows to it.next } })
        assertEquals(48, paged { after -> clerk.assets(area, after = after, limit = 7).let { it.rows to it.next } })
        // A limit that makes no sense is one row.
        assertEquals(1, clerk.assets(area, limit = -1).rows.size)
    }

    @Test
    fun `labels stand on screens`() = evening {
        val (phone, other, clerk) = listOf(phone(1), phone(2), phone(3, Role.Clerk))
        val (door, bottle) = phone.nextLabel() to other.nextLabel()
        phone.setField(Subject.Place(places.doors[0]), NewValue.Label(door))
        other.setField(Subject.Asset(places.bottles[0]), NewValue.Label(bottle))
        phone.check(round, look())
        other.check(round, look(0, Seen.Missing))
        for (one in listOf(phone, other, clerk)) sync(one)
        assertEquals(listOf(bottle), clerk.disputes(places.committee).rows.map { it.label })
        assertEquals(door, clerk.places(places.committee, places.stairwell).rows[0].label)
        assertNull(clerk.places(places.committee, places.stairwell).rows[1].label)
    }

    private suspend fun <T> paged(ask: suspend (String?) -> Pair<List<T>, String?>): Int {
        val rows = mutableSetOf<T>()
        var after: String? = null
        do {
            val (page, next) = ask(after)
            rows += page
            after = next
        } while (after != null)
        return rows.size
    }
}
