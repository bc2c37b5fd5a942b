"""The quick start of the documentation, run as it is written.

``quick_start.py SCENE.json`` runs it with the package that is installed, against the office of a scene of
the story; ``cargo xtask release-check`` does so with the wheel.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pathlib
import re
import sys
from typing import Any

import doorstep

GUIDE = pathlib.Path(__file__).parents[3] / "docs" / "bindings.md"


def run(invitation: str) -> list[str]:
    """Runs it in this folder. Returns the lines that it prints."""
    guide = GUIDE.read_text(encoding="utf-8")
    names = {"invitation": invitation}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for code in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
            exec(compile(code, "the quick start", "exec"), names)
    return printed.getvalue().splitlines()


def first_evening(scene: dict[str, Any]) -> list[str]:
    """What it prints in the scene's folder, and what the same folder is answered without a key."""
    os.chdir(scene["folder"])
    told = run(scene["invitations"][0])
    try:
        doorstep.Doorstep("phone", marker=b"")
    except doorstep.StoreError as error:
        return [*told, error.code]
    return [*told, "opened without a key"]


if __name__ == "__main__":
    told = first_evening(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))
    # A visit and a look at each door, and the list of the round; then one look more.
    expected = ["49 received by the office", "50 received by the office", "store.key_mismatch"]
    if not re.fullmatch(r"大兴居委会 24 doors, \d+ looks due", told[0]) or told[1:] != expected:
        sys.exit(f"the quick start ends otherwise: {told}")
    if not pathlib.Path(doorstep.__file__).is_relative_to(sys.prefix):
        sys.exit(f"this is not the installed package: {doorstep.__file__}")
    print(json.dumps(told))
