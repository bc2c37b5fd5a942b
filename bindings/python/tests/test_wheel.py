"""The wheel, as pip installs it."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import unittest
import venv

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
            # An environment of its own: nothing of the system is seen or written.
            place = pathlib.Path(folder) / "venv"
            venv.create(place, with_pip=True)
            python = place / "bin" / "python"
            pip = [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
            pip += ["--disable-pip-version-check", made.stdout.strip()]
            environment = {"PATH": "/usr/bin:/bin"}
            subprocess.run(pip, check=True, env=environment)
            script = (
                "import doorstep; phone = doorstep.Doorstep('phone', marker=b'm');"
                "print(phone.areas(), doorstep.__file__); phone.close()"
            )
            told = subprocess.run(
                [python, "-I", "-c", script],
                check=True,
                capture_output=True,
                text=True,
                cwd=folder,
                env=environment,
            )
            areas, file = told.stdout.split()
            self.assertEqual(areas, "[]")
            self.assertTrue(pathlib.Path(file).is_relative_to(place.resolve()), file)
