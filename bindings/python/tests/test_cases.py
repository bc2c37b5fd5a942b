"""Hazards and repairs, their steps, and what a clerk decides between others."""

from __future__ import annotations

import datetime

from street import EVENING, StreetTest

import doorstep
from doorstep import CaseEvent, CaseFilter, CaseState, NewStep, PhotoHash, Seen, Subject

PHOTO = PhotoHash("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")


class Cases(StreetTest):
    def setUp(self) -> None:
        super().setUp()
        self.clerk = self.phone(2, role=doorstep.Role.CLERK())

    def test_a_hazard_goes_from_found_to_closed(self) -> None:
        phone = self.phone()
        hazard = self.hazard(level=2, note="三辆电瓶车", photos=[PHOTO], round=self.round)
        case = phone.found(hazard)
        [line] = phone.cases(self.street.committee)
        self.assertEqual((line.id, line.kind, line.note), (case, "e_bike", "三辆电瓶车"))
        self.assertEqual(line.about, doorstep.CaseClass.HAZARD())
        self.assertEqual((line.state, line.level, line.photos), (CaseState.FOUND(), 2, 1))
        self.assertEqual((line.place, line.asset), (self.street.stairwell, None))
        self.assertEqual((line.open, line.suspected, line.on_spot), (True, False, False))
        self.assertEqual(line.found_at, EVENING)
        self.assertEqual(phone.case(case).case, line)
        self.sync(phone)
        self.sync(self.clerk)
        friday = datetime.date(2026, 11, 27)
        step = self.clerk.case_step(case, NewStep(event=CaseEvent.REGISTERED()))
        self.clerk.case_step(
            case,
            NewStep(
                event=CaseEvent.DISPATCHED(),
                body="物业",
                day=friday,
                helpers=["居委"],
                note="请清走",
            ),
        )
        page = self.clerk.case(case)
        self.assertEqual(page.case.state, CaseState.DISPATCHED())
        self.assertEqual(page.case.deadline, friday)
        found, registered, dispatched = page.events
        self.assertEqual((found.event, found.photos), (CaseEvent.FOUND(), [PHOTO]))
        self.assertEqual((registered.entry, registered.state), (step, CaseState.REGISTERED()))
        self.assertEqual((dispatched.body, dispatched.day), ("物业", friday))
        self.assertEqual((dispatched.note, dispatched.at), ("请清走", EVENING))
        enrolled = self.clerk.enrolled()
        assert enrolled is not None
        self.assertEqual([dispatched.person], enrolled.persons)
        self.clock.advance(4 * 86_400)
        [overdue] = self.clerk.cases(self.street.committee, CaseFilter.OVERDUE)
        self.assertEqual((overdue.id, overdue.overdue), (case, True))

    def test_what_is_put_right_on_the_spot_is_settled(self) -> None:
        phone = self.phone()
        fix = doorstep.Fix(note="已推走", photos=[PHOTO])
        case = phone.found(self.hazard(level=0), fix)
        self.assertEqual(phone.case(case).events[-1].note, "已推走")
        self.assertEqual(list(phone.cases(self.street.committee)), [])
        [line] = phone.cases(self.street.committee, CaseFilter.SETTLED)
        self.assertEqual((line.on_spot, line.state), (True, CaseState.FIXED_ON_SPOT()))
        self.assertEqual(line.rectified, datetime.date(2026, 11, 25))

    def test_a_step_that_is_not_legal_is_refused_or_told_as_a_claim(self) -> None:
        phone = self.phone()
        case = phone.found(self.hazard())
        closing = NewStep(event=CaseEvent.CLOSED())
        with self.assertRaises(doorstep.Refused) as refused:
            phone.case_step(case, closing)
        self.assertTrue(refused.exception.code.startswith("case."))
        phone.case_step(case, closing, allow_claim=True)
        page = phone.case(case)
        self.assertEqual(page.case.claims, 1)
        claim = page.events[-1].claim
        assert claim is not None
        self.assertEqual((claim.code, claim.retryable), ("case.wrong_state", False))
        self.assertEqual(claim.details, [doorstep.Detail(name="state", value="found")])
        self.assertEqual(claim.zh, "这件事现在是“发现”,不能做这一步:请先看最新进展")
        self.assertIn('"found" now', claim.en)
        with self.assertRaises(doorstep.BadArgument):
            phone.case_step(case, NewStep(event=CaseEvent.NOTE()))

    def test_a_repair_is_of_an_asset_and_a_suspicion_is_told(self) -> None:
        phone = self.phone()
        repair = doorstep.NewCase(
            about=doorstep.CaseClass.REPAIR(),
            kind="pressure_low",
            place=self.street.doors[0],
            asset=self.street.bottles[0],
            level=1,
            suspected=True,
        )
        case = phone.found(repair)
        page = phone.asset(self.street.bottles[0])
        self.assertEqual([(one.id, one.suspected) for one in page.cases], [(case, True)])
        with self.assertRaises(doorstep.NotFound) as missing:
            phone.found(self.hazard(campaign=doorstep.EntryId("AAAAAAAAAAAAAAAA")))
        self.assertEqual(missing.exception.details["what"], "campaign")

    def test_every_argument_of_a_step_arrives(self) -> None:
        phone = self.phone()
        first, second = phone.found(self.hazard()), phone.found(self.hazard())
        self.sync(phone)
        self.sync(self.clerk)
        person = self.clerk.enrolled().persons[0]  # type: ignore[union-attr]
        steps = [
            NewStep(event=CaseEvent.REGISTERED(), level=2),
            NewStep(event=CaseEvent.DISPATCHED(), body="物业", day=datetime.date(2026, 12, 1)),
            NewStep(event=CaseEvent.REPORTED(), note="已清", photos=[PHOTO]),
            NewStep(event=CaseEvent.RECHECKED(), passed=True),
            NewStep(event=CaseEvent.HANDED_OVER(), body="消防", receipt="沪消2026-7"),
            NewStep(
                event=CaseEvent.EXTENDED(),
                day=datetime.date(2026, 12, 9),
                approved_by=person,
                note="停电",
            ),
        ]
        for step in steps:
            self.clerk.case_step(first, step, allow_claim=True)
        self.clerk.case_step(second, NewStep(event=CaseEvent.REGISTERED()))
        merging = NewStep(event=CaseEvent.MERGED(), into=first, note="同一处")
        self.clerk.case_step(second, merging)
        events = [event.event for event in self.clerk.case(first).events]
        self.assertEqual(events[1:], [step.event for step in steps])
        self.assertEqual(self.clerk.case(first).case.level, 2)
        self.assertEqual(self.clerk.case(first).fixers, [person])
        self.assertEqual(self.clerk.case(second).case.state, CaseState.MERGED())

    def test_checks_that_disagree_wait_until_a_clerk_decides(self) -> None:
        one, other = self.phone(), self.phone(3)
        one.check(self.round, [self.look(0)])
        other.check(self.round, [self.look(0, Seen.MISSING())])
        for phone in (one, other, self.clerk):
            self.sync(phone)
        [dispute] = self.clerk.disputes(self.street.committee)
        self.assertEqual(dispute.asset, self.street.bottles[0])
        self.assertEqual(dispute.asset_type, "extinguisher.dry_powder")
        self.assertEqual((dispute.place, dispute.label), ("101", None))
        self.assertEqual(dispute.since, EVENING)
        self.assertEqual(len(dispute.checks), 2)
        results = [check.result for check in dispute.checks]
        self.assertIn(Seen.NORMAL(), results)
        self.assertIn(Seen.MISSING(), results)
        page = self.clerk.asset(dispute.asset)
        self.assertEqual((page.asset.waiting, page.asset.result), (1, Seen.MISSING()))
        self.assertTrue(all(look.waiting for look in page.history))
        names = [check.check for check in dispute.checks]
        self.clerk.decide(dispute.asset, names, Seen.NORMAL(), "现场看过")
        self.assertEqual(list(self.clerk.disputes(self.street.committee)), [])
        self.assertEqual(self.clerk.asset(dispute.asset).asset.result, Seen.NORMAL())
        with self.assertRaises(doorstep.Refused) as refused:
            one.decide(dispute.asset, names, Seen.NORMAL())
        self.assertEqual(refused.exception.code, "act.not_your_role")

    def test_two_cases_are_one_and_are_not_after_all(self) -> None:
        first, second = self.clerk.found(self.hazard()), self.clerk.found(self.hazard())
        one, other = Subject.CASE(first), Subject.CASE(second)
        self.assertNotEqual(
            self.clerk.same_as(one, other), self.clerk.same_as(one, other, split=True)
        )
        with self.assertRaises(doorstep.Refused) as refused:
            self.clerk.same_as(one, one)
        self.assertEqual(refused.exception.code, "same.itself")
