"""The quick start of the documentation, run as it is written."""

from __future__ import annotations

import contextlib
import io
import pathlib
import re
import unittest.mock

from street import StreetTest

import doorstep

GUIDE = pathlib.Path(__file__).parents[3] / "docs" / "bindings.md"


class Docs(StreetTest):
    def test_the_quick_start_does_what_it_says(self) -> None:
        guide = GUIDE.read_text(encoding="utf-8")
        [code] = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
        invitation = self.office.invite(doorstep.Role.VOLUNTEER(), 1)
        printed = io.StringIO()
        with (
            unittest.mock.patch("doorstep.Doorstep", lambda *_, **__: self.blank()),
            unittest.mock.patch("doorstep.OfficeLink", lambda address: self.office.answer),
            contextlib.redirect_stdout(printed),
        ):
            exec(compile(code, str(GUIDE), "exec"), {"invitation": invitation})
        first, last = printed.getvalue().splitlines()
        self.assertRegex(first, r"示范1居委 24 doors, \d+ looks due")
        # Every door, its bottle and its alarm, and the list of the round.
        self.assertEqual(last, "73 received by the office")
