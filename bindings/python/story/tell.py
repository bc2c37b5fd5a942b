"""The story in Python: one evening against a real office, and what is read back of it.

``tell.py SCENE.json`` prints the canonical JSON of what this language reads through its public API.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import sys
import time
from typing import Any

import doorstep
from doorstep import AreaId, AssetId, AtDoor, Doorstep, NewLook, OfficeLink, PlaceId, Round, Seen

TRIES = 200
"""Most tries to get through the link."""

OUTCOMES = {
    "answered": AtDoor.ANSWERED(),
    "absent": AtDoor.ABSENT(),
    "refused": AtDoor.REFUSED(),
    "empty": AtDoor.EMPTY(),
}


class Teller:
    """Tells one scene."""

    def __init__(self, scene: dict[str, Any]) -> None:
        self.scene = scene
        self.script = scene["script"]
        self.area = AreaId(self.script["area"])
        self.folder = pathlib.Path(scene["folder"])
        keys = scene["keys"]
        self.keys = [bytes.fromhex(key) for key in keys] if keys else None

    def tell(self) -> dict[str, Any]:
        """Tells it and reads back what it left."""
        zhang = self.phone("zhang", b"zhang")
        zhang.enrol(self.scene["invitations"][0])
        sync(zhang)
        stranger = self.stranger(zhang)
        undone = self.evening(zhang)
        before = zhang.counters().only_here
        sync(zhang)

        li = self.phone("li", b"li")
        li.enrol(self.scene["invitations"][1])
        sync(li)
        round = li.open_round(self.building(li))
        other = asset(li, self.script["contradicted"])
        next_second()
        li.check(round, [NewLook(asset=other, seen=Seen.MISSING())])
        sync(li)
        sync(zhang)

        author = enrolled(zhang).author
        zhang.close()
        refusals = self.refusals("zhang")
        shutil.copytree(self.folder / "zhang", self.folder / "restored")
        restored = self.phone("restored", b"another phone")
        again = asset(restored, self.script["photo_of"])
        next_second()
        restored.check(round, [NewLook(asset=again, seen=Seen.FAULTS(["pressure_low"]))])
        sync(restored)
        sync(li)

        counters = restored.counters()
        told = {
            "stranger": stranger,
            "undone": undone,
            "only_here_before": before,
            "refusals": refusals,
            "restored_is_another_author": enrolled(restored).author != author,
            "both_phones_agree": restored.checksum(self.area) == li.checksum(self.area),
            "counters": [
                counters.only_here,
                counters.received,
                counters.held,
                counters.left_out,
            ],
            "today": self.today(restored),
            "doors": self.doors(restored, round),
            "hazards": self.hazards(restored),
            "full_disk": self.full_disk(),
        }
        li.close()
        restored.close()
        return told

    def phone(self, name: str, marker: bytes) -> Doorstep:
        key = self.keys[0] if self.keys else None
        return Doorstep(self.folder / name, key=key, marker=marker)

    def building(self, phone: Doorstep) -> PlaceId:
        return next(
            place.id for place in phone.places(self.area) if place.name == self.script["building"]
        )

    def evening(self, phone: Doorstep) -> int:
        """The doors, the photo, the hazards, the mistake."""
        building = self.building(phone)
        round = phone.open_round(building)
        places = {door.place.name: door.place.id for door in phone.door_plan(building).doors}
        for door in self.script["doors"]:
            phone.visit(places[door["name"]], round, OUTCOMES[door["outcome"]])
            if door["outcome"] == "answered":
                phone.check(round, [look(asset(phone, door["label"]), door)])
        photo = doorstep.name_photo(self.scene["photo"])
        photographed = asset(phone, self.script["photo_of"])
        phone.check(round, [NewLook(asset=photographed, seen=Seen.NORMAL(), photos=[photo])])
        for hazard in self.script["hazards"]:
            phone.found(
                doorstep.NewCase(
                    about=doorstep.CaseClass.HAZARD(),
                    kind=hazard["kind"],
                    place=building,
                    level=hazard["level"],
                    note=hazard["note"],
                    round=round,
                )
            )
        mistaken = asset(phone, self.script["undone"])
        phone.check(round, [NewLook(asset=mistaken, seen=Seen.MISSING())])
        return len(phone.undo_last())

    def stranger(self, phone: Doorstep) -> str:
        """What becomes of a request to somebody with another key."""
        address = phone.office_address()
        address.addresses = [self.scene["stranger"]]
        try:
            OfficeLink(address)(b"hello")
        except doorstep.LinkError as error:
            return "refused" if "another key" in str(error) else "talked to"
        return "talked to"

    def refusals(self, name: str) -> list[str]:
        """What a wrong key, and a missing one, are answered."""

        def code(key: bytes | None) -> str:
            try:
                Doorstep(self.folder / name, key=key, marker=name.encode()).close()
            except doorstep.StoreError as error:
                return error.code
            return "opened"

        return [code(self.keys[1]), code(None)] if self.keys else [code(bytes([0x4B] * 32))]

    def full_disk(self) -> list[str | None] | None:
        """What a full disk is answered, and that nothing was lost by it."""
        if self.scene["small_disk"] is None:
            return None
        key = self.keys[0] if self.keys else None
        with Doorstep(
            pathlib.Path(self.scene["small_disk"]) / "phone", key=key, marker=b"small"
        ) as phone:
            phone.set_draft("before", "有电")
            code = "never full"
            for number in range(TRIES):
                try:
                    phone.set_draft(str(number), "满" * 20_000)
                except doorstep.StoreError as error:
                    code = error.code
                    break
            return [code, phone.draft("before")]

    def today(self, phone: Doorstep) -> dict[str, Any]:
        [today] = phone.today([self.area])
        return {
            "name": today.name,
            "doors": today.doors,
            "assets": today.assets,
            "listed": len(list(phone.assets(self.area))),
            "missing": today.missing,
            "faulty": today.faulty,
            "open_cases": today.open_cases,
            "disputes": today.disputes,
        }

    def doors(self, phone: Doorstep, round: Round) -> list[dict[str, Any]]:
        plan = phone.door_plan(self.building(phone), round)
        doors = [
            {
                "name": door.place.name,
                "outcome": next(
                    (name for name, one in OUTCOMES.items() if one == door.outcome), None
                ),
                "answered": door.answered,
                "bottles": [bottle(phone, one) for one in door.assets],
            }
            for door in plan.doors
        ]
        return sorted(doors, key=lambda door: door["name"].encode())

    def hazards(self, phone: Doorstep) -> list[list[Any]]:
        lines = [
            [case.note, case.kind, case.level, state(case.state)] for case in phone.cases(self.area)
        ]
        return sorted(lines, key=lambda line: (line[0].encode(), line[1], line[2]))


def sync(phone: Doorstep) -> None:
    """Exchanges until nothing is left, through a link that cuts."""
    carry = OfficeLink(phone.office_address())
    for _ in range(TRIES):
        try:
            phone.sync(carry)
            return
        except doorstep.LinkError:
            continue
    raise RuntimeError("the link never let anything through")


def next_second() -> None:
    """Entries tell time in seconds, and in one second the order of two phones is anybody's: what comes
    after something in the story comes in a later one."""
    time.sleep(1.1)


def enrolled(phone: Doorstep) -> doorstep.Enrolled:
    who = phone.enrolled()
    assert who is not None
    return who


def asset(phone: Doorstep, label: str) -> AssetId:
    [bearer] = phone.bearers(label)
    assert bearer.asset is not None
    return bearer.asset


def look(of: AssetId, door: dict[str, Any]) -> NewLook:
    seen: Any = Seen.FAULTS(door["faults"]) if door["faults"] else Seen.NORMAL()
    return NewLook(asset=of, seen=Seen.MISSING() if door["missing"] else seen, note=door["note"])


def bottle(phone: Doorstep, one: doorstep.DoorAsset) -> dict[str, Any]:
    view = one.asset
    return {
        "label": view.label,
        "factory": factory(view.factory),
        "result": view.result and result(view.result),
        "disputes": view.waiting,
        "checked": one.checked,
        "looks": [
            [
                result(past.result),
                past.note,
                len(past.photos),
                past.superseded_by is not None,
                past.waiting,
            ]
            for past in phone.asset(view.id).history
        ],
        "due": [[owed.kind, owed.due_month and owed.due_month.text] for owed in view.owed],
    }


def result(seen: Any) -> Any:
    """``normal``, ``missing``, or a list of faults."""
    if seen.is_FAULTS():
        return seen.codes
    return "missing" if seen.is_MISSING() else "normal"


def factory(made: Any) -> str | None:
    if made.is_MADE():
        return made.month.text
    return "unreadable" if made.is_UNREADABLE() else None


def state(of: Any) -> str:
    return "found" if of.is_FOUND() else repr(of)


if __name__ == "__main__":
    scene = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    told = Teller(scene).tell()
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
