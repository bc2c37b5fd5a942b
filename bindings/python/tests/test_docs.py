"""What the quick start of the documentation does."""

from __future__ import annotations

import tempfile
import unittest.mock
from collections.abc import Callable

import quick_start
from street import StreetTest

import doorstep
from doorstep import OfficeLink
from doorstep import doorstep_ffi as ffi


class Docs(StreetTest):
    def test_the_quick_start_does_what_it_says(self) -> None:
        # The package is the real one. What it stands on is the demo street's, unencrypted.
        with (
            tempfile.TemporaryDirectory() as home,
            unittest.mock.patch.object(ffi.Doorstep, "open", self.opening_in(home)),
            unittest.mock.patch.object(OfficeLink, "_carry", self.carry),
        ):
            told = quick_start.run(self.office.invite(doorstep.Role.VOLUNTEER(), 1))
        self.assertRegex(told[0], r"示范1居委 24 doors, \d+ looks due")
        # Every door, its bottle and its alarm, and the list of the round; then one look more.
        self.assertEqual(told[1:], ["73 received by the office", "74 received by the office"])

    def opening_in(self, home: str) -> Callable[[str, bytes | None, bytes], ffi.Doorstep]:
        def opened(folder: str, key: bytes | None, marker: bytes) -> ffi.Doorstep:
            self.assertEqual(len(key or b""), 32)
            return ffi.open_for_test(f"{home}/{folder}", None, marker, self.clock, 1)

        return opened

    def carry(self, address: str, request: bytes) -> bytes:
        self.assertIn("://", address)
        return self.office.answer(request)
