"""The wheel, as pip installs it."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import unittest

import doorstep

HERE = pathlib.Path(__file__).parent


class Wheel(unittest.TestCase):
    def test_what_pip_installed_opens_a_replica(self) -> None:
        package = pathlib.Path(doorstep.__file__).parent.parent
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run(
                [sys.executable, HERE.parent / "wheel.py", package, folder, "0.1.0"],
                check=True,
                capture_output=True,
                text=True,
            )
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
            pip += ["--disable-pip-version-check", "--root-user-action=ignore", "--no-compile"]
            site = pathlib.Path(folder) / "site"
            subprocess.run([*pip, "--target", site, made.stdout.strip()], check=True)
            script = (
                "import doorstep; phone = doorstep.Doorstep('phone', marker=b'm');"
                "print(phone.areas(), doorstep.__file__)"
            )
            told = subprocess.run(
                [sys.executable, "-c", script],
                check=True,
                capture_output=True,
                text=True,
                cwd=folder,
                env={"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
            )
            self.assertEqual(told.stdout.split(), ["[]", str(site / "doorstep/__init__.py")])
