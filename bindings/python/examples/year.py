"""A year of an office, from its backup: visits, checks, hazards found and put right, by month.

    python year.py tonight.doorstep 2026
    python year.py tonight.doorstep 2026 --json
    python year.py tonight.doorstep 2026 --plot year.png

The backup is read, never opened for writing, and nothing is unpacked onto the disk. Counting needs Python
3.11 alone; pandas and matplotlib are for the picture. Run it cell by cell in a notebook as well.

A month in which nobody looked is a gap, not a zero: 0 is said only where a round, or a closed ledger,
covers the month in every area, as ``doorstep report`` does. What is put right is what its lines
``S12.hazards`` and ``S19`` measure together.
"""

# %%
from __future__ import annotations

import argparse
import collections
import contextlib
import datetime
import hashlib
import json
import pathlib
import sqlite3

HEAD = b"doorstep backup 1\n"


# %% The backup: a line that says what it is, a line of JSON that lists the parts, the parts.
def open_backup(path: pathlib.Path) -> sqlite3.Connection:
    """The store inside a backup, in memory and read only."""
    with path.open("rb") as backup:
        if backup.readline() != HEAD:
            raise ValueError(f"{path} is no backup that this example can read")
        parts = json.loads(backup.readline())["parts"]
        for part in parts:
            data = backup.read(part["length"])
            if hashlib.sha256(data).hexdigest() != part["sha256"]:
                raise ValueError(f"{path} is damaged: {part['name']}")
            if part["name"] == "doorstep.db":
                store = sqlite3.connect(":memory:")
                # A store in memory has no log beside it: bytes 18 and 19 say so.
                store.deserialize(data[:18] + b"\x01\x01" + data[20:])
                store.execute("PRAGMA query_only = 1")
                return store
    raise ValueError(f"{path} holds no store")


# %% What is counted: each row one thing, with its local month. Entry kind 4 is a visit, 5 a check;
# standing 0 counts, the rest is held or out. Marked rows are practice or generated. A case is put right on
# the local day of its effective end, unless it is open again.
COUNTED = {
    "visits": "SELECT strftime('%Y-%m', time + 28800, 'unixepoch') FROM entry "
    "WHERE kind = 4 AND standing = 0",
    "checks": "SELECT strftime('%Y-%m', time + 28800, 'unixepoch') FROM entry "
    "WHERE kind = 5 AND standing = 0",
    "found": "SELECT strftime('%Y-%m', found_at + 28800, 'unixepoch') FROM matter "
    "WHERE class = 0 AND mark = 0 AND duplicate = 0",
    "rectified": "SELECT strftime('%Y-%m', rectified * 86400, 'unixepoch') FROM matter "
    "WHERE class = 0 AND mark = 0 AND rectified IS NOT NULL",
}


def months(year: int) -> list[str]:
    """The months of a year."""
    return [f"{year}-{month:02}" for month in range(1, 13)]


# %% Which months are covered. Areas that hold others record nothing themselves.
def covered(store: sqlite3.Connection) -> dict[str, set[str]]:
    """By area that records and is not over: the months that a round or closed ledger covers."""
    cover: dict[str, set[str]] = {
        code: set()
        for (code,) in store.execute(
            "SELECT code FROM area_row WHERE until IS NULL AND code NOT IN "
            "(SELECT parent FROM area_row WHERE parent IS NOT NULL AND until IS NULL)"
        )
    }
    worked = "EXISTS (SELECT 1 FROM entry e WHERE e.document = d.id AND e.kind IN (4, 5))"
    rounds = store.execute(
        "SELECT a.code, r.first_day, r.last_day FROM round r JOIN area a ON a.id = r.area WHERE "
        f"r.closed IS NOT NULL OR EXISTS (SELECT 1 FROM document d WHERE d.round = r.id AND {worked})"
    )
    spans = [(code, first, last) for code, first, last in rounds]
    # The key of a round that nobody planned is its day.
    unplanned = store.execute(
        "SELECT DISTINCT a.code, d.round FROM document d JOIN area a ON a.id = d.area "
        f"WHERE d.kind = 2 AND length(d.round) = 4 AND {worked}"
    )
    for code, key in unplanned:
        day = int.from_bytes(key, "big")
        spans.append((code, day, day))
    for code, first, last in spans:
        day = month_of(first)
        while code in cover and day <= month_of(last):
            cover[code].add(day.strftime("%Y-%m"))
            day = (day + datetime.timedelta(days=31)).replace(day=1)
    closed = "SELECT a.code, c.month FROM month_close c JOIN area a ON a.id = c.area"
    for code, month in store.execute(closed):
        if code in cover:
            cover[code].add(month)
    return cover


def month_of(day: int) -> datetime.date:
    """The first day of the month of a local day, counted from 1970."""
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).replace(day=1)


# %% The year.
def count(store: sqlite3.Connection, year: int) -> dict[str, dict[str, int | None]]:
    """Each number by month, and of the whole ``year``; ``None`` is a gap."""
    cover = covered(store).values()
    whole = [month for month in months(year) if month <= this_month()]

    def told(number: int, period: list[str]) -> int | None:
        is_covered = period and cover and all(set(period) <= area for area in cover)
        return number if number or is_covered else None

    counted = {}
    for name, sql in COUNTED.items():
        by_month = collections.Counter(month for (month,) in store.execute(sql))
        numbers = {month: told(by_month[month], [month]) for month in months(year)}
        numbers["year"] = told(sum(by_month[month] for month in whole), whole)
        counted[name] = numbers
    return counted


def this_month() -> str:
    """The month that it is in the committee."""
    local = datetime.timezone(datetime.timedelta(hours=8))
    return datetime.datetime.now(local).strftime("%Y-%m")


def table(counted: dict[str, dict[str, int | None]]) -> str:
    """It for the eye: a dash is a gap."""
    lines = ["month    " + "".join(f"{name:>11}" for name in counted)]
    for period in next(iter(counted.values())):
        cells = ("—" if line[period] is None else line[period] for line in counted.values())
        lines.append(f"{period:9}" + "".join(f"{cell:>11}" for cell in cells))
    return "\n".join(lines)


# %% Two pictures, one above the other. A dash is a month of which nobody knows: it is no zero.
def plot(counted: dict[str, dict[str, int | None]], year: int, to: pathlib.Path) -> None:
    """Writes the year as a picture."""
    import matplotlib
    import pandas

    matplotlib.use("Agg")
    from matplotlib import pyplot

    frame = pandas.DataFrame(counted, dtype="float").loc[months(year)]
    figure, both = pyplot.subplots(2, 1, figsize=(11, 7), sharex=True)
    for axes, columns, title in [
        (both[0], ["visits", "checks"], f"{year}: visits and checks"),
        (both[1], ["found", "rectified"], "hazards found and put right"),
    ]:
        part = frame[columns]
        part.plot.bar(ax=axes, title=title, rot=0, width=0.8)
        # Told apart by more than their colour, and every bar by its number: 0 has no height.
        for bars, column, hatch in zip(axes.containers, columns, ("", "//"), strict=True):
            for bar in bars:
                bar.set_hatch(hatch)
            values = ("" if pandas.isna(value) else f"{value:g}" for value in part[column])
            axes.bar_label(bars, labels=list(values), fontsize=8)
        for at, gap in enumerate(part.isna().all(axis="columns")):
            if gap:
                axes.text(at, 0, "—", ha="center", va="bottom")
        axes.legend()
        axes.margins(y=0.15)
        axes.set_ylim(bottom=0)
        if part.isna().all(axis=None):
            axes.set_ylim(0, 1)
            axes.set_yticks([])
    both[1].set_xticklabels(range(1, 13))
    both[1].set_xlabel("month; — not known")
    figure.tight_layout()
    figure.savefig(to, dpi=120)


# %%
if __name__ == "__main__":
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("backup", type=pathlib.Path)
    arguments.add_argument("year", type=int)
    arguments.add_argument("--json", action="store_true", help="for other programs; null is a gap")
    arguments.add_argument("--plot", type=pathlib.Path, metavar="FILE")
    given = arguments.parse_args()
    with contextlib.closing(open_backup(given.backup)) as opened:
        year = count(opened, given.year)
    print(json.dumps(year) if given.json else table(year))
    if given.plot:
        plot(year, given.year, given.plot)
