"""An evening at the doors: rounds, looks, attempts, undo, corrections, what screens show of it."""

from __future__ import annotations

import datetime
import inspect
import unittest.mock

from street import EVENING, StreetTest, request

import doorstep
from doorstep import AtDoor, Doorstep, Month, OwedStatus, Seen
from doorstep import doorstep_ffi as ffi


class Doors(StreetTest):
    def test_the_whole_stairwell_is_normal_but_one(self) -> None:
        phone = self.phone()
        phone.open_round(self.street.building, self.street.plan)
        phone.all_normal(self.round, self.street.doors, answered=True)
        self.clock.advance(3600)
        low = Seen.FAULTS(["pressure_low"])
        [check] = phone.check(self.round, [self.look(0, low, note="指针在红区")])
        plan = phone.door_plan(self.street.stairwell, self.round)
        self.assertEqual((len(plan.doors), plan.covered, plan.attempted), (24, 24, 0))
        self.assertEqual((plan.assets, plan.checked), (48, 48))
        self.assertEqual(plan.place.place.id, self.street.stairwell)
        first = plan.doors[0]
        self.assertEqual((first.place.id, first.place.name), (self.street.doors[0], "101"))
        self.assertEqual((first.floor, first.answered), (1, True))
        self.assertEqual(first.outcome, AtDoor.ANSWERED())
        bottle = next(one.asset for one in first.assets if one.asset.id == self.street.bottles[0])
        self.assertEqual(bottle.result, low)
        self.assertEqual(bottle.checked_at, EVENING + datetime.timedelta(hours=1))
        self.assertEqual(bottle.factory, doorstep.Factory.MADE(Month("2016-02")))
        owed = {one.kind: (one.due_month, one.status) for one in bottle.owed}
        self.assertEqual(owed["look"], (Month("2026-12"), OwedStatus.NOT_DUE))
        self.assertEqual(owed["scrap"], (Month("2026-02"), OwedStatus.SCRAP_NOW))
        page = phone.asset(bottle.id)
        self.assertEqual(page.asset, bottle)
        self.assertEqual([look.check for look in page.history][0], check)
        self.assertEqual(page.history[0].note, "指针在红区")
        self.assertEqual(page.history[1].superseded_by, check)
        self.assertIn("scrap", [one.owed.kind for one in page.obligations])
        self.assertTrue(all(one.clause for one in page.obligations))

    def test_attempts_are_told_apart_and_the_next_day_is_kept(self) -> None:
        phone = self.phone()
        tomorrow = datetime.date(2026, 11, 26)
        outcomes = [AtDoor.ABSENT(), AtDoor.REFUSED(), AtDoor.EMPTY(), AtDoor.ANSWERED()]
        for door, outcome in zip(self.street.doors, outcomes, strict=False):
            phone.visit(door, self.round, outcome, note="两次", next=tomorrow)
        doors = list(phone.places(self.street.committee, self.street.stairwell))
        self.assertEqual([door.visit for door in doors[:5]], [*outcomes, None])
        self.assertEqual((doors[0].visit_next, doors[0].attempts), (tomorrow, 1))
        self.assertEqual(doors[0].visited_at, EVENING)
        coverage = phone.coverage(self.street.committee, self.round)
        self.assertEqual((coverage.total.doors, coverage.total.covered), (24, 1))
        self.assertEqual(coverage.total.attempted, 3)
        self.assertEqual(coverage.buildings[0].building, self.street.building)
        self.assertIsNone(coverage.total.building)
        with self.assertRaises(doorstep.Refused) as refused:
            phone.visit(self.street.building, self.round, AtDoor.ABSENT())
        self.assertEqual(refused.exception.code, "visit.not_a_door")

    def test_days_and_months_at_the_ends_of_the_calendar(self) -> None:
        phone = self.phone()
        place, bottle = self.street.doors[0], self.street.bottles[0]
        phone.visit(place, self.round, AtDoor.ABSENT(), next=datetime.date.max)
        [door, *_] = phone.places(self.street.committee, self.street.stairwell)
        self.assertEqual(door.visit_next, datetime.date.max)
        for day in (datetime.date.min, datetime.date(1969, 12, 31)):
            with self.assertRaises(doorstep.BadArgument) as refused:
                phone.visit(place, self.round, AtDoor.ABSENT(), next=day)
            self.assertEqual(refused.exception.code, "call.bad_value")
            self.assertIn("日期", refused.exception.zh)
        unlikely = (("0001-01", "factory.impossible"), ("9999-12", "factory.future"))
        for month, code in unlikely:
            # It is a month; that no bottle was made in it is a rule.
            made = doorstep.NewValue.FACTORY(doorstep.Factory.MADE(Month(month)))
            with self.assertRaises(doorstep.Refused) as impossible:
                phone.set_field(doorstep.Subject.ASSET(bottle), made)
            self.assertEqual(impossible.exception.code, code)
        with self.assertRaises(doorstep.BadArgument) as refused:
            value = doorstep.NewValue.BATTERY_MONTH(Month("0000-12"))
            phone.set_field(doorstep.Subject.ASSET(self.street.alarms[0]), value)
        self.assertEqual(refused.exception.code, "call.bad_value")
        self.assertIn("月份：0000-12", refused.exception.zh)

    def test_a_round_of_today_has_the_list_that_was_given(self) -> None:
        phone = self.phone()
        targets = doorstep.Targets(doors=self.street.doors[:2], assets=self.street.bottles[:2])
        today = phone.open_round(self.street.building, targets=targets)
        self.assertEqual(today, doorstep.Round.AD_HOC(datetime.date(2026, 11, 25)))
        phone.visit(self.street.doors[0], today, AtDoor.ANSWERED())
        phone.check(today, [self.look(0), self.look(5)])
        done = phone.coverage(self.street.committee, today).total
        self.assertEqual((done.covered, done.extra_doors), (1, 0))
        self.assertEqual((done.doors, done.assets, done.checked), (2, 2, 1))
        self.assertEqual(done.extra_assets, 1)

    def test_the_planned_round_is_on_the_list(self) -> None:
        [line] = self.phone().open_rounds(self.street.committee)
        self.assertEqual((line.plan, line.name), (self.street.plan, "本月巡查"))
        self.assertEqual((line.doors, line.assets, line.late), (24, 48, False))
        self.assertEqual(line.first_day, datetime.date(2026, 11, 15))
        self.assertEqual(line.last_day, datetime.date(2026, 12, 15))

    def test_the_last_taps_are_taken_back_and_an_older_one_is_put_right(self) -> None:
        phone = self.phone()
        [kept] = phone.check(self.round, [self.look(0)])
        phone.check(self.round, [self.look(1, Seen.MISSING())])
        self.assertEqual(phone.undo_depth(), 2)
        self.assertEqual(len(phone.undo_last()), 1)
        self.assertIsNone(phone.asset(self.street.bottles[1]).asset.result)
        right = doorstep.Right.CHECK(Seen.MISSING())
        correction = phone.correct(kept, right, "看错了门")
        look = phone.asset(self.street.bottles[0]).history[0]
        self.assertEqual((look.result, look.corrected_by), (Seen.MISSING(), correction))
        visit = phone.visit(self.street.doors[0], self.round, AtDoor.ABSENT())
        phone.correct(visit, doorstep.Right.VISIT(AtDoor.ANSWERED()), "后来开门了")
        door = phone.door_plan(self.street.stairwell, self.round).doors[0]
        self.assertEqual(door.outcome, AtDoor.ANSWERED())
        with self.assertRaises(doorstep.Refused) as refused:
            phone.correct(kept, right, " ")
        self.assertEqual(refused.exception.code, "correct.no_reason")

    def test_the_same_request_writes_once_and_no_other_write_may_bear_it(self) -> None:
        phone = self.phone()
        first = phone.check(self.round, [self.look()], request=request(5))
        again = phone.check(self.round, [self.look()], request=request(5))
        self.assertEqual(first, again)
        self.assertEqual(phone.counters().only_here, 1)
        with self.assertRaises(doorstep.RequestReused):
            phone.check(self.round, [self.look(1)], request=request(5))

    def test_practice_is_recorded_like_work_and_in_no_number_of_today(self) -> None:
        phone = self.phone()
        before = phone.today()
        # A bottle for practice, then what is seen there.
        bottle = phone.add_asset(
            doorstep.NewAsset(
                asset_type="extinguisher.dry_powder",
                place=self.street.doors[0],
                registration=doorstep.Registration.FOUND_UNREGISTERED(),
            ),
            practice=True,
        )
        size = doorstep.NewValue.SIZE("1kg")
        phone.set_field(doorstep.Subject.ASSET(bottle), size, practice=True)
        missing = doorstep.NewLook(asset=bottle, seen=Seen.MISSING())
        phone.check(self.round, [missing], practice=True)
        phone.found(self.hazard(), practice=True)
        self.assertEqual(phone.counters().only_here, 4)
        self.assertEqual(phone.asset(bottle).asset.result, Seen.MISSING())
        self.assertEqual(phone.today(), before)

    def test_every_write_says_which_it_is_who_acts_and_whether_it_is_practice(self) -> None:
        enrolled = self.phone().enrolled()
        assert enrolled is not None
        tap = {"request": request(5), "person": enrolled.persons[0], "practice": True}
        told = {}
        for name, write in inspect.getmembers(Doorstep, inspect.isfunction):
            parameters = inspect.signature(write).parameters
            if "request" in parameters:
                _, *needed = [one for one in parameters.values() if one.default is one.empty]
                inner = unittest.mock.Mock()
                write(Doorstep._of(inner), *[None for _ in needed], **tap)
                told[name] = getattr(inner, name).call_args.args[0]
        self.assertIn("undo_last", told)
        self.assertEqual(told, dict.fromkeys(told, ffi.Tap(**tap)))

    def test_on_a_shared_phone_a_tap_says_who(self) -> None:
        phone = self.phone(persons=2)
        enrolled = phone.enrolled()
        assert enrolled is not None
        self.assertEqual(len(enrolled.persons), 2)
        with self.assertRaises(doorstep.Refused) as refused:
            phone.check(self.round, [self.look()])
        self.assertEqual(refused.exception.code, "act.who")
        phone.check(self.round, [self.look()], person=enrolled.persons[1])
        look = phone.asset(self.street.bottles[0]).history[0]
        self.assertEqual(look.person, enrolled.persons[1])
        with self.assertRaises(doorstep.Refused) as refused:
            phone.undo_last()
        self.assertEqual(refused.exception.code, "act.who")
        self.assertEqual(len(phone.undo_last(person=enrolled.persons[1])), 1)
        self.assertEqual(phone.asset(self.street.bottles[0]).history, [])
        # What was handed on is taken back by an entry, and that is somebody's too.
        phone.check(self.round, [self.look()], person=enrolled.persons[1])
        self.sync(phone)
        phone.undo_last(person=enrolled.persons[1])
        self.assertEqual(phone.asset(self.street.bottles[0]).history, [])

    def test_a_fault_that_the_pack_does_not_know_is_refused_with_its_code(self) -> None:
        with self.assertRaises(doorstep.Refused) as refused:
            self.phone().check(self.round, [self.look(0, Seen.FAULTS(["moonlight"]))])
        self.assertEqual(refused.exception.details["codes"], "moonlight")
        self.assertIn("moonlight", refused.exception.zh)
        self.assertFalse(refused.exception.retryable)

    def test_a_value_of_a_later_version_is_kept_out_of_entries(self) -> None:
        phone = self.phone()
        for write in (
            lambda: phone.visit(self.street.doors[0], self.round, AtDoor.OTHER(9)),
            lambda: phone.check(self.round, [self.look(0, Seen.OTHER("odd"))]),
        ):
            with self.assertRaises(doorstep.BadArgument) as bad:
                write()
            self.assertEqual(bad.exception.code, "call.bad_value")

    def test_today_counts_the_area(self) -> None:
        phone = self.phone()
        low = Seen.FAULTS(["pressure_low"])
        phone.check(self.round, [self.look(0, Seen.MISSING()), self.look(1, low)])
        [today] = phone.today()
        self.assertEqual((today.area, today.name), (self.street.committee, "示范1居委"))
        self.assertEqual((today.doors, today.assets), (24, 48))
        self.assertEqual((today.missing, today.faulty), (1, 1))
        self.assertGreater(today.looks_due, 0)
        self.assertGreater(today.work_overdue, 0)
        self.assertEqual(today.synced_at, EVENING)
        areas = phone.declared_areas()
        self.assertEqual(len(areas), 19)
        self.assertEqual((areas[1].level, areas[1].parent), ("committee", areas[0].area))
        self.assertIsNone(areas[1].until)
        self.assertEqual(phone.areas(), [self.street.committee])
        forms = phone.forms(self.street.committee)
        self.assertEqual(forms.pack, "cn")
        powder = next(one for one in forms.asset_types if one.code == "extinguisher.dry_powder")
        self.assertIn("pressure_low", powder.faults)
        low = next(one for one in forms.faults if one.code == "pressure_low")
        self.assertTrue(low.name.zh and low.name.en and low.severity > 0)
        self.assertIsInstance(low.scrap_at_sight, bool)
        e_bike = next(one for one in forms.hazards if one.code == "e_bike")
        self.assertIn(e_bike.level, (1, 2))
        self.assertIsInstance(e_bike.same_day, bool)
