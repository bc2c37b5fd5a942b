"""What a street seldom brings: rarer values of every list, and values of later versions."""

from __future__ import annotations

import datetime
import unittest.mock

from street import StreetTest

import doorstep
from doorstep import (
    AreaId,
    AuthorTag,
    CaseEvent,
    CaseState,
    Factory,
    Field,
    LogLevel,
    Month,
    NewAsset,
    NewPlace,
    NewService,
    NewStep,
    NewValue,
    PlaceKind,
    Registration,
    Role,
    ServiceKind,
    Subject,
)
from doorstep import doorstep_ffi as ffi


class Later(StreetTest):
    def test_what_only_an_office_or_a_later_version_says(self) -> None:
        sample = ffi.sample()
        self.assertEqual(
            sample.states,
            [
                CaseState.NOTHING(),
                CaseState.FOUND(),
                CaseState.REGISTERED(),
                CaseState.MERGED(),
                CaseState.FIXED_ON_SPOT(),
                CaseState.DISPATCHED(),
                CaseState.ACCEPTED(),
                CaseState.RETURNED(),
                CaseState.RECTIFYING(),
                CaseState.REPORTED(),
                CaseState.RECHECK_PASSED(),
                CaseState.RECHECK_FAILED(),
                CaseState.CLOSED(),
                CaseState.PARKED(),
                CaseState.HANDED_OVER(),
                CaseState.RELAPSED(),
                CaseState.OTHER("moonlit"),
            ],
        )
        self.assertEqual(sample.event, CaseEvent.OTHER("moonlit"))
        self.assertEqual(sample.role, Role.OTHER(99))
        summary = sample.summary
        self.assertEqual((summary.confirmed, summary.received, summary.round_trips), (1, 2, 3))
        self.assertEqual((summary.bytes_sent, summary.bytes_received), (4, 5))
        assert summary.limited is not None
        self.assertEqual((summary.limited.code, summary.limited.details), ("office.moonlit", []))
        [notice] = summary.notices
        self.assertEqual((notice.code, notice.number), ("vet.marks", 7))
        self.assertEqual(notice.author, AuthorTag("AQIDBA"))
        self.assertEqual(notice.words, doorstep.words("vet.marks"))
        self.assertEqual(doorstep.words("office.moonlit").zh, "office.moonlit")
        self.assertEqual(sample.address.addresses, ["https://office.example"])
        self.assertEqual(sample.address.keys_sha256, [bytes([1] * 32)])
        area = sample.area
        self.assertEqual(
            (area.area, area.name, area.level), (AreaId("310101"), "黄浦区", "district")
        )
        self.assertEqual((area.parent, area.until), (None, datetime.date(2026, 12, 1)))

    def test_every_role_is_granted(self) -> None:
        roles = [
            Role.VOLUNTEER(),
            Role.CLERK(),
            Role.STATION(),
            Role.STREET(),
            Role.DEPARTMENT(),
            Role.FIRE_BODY(),
            Role.AUDITOR(),
        ]
        for seed, role in enumerate(roles):
            phone = self.blank(seed)
            phone.enrol(self.office.invite(role, 1))
            self.assertEqual(phone.enrolled().role, role)  # type: ignore[union-attr]
        with self.assertRaises(ffi.DoorstepError.BadArgument):
            self.office.invite(Role.OTHER(99), 1)

    def test_a_case_goes_through_every_hand(self) -> None:
        phone = self.phone(1)
        clerk = self.phone(2, role=Role.CLERK())
        department = self.phone(3, role=Role.DEPARTMENT())
        fire = self.phone(4, role=Role.FIRE_BODY())
        case = phone.found(self.hazard(level=2))

        def step(by: doorstep.Doorstep, event: CaseEvent, **more: object) -> None:
            self.clock.advance(60)
            for one in (phone, clerk, department, fire):
                self.sync(one)
            self.sync(by)
            by.case_step(case, NewStep(event=event, **more))
            self.sync(by)

        day = datetime.date(2026, 12, 24)
        step(clerk, CaseEvent.REGISTERED())
        step(clerk, CaseEvent.DISPATCHED(), body="物业", day=day)
        step(department, CaseEvent.RETURNED(), note="不归我们")
        step(clerk, CaseEvent.DISPATCHED(), body="房管", day=day)
        step(department, CaseEvent.ACCEPTED())
        step(department, CaseEvent.RECTIFYING())
        step(clerk, CaseEvent.PARKED(), day=day, note="等材料")
        step(department, CaseEvent.RECTIFYING())
        step(department, CaseEvent.REPORTED())
        step(phone, CaseEvent.RECHECKED(), passed=True)
        step(clerk, CaseEvent.CLOSED())
        step(phone, CaseEvent.RELAPSED())
        step(phone, CaseEvent.SUSPECTED3())
        step(clerk, CaseEvent.SUSPICION_WITHDRAWN(), note="看过了")
        step(fire, CaseEvent.JUDGED3())
        page = fire.case(case)
        states = [event.state for event in page.events if event.state]
        self.assertEqual(states[-4:], [CaseState.RELAPSED()] * 4)
        self.assertIn(CaseState.CLOSED(), states)
        self.assertEqual((page.case.level, page.case.claims), (3, 0))
        other = phone.found(self.hazard(level=1))
        phone.case_step(other, NewStep(event=CaseEvent.FIXED_ON_SPOT(), note="推走了"))
        self.assertFalse(phone.case(other).case.open)
        with self.assertRaises(doorstep.BadArgument):
            phone.case_step(other, NewStep(event=CaseEvent.OTHER("moonlit")))

    def test_every_service_and_registration_is_written(self) -> None:
        phone = self.phone()
        month = Month("2026-10")
        for kind in (
            ServiceKind.SERVICED(),
            ServiceKind.PRESSURE_TESTED(),
            ServiceKind.BATTERY(),
            ServiceKind.TAKEN_AWAY(),
            ServiceKind.BROUGHT_BACK(),
            ServiceKind.SCRAPPED(),
        ):
            phone.service(self.street.bottles[0], NewService(kind=kind, month=month))
        self.assertEqual(phone.asset(self.street.bottles[0]).asset.ended, month)
        for registration in (
            Registration.REGISTERED(),
            Registration.HANDED_OUT(),
            Registration.IMPORTED(),
        ):
            asset = NewAsset(
                asset_type="alarm.smoke",
                place=self.street.doors[0],
                registration=registration,
                batch=self.street.batch,
                factory=Factory.NOT_RECORDED(),
            )
            phone.add_asset(asset)
        for wrong in (
            lambda: phone.service(
                self.street.bottles[1], NewService(kind=ServiceKind.OTHER(99), month=month)
            ),
            lambda: phone.add_place(NewPlace(kind=PlaceKind.OTHER(99), name="x")),
            lambda: phone.add_asset(
                NewAsset(
                    asset_type="alarm.smoke",
                    place=self.street.doors[0],
                    registration=Registration.OTHER(99),
                )
            ),
            lambda: phone.found(
                doorstep.NewCase(
                    about=doorstep.CaseClass.OTHER(99), kind="e_bike", place=self.street.stairwell
                )
            ),
        ):
            with self.assertRaises(doorstep.BadArgument) as bad:
                wrong()
            self.assertEqual(bad.exception.details["text"], "99")

    def test_fields_that_cannot_be_empty_stay(self) -> None:
        phone = self.phone()
        door = Subject.PLACE(self.street.doors[0])
        phone.add_place(NewPlace(kind=PlaceKind.ESTATE(), name="示范里"))
        for field in (Field.ORDER(), Field.HOUSEHOLD_STATE()):
            phone.set_field(door, NewValue.NOTHING(field))
        with self.assertRaises(doorstep.Refused) as refused:
            phone.set_field(door, NewValue.NOTHING(Field.NAME()))
        self.assertEqual(refused.exception.code, "field.wrong_value")

    def test_labels_stand_on_screens(self) -> None:
        phone, other = self.phone(1), self.phone(2)
        clerk = self.phone(3, role=Role.CLERK())
        door, bottle = phone.next_label(), other.next_label()
        phone.set_field(Subject.PLACE(self.street.doors[0]), NewValue.LABEL(door))
        other.set_field(Subject.ASSET(self.street.bottles[0]), NewValue.LABEL(bottle))
        phone.check(self.round, [self.look(0)])
        other.check(self.round, [self.look(0, doorstep.Seen.MISSING())])
        for one in (phone, other, clerk):
            self.sync(one)
        self.assertEqual([one.label for one in clerk.disputes(self.street.committee)], [bottle])
        doors = clerk.places(self.street.committee, self.street.stairwell)
        self.assertEqual(next(doors).label, door)

    def test_every_list_comes_in_pages(self) -> None:
        one, other = self.phone(1), self.phone(2)
        clerk = self.phone(3, role=Role.CLERK())
        for door in range(5):
            one.found(self.hazard())
            one.check(self.round, [self.look(door)])
            other.check(self.round, [self.look(door, doorstep.Seen.MISSING())])
        for phone in (one, other, clerk):
            self.sync(phone)
        with unittest.mock.patch("doorstep.replica._PAGE", 2):
            area = self.street.committee
            for rows, count in (
                (clerk.disputes(area), 5),
                (clerk.cases(area), 5),
                (clerk.assets(area), 48),
                (clerk.places(area, self.street.stairwell), 24),
            ):
                self.assertEqual(len({str(vars(row)) for row in rows}), count)

    def test_the_log_tells_as_much_as_is_asked(self) -> None:
        phone = self.phone()
        for level, lines in (
            (LogLevel.ERROR, 0),
            (LogLevel.WARN, 1),
            (LogLevel.INFO, 1),
            (LogLevel.DEBUG, 2),
        ):
            phone.set_log_level(level)
            with self.assertRaises(doorstep.Refused):
                phone.enrol("nonsense")
            with self.assertRaises(doorstep.BadArgument):
                phone.visit(self.street.doors[0], self.round, doorstep.AtDoor.OTHER(9))
            self.assertEqual(len(phone.log().lines), lines, level)
