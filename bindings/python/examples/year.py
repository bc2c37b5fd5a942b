"""A year of an office, from its backup: records by month, and hazards found and put right.

    python year.py tonight.doorstep 2026 --plot year.png

The backup is read, never opened for writing, and nothing is unpacked onto the disk. pandas and
matplotlib are needed for this example only. Run it cell by cell in a notebook as well: each function
gives a table.
"""

# %%
from __future__ import annotations

import argparse
import hashlib
import json
import pathlib
import sqlite3

HEAD = b"doorstep backup 1\n"

#: Local time is +08:00 all year.
LOCAL = 8 * 3600


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


# %% Records by month: a check is an entry of kind 5, a visit of kind 4; 0 counts, the rest is held or out.
def records(store: sqlite3.Connection, year: int):
    """Visits and checks that count, by local month."""
    import pandas

    table = pandas.read_sql_query(
        "SELECT strftime('%Y-%m', time + ?, 'unixepoch') AS month, "
        "count(*) FILTER (WHERE kind = 4) AS visits, count(*) FILTER (WHERE kind = 5) AS checks "
        "FROM entry WHERE standing = 0 AND kind IN (4, 5) GROUP BY month",
        store,
        params=[LOCAL],
        index_col="month",
    )
    return whole_year(table, year)


# %% Hazards by month: found by the time of the finding, put right by the local day of the effective end.
def hazards(store: sqlite3.Connection, year: int):
    """Hazards found and put right, by local month."""
    import pandas

    found, rectified = (
        pandas.read_sql_query(sql, store, params=params, index_col="month")
        for sql, params in (
            (
                "SELECT strftime('%Y-%m', found_at + ?, 'unixepoch') AS month, count(*) AS found "
                "FROM matter WHERE class = 0 AND mark = 0 GROUP BY month",
                [LOCAL],
            ),
            (
                "SELECT strftime('%Y-%m', rectified * 86400, 'unixepoch') AS month, "
                "count(*) AS rectified FROM matter WHERE class = 0 AND mark = 0 "
                "AND rectified IS NOT NULL GROUP BY month",
                [],
            ),
        )
    )
    return whole_year(found.join(rectified, how="outer"), year)


def whole_year(table, year: int):
    """Twelve rows, 0 where nothing was recorded."""
    months = [f"{year}-{month:02}" for month in range(1, 13)]
    return table.reindex(months).fillna(0).astype(int)


# %% Two pictures, one above the other.
def plot(store: sqlite3.Connection, year: int, to: pathlib.Path) -> None:
    """Writes the year as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, 1, figsize=(9, 7), sharex=True)
    records(store, year).plot.bar(ax=above, title=f"{year}: visits and checks", rot=0)
    hazards(store, year).plot.bar(ax=below, title="hazards found and put right", rot=0)
    below.set_xticklabels(range(1, 13))
    below.set_xlabel("month")
    figure.tight_layout()
    figure.savefig(to, dpi=120)


# %%
if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("backup", type=pathlib.Path)
    arguments.add_argument("year", type=int)
    arguments.add_argument("--plot", type=pathlib.Path, metavar="FILE")
    given = arguments.parse_args()
    with open_backup(given.backup) as opened:
        print(records(opened, given.year).to_string())
        print(hazards(opened, given.year).to_string())
        if given.plot:
            plot(opened, given.year, given.plot)
