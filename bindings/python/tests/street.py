"""What the tests stand on: an office and phones in memory, a clock that the test moves."""

from __future__ import annotations

import atexit
import datetime
import os
import pathlib
import unittest
import uuid

import doorstep
from doorstep import Doorstep
from doorstep import doorstep_ffi as ffi

if told := os.environ.get("DOORSTEP_CROSSED"):
    # For the table of what is tested in which language.
    atexit.register(lambda: pathlib.Path(told).write_text("\n".join(ffi.crossed())))

if broken := os.environ.get("DOORSTEP_BREAK"):
    # Tests that notice nothing test nothing.
    ffi.break_on_purpose(broken)

EVENING = datetime.datetime(2026, 11, 25, 11, 0, tzinfo=datetime.timezone.utc)
"""19:00 in the committee."""


class StreetTest(unittest.TestCase):
    """A test in the demo street."""

    def setUp(self) -> None:
        self.clock = ffi.FakeClock.at(EVENING)
        self.office = ffi.DemoOffice.make(self.clock, 7)
        self.street = self.office.street()
        self.round = doorstep.Round.PLAN(self.street.plan)

    def phone(self, seed: int = 1, *, role: ffi.Role | None = None, persons: int = 1) -> Doorstep:
        """A phone that is enrolled and holds the street."""
        phone = self.blank(seed)
        phone.enrol(self.office.invite(role or doorstep.Role.VOLUNTEER(), persons))
        self.sync(phone)
        return phone

    def blank(self, seed: int = 1, folder: str | None = None) -> Doorstep:
        """A phone that belongs to nobody."""
        inner = ffi.open_for_test(folder, None, f"phone {seed}".encode(), self.clock, seed)
        phone = Doorstep._of(inner)
        self.addCleanup(phone.close)
        return phone

    def sync(self, phone: Doorstep) -> doorstep.Summary:
        return phone.sync(self.office.answer)

    def look(self, door: int = 0, seen: ffi.Seen | None = None, **more: object) -> ffi.NewLook:
        """A look at the bottle of a door."""
        seen = seen or doorstep.Seen.NORMAL()
        return doorstep.NewLook(asset=self.street.bottles[door], seen=seen, **more)

    def hazard(self, **more: object) -> ffi.NewCase:
        """An e-bike in the stairwell."""
        about = doorstep.CaseClass.HAZARD()
        return doorstep.NewCase(about=about, kind="e_bike", place=self.street.stairwell, **more)


def request(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)
