"""Makes the wheel of a package folder that xtask put together: ``wheel.py FOLDER OUT VERSION``.

A wheel is a zip with three files of its own. Standard library only: nothing is fetched to build it.
"""

from __future__ import annotations

import base64
import hashlib
import pathlib
import sys
import sysconfig
import zipfile

NAME = "doorstep"

WHEEL = """\
Wheel-Version: 1.0
Generator: doorstep
Root-Is-Purelib: false
Tag: {tag}
"""

METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: {version}
Summary: Doorstep (上门): inspection work where there is no signal
License: Apache-2.0 OR MIT
Requires-Python: >=3.10
"""

#: The same bytes from the same files: no file has a time of its own.
_TIME = (1980, 1, 1, 0, 0, 0)


def make(folder: pathlib.Path, out: pathlib.Path, version: str) -> pathlib.Path:
    """Writes the wheel of ``folder/doorstep`` into ``out``. Returns its path."""
    tag = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    info = f"{NAME}-{version}.dist-info"
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / NAME).iterdir())
        if path.suffix in {".py", ".so", ".dylib"} or path.name == "py.typed"
    }
    files[f"{info}/METADATA"] = METADATA.format(name=NAME, version=version).encode()
    files[f"{info}/WHEEL"] = WHEEL.format(tag=tag).encode()
    record = "".join(f"{name},sha256={_hash(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    out.mkdir(parents=True, exist_ok=True)
    wheel = out / f"{NAME}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return wheel


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    print(make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]))
