package doorstep

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.LocalDate

/** Hazards and repairs, their steps, and what a clerk decides between others. */
class CasesTest : StreetTest() {
    private val photo = PhotoHash("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
    private val friday = LocalDate.of(2026, 11, 27)

    @Test
    fun `a hazard goes from found to dispatched and past its day`() = evening {
        val (phone, clerk) = phone() to phone(2, Role.Clerk)
        val case = phone.found(hazard(2, "三辆电瓶车").copy(photos = listOf(photo), round = round))
        val line = phone.cases(places.committee).rows.single()
        assertEquals(Triple(case, "e_bike", "三辆电瓶车"), Triple(line.id, line.kind, line.note))
        assertEquals(CaseClass.Hazard to CaseState.Found, line.about to line.state)
        assertEquals(2u.toUByte() to 1u, line.level to line.photos)
        assertEquals(places.stairwell to null, line.place to line.asset)
        assertEquals(Triple(true, false, false), Triple(line.open, line.suspected, line.onSpot))
        assertEquals(EVENING, line.foundAt)
        sync(phone)
        sync(clerk)
        clerk.caseStep(case, NewStep(CaseEvent.Registered))
        val sent = clerk.caseStep(case, NewStep(CaseEvent.Dispatched, "请清走", friday, "物业", helpers = listOf("居委")))
        val page = clerk.case(case)
        assertEquals(case, page.case.id)
        assertEquals(CaseState.Dispatched to friday, page.case.state to page.case.deadline)
        val (found, registered, dispatched) = page.events
        assertEquals(CaseEvent.Found to listOf(photo), found.event to found.photos)
        assertEquals(CaseState.Registered, registered.state)
        assertEquals("物业" to friday, dispatched.body to dispatched.day)
        assertEquals("请清走" to EVENING, dispatched.note to dispatched.at)
        assertEquals(clerk.enrolled()!!.persons, listOf(dispatched.person))
        assertEquals(sent, dispatched.entry)
        street.clock.advance(4u * 86_400u)
        val overdue = clerk.cases(places.committee, CaseFilter.OVERDUE).rows.single()
        assertEquals(case to true, overdue.id to overdue.overdue)
    }

    @Test
    fun `what is put right on the spot is settled`() = evening {
        val phone = phone()
        phone.found(hazard(0), Fix("已推走", listOf(photo)))
        assertEquals(emptyList<CaseView>(), phone.cases(places.committee).rows)
        val line = phone.cases(places.committee, CaseFilter.SETTLED).rows.single()
        assertEquals(true to CaseState.FixedOnSpot, line.onSpot to line.state)
        assertEquals(LocalDate.of(2026, 11, 25), line.rectified)
        val fixed = phone.case(line.id).events.last()
        assertEquals(Triple(CaseEvent.FixedOnSpot, "已推走", listOf(photo)), fixed.run { Triple(event, note, photos) })
    }

    @Test
    fun `a step that is not legal is refused or told as a claim`() = evening {
        val phone = phone()
        val case = phone.found(hazard())
        val closing = NewStep(CaseEvent.Closed)
        assertTrue(thrown<DoorstepException.Refused> { phone.caseStep(case, closing) }.code.startsWith("case."))
        phone.caseStep(case, closing, allowClaim = true)
        val page = phone.case(case)
        assertEquals(1u, page.case.claims)
        val claim = page.events.last().claim!!
        assertEquals("case.wrong_state" to false, claim.code to claim.retryable)
        assertEquals(listOf(Detail("state", "found")), claim.details)
        assertEquals("这件事现在是“发现”,不能做这一步:请先看最新进展", claim.zh)
        assertTrue("\"found\" now" in claim.en, claim.en)
        thrown<DoorstepException.BadArgument> { phone.caseStep(case, NewStep(CaseEvent.Note)) }
    }

    @Test
    fun `a repair is of an asset and a suspicion is told`() = evening {
        val phone = phone()
        val repair = NewCase(CaseClass.Repair, "pressure_low", places.doors[0], places.bottles[0], suspected = true)
        val case = phone.found(repair)
        val page = phone.asset(places.bottles[0])
        assertEquals(listOf(case to true), page.cases.map { it.id to it.suspected })
        assertEquals(places.bottles[0], page.cases.single().asset)
        val missing = thrown<DoorstepException.NotFound> {
            phone.found(hazard().copy(campaign = EntryId("AAAAAAAAAAAAAAAA")))
        }
        assertEquals("campaign", missing.details["what"])
    }

    @Test
    fun `every argument of a step arrives`() = evening {
        val (phone, clerk) = phone() to phone(2, Role.Clerk)
        val (first, second) = phone.found(hazard()) to phone.found(hazard())
        sync(phone)
        sync(clerk)
        val person = clerk.enrolled()!!.persons[0]
        val steps = listOf(
            NewStep(CaseEvent.Registered, level = 2u),
            NewStep(CaseEvent.Dispatched, body = "物业", day = LocalDate.of(2026, 12, 1)),
            NewStep(CaseEvent.Reported, "已清", photos = listOf(photo)),
            NewStep(CaseEvent.Rechecked, passed = true),
            NewStep(CaseEvent.HandedOver, body = "消防", receipt = "沪消2026-7"),
            NewStep(CaseEvent.Extended, "停电", LocalDate.of(2026, 12, 9), approvedBy = person),
        )
        steps.forEach { clerk.caseStep(first, it, allowClaim = true) }
        clerk.caseStep(second, NewStep(CaseEvent.Registered))
        clerk.caseStep(second, NewStep(CaseEvent.Merged, "同一处", into = first))
        val page = clerk.case(first)
        assertEquals(steps.map { it.event }, page.events.drop(1).map { it.event })
        assertEquals(2u.toUByte(), page.case.level)
        assertEquals(listOf(person), page.fixers)
        assertEquals(CaseState.Merged, clerk.case(second).case.state)
    }

    @Test
    fun `a case goes through every hand`() = evening {
        val hands = listOf(phone(1), phone(2, Role.Clerk), phone(3, Role.Department), phone(4, Role.FireBody))
        val (phone, clerk, department, fire) = hands
        val case = phone.found(hazard(2))
        val day = LocalDate.of(2026, 12, 24)
        suspend fun step(by: Doorstep, step: NewStep) {
            street.clock.advance(60u)
            hands.forEach { sync(it) }
            sync(by)
            by.caseStep(case, step)
            sync(by)
        }
        step(clerk, NewStep(CaseEvent.Registered))
        step(clerk, NewStep(CaseEvent.Dispatched, body = "物业", day = day))
        step(department, NewStep(CaseEvent.Returned, "不归我们"))
        step(clerk, NewStep(CaseEvent.Dispatched, body = "房管", day = day))
        step(department, NewStep(CaseEvent.Accepted))
        step(department, NewStep(CaseEvent.Rectifying))
        step(clerk, NewStep(CaseEvent.Parked, "等材料", day))
        step(department, NewStep(CaseEvent.Rectifying))
        step(department, NewStep(CaseEvent.Reported))
        step(phone, NewStep(CaseEvent.Rechecked, passed = true))
        step(clerk, NewStep(CaseEvent.Closed))
        step(phone, NewStep(CaseEvent.Relapsed))
        step(phone, NewStep(CaseEvent.Suspected3))
        step(clerk, NewStep(CaseEvent.SuspicionWithdrawn, "看过了"))
        step(fire, NewStep(CaseEvent.Judged3))
        val page = fire.case(case)
        val states = page.events.mapNotNull { it.state }
        assertEquals(List(4) { CaseState.Relapsed }, states.takeLast(4))
        assertTrue(CaseState.Closed in states)
        assertEquals(3u.toUByte() to 0u, page.case.level to page.case.claims)
        val other = phone.found(hazard())
        phone.caseStep(other, NewStep(CaseEvent.FixedOnSpot, "推走了"))
        assertFalse(phone.case(other).case.open)
        thrown<DoorstepException.BadArgument> { phone.caseStep(other, NewStep(CaseEvent.Other("moonlit"))) }
    }

    @Test
    fun `checks that disagree wait until a clerk decides`() = evening {
        val (one, other, clerk) = listOf(phone(), phone(3), phone(2, Role.Clerk))
        one.check(round, look())
        other.check(round, look(0, Seen.Missing))
        for (phone in listOf(one, other, clerk)) sync(phone)
        val dispute = clerk.disputes(places.committee).rows.single()
        assertEquals(places.bottles[0] to "extinguisher.dry_powder", dispute.asset to dispute.assetType)
        assertEquals(Triple("101", null, EVENING), Triple(dispute.place, dispute.label, dispute.since))
        assertEquals(setOf(Seen.Normal, Seen.Missing), dispute.checks.map { it.result }.toSet())
        assertEquals(
            listOf(one, other).map { it.enrolled()!!.persons.single() }.toSet(),
            dispute.checks.map { it.person }.toSet(),
        )
        assertTrue(dispute.checks.all { it.at == EVENING })
        val page = clerk.asset(dispute.asset)
        assertEquals(1u to Seen.Missing, page.asset.waiting to page.asset.result)
        assertTrue(page.history.all { it.waiting })
        val names = dispute.checks.map { it.check }
        clerk.decide(dispute.asset, names, Seen.Normal, "现场看过")
        assertEquals(emptyList<DisputeView>(), clerk.disputes(places.committee).rows)
        assertEquals(Seen.Normal, clerk.asset(dispute.asset).asset.result)
        val refused = thrown<DoorstepException.Refused> { one.decide(dispute.asset, names, Seen.Normal) }
        assertEquals("act.not_your_role", refused.code)
    }

    @Test
    fun `two cases are one and are not after all`() = evening {
        val clerk = phone(2, Role.Clerk)
        val one = Subject.Case(clerk.found(hazard()))
        val other = Subject.Case(clerk.found(hazard()))
        assertNotEquals(clerk.sameAs(one, other), clerk.sameAs(one, other, split = true))
        assertEquals("same.itself", thrown<DoorstepException.Refused> { clerk.sameAs(one, one) }.code)
    }
}
