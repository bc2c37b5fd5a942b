"""A replica, open for this process: a call blocks its thread until the work is done.

Every write takes a request id, its own when none is given: the same id again gives the same result and
writes nothing. What the calls mean is the library's; here they get Python's shape.
"""

from __future__ import annotations

import datetime
import json
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

from . import doorstep_ffi as _ffi
from .errors import own_errors
from .handed import own
from .names import AreaId, AssetId, AuthorTag, CaseId, EntryId, PersonId, PhotoHash, PlaceId

__all__ = ["Doorstep", "PeerTalk", "name_photo", "rescue", "words"]

#: Rows that one question for a page asks for.
_PAGE = 200

#: How long a blocking wait for a change holds its thread, so that Ctrl-C is heard.
_WAIT_MS = 250


class Doorstep:
    """A replica. Close it, or use it in a ``with`` block."""

    def __init__(
        self, folder: str | os.PathLike[str], *, key: bytes | None = None, marker: bytes
    ) -> None:
        """Opens or makes the replica in ``folder``.

        ``key`` has 32 bytes and is given exactly when the library encrypts. ``marker`` is a random
        value kept where backups do not go: another one than last time means a restored or cloned
        folder, and the replica goes on as a new author. What cannot be read is neither deleted nor
        made anew.
        """
        with own_errors():
            self._inner = _ffi.Doorstep.open(os.fspath(folder), key, marker)

    @classmethod
    def _of(cls, inner: _ffi.Doorstep) -> Doorstep:
        made = cls.__new__(cls)
        made._inner = inner
        return made

    def __enter__(self) -> Doorstep:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Life

    def close(self) -> None:
        """Ends the replica for good; whoever waits for a change returns. Twice is once."""
        with own_errors():
            self._inner.shutdown()

    def enrol(self, invitation: str) -> None:
        """Enrols with the text of an invitation. Works without a network."""
        with own_errors():
            self._inner.enrol(own(invitation))

    def enrolled(self) -> _ffi.Enrolled | None:
        """Who writes here; ``None`` before enrolment."""
        with own_errors():
            return self._inner.enrolled()

    def subscribe(self, area: AreaId) -> None:
        """Also holds this area's feed."""
        with own_errors():
            self._inner.subscribe(area)

    def seal(self) -> None:
        """Makes everything pending ready to be handed on."""
        with own_errors():
            self._inner.seal()

    def pause(self) -> None:
        """Ends every call before the system suspends the program."""
        with own_errors():
            self._inner.pause()

    def resume(self) -> None:
        """Lets calls in again."""
        with own_errors():
            self._inner.resume()

    def now(self) -> datetime.datetime:
        """Now, as the replica stamps what is written."""
        with own_errors():
            return self._inner.now()

    def counters(self) -> _ffi.Counters:
        """How many of this device's entries are where."""
        with own_errors():
            return self._inner.counters()

    def diagnosis(self) -> dict[str, Any]:
        """Versions, numbers and states; nothing that anybody typed."""
        with own_errors():
            told: dict[str, Any] = json.loads(self._inner.diagnosis())
        return told

    def log(self, most: int = 1_000) -> _ffi.LogLines:
        """Takes lines out of the log, the oldest first."""
        with own_errors():
            return self._inner.take_log(most)

    def set_log_level(self, least: _ffi.LogLevel) -> None:
        """Lines that matter less are left out from now on."""
        with own_errors():
            self._inner.set_log_level(least)

    # Changes

    @property
    def change(self) -> int:
        """The number of the last change."""
        with own_errors():
            return self._inner.change()

    def changes(self, after: int | None = None) -> Iterator[int]:
        """Numbers of changes as they come, until the replica is closed. Blocks the thread between."""
        last = self.change if after is None else after
        while True:
            with own_errors():
                now = self._inner.next_change(last, _WAIT_MS)
            if now is None:
                return
            if now > last:
                last = now
                yield now

    # Drafts

    def set_draft(self, key: str, value: str) -> None:
        """Keeps a small local text under a key; never sent."""
        with own_errors():
            self._inner.set_draft(own(key), own(value))

    def draft(self, key: str) -> str | None:
        """The text kept under a key."""
        with own_errors():
            return self._inner.draft(own(key))

    def draft_keys(self, prefix: str = "") -> list[str]:
        """The keys of drafts that begin so."""
        with own_errors():
            return self._inner.draft_keys(own(prefix))

    def remove_draft(self, key: str) -> None:
        """Forgets a draft."""
        with own_errors():
            self._inner.remove_draft(own(key))

    # At the doors

    def open_round(
        self,
        building: PlaceId,
        plan: EntryId | None = None,
        *,
        targets: _ffi.Targets | None = None,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> _ffi.Round:
        """Opens a round of a building: a planned one, or without a plan today's."""
        with own_errors():
            return self._inner.open_round(_tap(request, person, practice), building, plan, targets)

    def visit(
        self,
        place: PlaceId,
        round: _ffi.Round,
        outcome: _ffi.AtDoor,
        *,
        note: str | None = None,
        next: datetime.date | None = None,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> EntryId:
        """Records an attempt at a door."""
        visit = _ffi.NewVisit(outcome=outcome, note=own(note), next=next)
        with own_errors():
            return self._inner.visit(_tap(request, person, practice), place, round, visit)

    def check(
        self,
        round: _ffi.Round,
        looks: Iterable[_ffi.NewLook],
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> list[EntryId]:
        """Records looks at assets, all or none."""
        with own_errors():
            return self._inner.check(_tap(request, person, practice), round, own(looks))

    def all_normal(
        self,
        round: _ffi.Round,
        places: Iterable[PlaceId],
        *,
        answered: bool = True,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> list[EntryId]:
        """全部正常 at these places and below; with ``answered`` their doors are visited too."""
        with own_errors():
            tap = _tap(request, person, practice)
            return self._inner.all_normal(tap, round, own(places), answered)

    def correct(
        self,
        of: EntryId,
        right: _ffi.Right,
        reason: str,
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> EntryId:
        """Puts right what a check or visit said; the old one is kept."""
        with own_errors():
            tap = _tap(request, person, practice)
            return self._inner.correct(tap, of, own(right), own(reason))

    def undo_last(
        self,
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> list[EntryId]:
        """Takes back the last write that is not taken back yet."""
        with own_errors():
            return self._inner.undo_last(_tap(request, person, practice))

    def undo_depth(self) -> int:
        """How many writes can be taken back."""
        with own_errors():
            return self._inner.undo_depth()

    # Cases

    def found(
        self,
        case: _ffi.NewCase,
        fix: _ffi.Fix | None = None,
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> CaseId:
        """Records a hazard or repair, and with ``fix`` that it was put right on the spot."""
        with own_errors():
            return self._inner.found(_tap(request, person, practice), own(case), own(fix))

    def case_step(
        self,
        id: CaseId,
        step: _ffi.NewStep,
        *,
        allow_claim: bool = False,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> EntryId:
        """Takes a step of a case; with ``allow_claim`` what is not legal is told as a claim."""
        with own_errors():
            tap = _tap(request, person, practice)
            return self._inner.case_step(tap, id, own(step), allow_claim)

    def decide(
        self,
        asset: AssetId,
        names: Iterable[EntryId],
        seen: _ffi.Seen,
        reason: str | None = None,
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> EntryId:
        """Settles a dispute between checks of one asset."""
        with own_errors():
            tap = _tap(request, person, practice)
            return self._inner.decide(tap, asset, own(names), own(seen), own(reason))

    def same_as(
        self,
        one: _ffi.Subject,
        other: _ffi.Subject,
        *,
        split: bool = False,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> EntryId:
        """Says that two things are one, or with ``split`` that they are not after all."""
        with own_errors():
            return self._inner.same_as(_tap(request, person, practice), one, other, split)

    # The register

    def add_place(
        self,
        place: _ffi.NewPlace,
        area: AreaId | None = None,
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> PlaceId:
        """Adds a place."""
        with own_errors():
            return self._inner.add_place(_tap(request, person, practice), area, own(place))

    def add_asset(
        self,
        asset: _ffi.NewAsset,
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> AssetId:
        """Adds an asset at a place."""
        with own_errors():
            return self._inner.add_asset(_tap(request, person, practice), own(asset))

    def set_field(
        self,
        subject: _ffi.Subject,
        value: _ffi.NewValue,
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> EntryId:
        """Gives a field of a place or asset a value."""
        with own_errors():
            return self._inner.set_field(_tap(request, person, practice), subject, own(value))

    def next_label(self) -> str:
        """The label to stick on next."""
        with own_errors():
            return self._inner.next_label()

    def note(
        self,
        subject: _ffi.Subject,
        text: str = "",
        photos: Iterable[PhotoHash] = (),
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> EntryId:
        """Adds words or photos to anything."""
        with own_errors():
            tap = _tap(request, person, practice)
            return self._inner.note(tap, subject, own(text), own(photos))

    def service(
        self,
        asset: AssetId,
        service: _ffi.NewService,
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> EntryId:
        """Records what was done to an asset."""
        with own_errors():
            return self._inner.service(_tap(request, person, practice), asset, own(service))

    def handout(
        self,
        place: PlaceId,
        handout: _ffi.NewHandout,
        *,
        request: uuid.UUID | None = None,
        person: PersonId | None = None,
        practice: bool = False,
    ) -> EntryId:
        """Records what a household or point got of a batch."""
        with own_errors():
            return self._inner.handout(_tap(request, person, practice), place, own(handout))

    # Screens

    def areas(self) -> list[AreaId]:
        """The areas that this replica holds."""
        with own_errors():
            return self._inner.areas()

    def declared_areas(self) -> list[_ffi.DeclaredArea]:
        """Every area that the organisation declared."""
        with own_errors():
            return self._inner.declared_areas()

    def today(self, areas: Iterable[AreaId] | None = None) -> list[_ffi.AreaToday]:
        """Today's numbers of these areas, or of all that are held."""
        with own_errors():
            return self._inner.today(self._inner.areas() if areas is None else list(areas))

    def checksum(self, area: AreaId) -> bytes:
        """SHA-256 over an area's rows: equal on every replica that knows the same."""
        with own_errors():
            return self._inner.checksum(area)

    def door_plan(self, at: PlaceId, round: _ffi.Round | None = None) -> _ffi.DoorPlan:
        """The plan of doors (楼盘表) of a stairwell or building, in this round."""
        with own_errors():
            return self._inner.door_plan(at, round)

    def places(self, area: AreaId, parent: PlaceId | None = None) -> Iterator[_ffi.PlaceView]:
        """The places in a place, or an area's that stand in none."""
        return _rows(lambda after: self._inner.places(area, parent, after, _PAGE))

    def place_name(self, place: PlaceId) -> str | None:
        """The name of a place, after that of its building."""
        with own_errors():
            return self._inner.place_name(place)

    def assets(
        self,
        area: AreaId,
        *,
        asset_type: str | None = None,
        building: PlaceId | None = None,
        state: _ffi.AssetState | None = None,
    ) -> Iterator[_ffi.AssetView]:
        """The assets of an area, by type."""
        wanted = _ffi.AssetFilter(asset_type=own(asset_type), building=building, state=state)
        return _rows(lambda after: self._inner.assets(area, wanted, after, _PAGE))

    def asset(self, id: AssetId) -> _ffi.AssetPage:
        """One asset with its history."""
        with own_errors():
            return self._inner.asset(id)

    def bearers(self, label: str) -> list[_ffi.Bearer]:
        """Everything that bears this label code."""
        with own_errors():
            return self._inner.bearers(own(label))

    def cases(
        self, area: AreaId, which: _ffi.CaseFilter = _ffi.CaseFilter.OPEN
    ) -> Iterator[_ffi.CaseView]:
        """The cases of an area, the latest found first."""
        return _rows(lambda after: self._inner.cases(area, which, after, _PAGE))

    def case(self, id: CaseId) -> _ffi.CasePage:
        """One case with its events."""
        with own_errors():
            return self._inner.case(id)

    def disputes(self, area: AreaId) -> Iterator[_ffi.DisputeView]:
        """The disputes that wait at an area's desk, the oldest first."""
        return _rows(lambda after: self._inner.disputes(area, after, _PAGE))

    def open_rounds(self, area: AreaId) -> list[_ffi.RoundView]:
        """The planned rounds that have begun and are not closed."""
        with own_errors():
            return self._inner.open_rounds(area)

    def coverage(self, area: AreaId, round: _ffi.Round) -> _ffi.Coverage:
        """How far a round has come."""
        with own_errors():
            return self._inner.coverage(area, round)

    def forms(self, area: AreaId) -> _ffi.Forms:
        """What forms of an area offer."""
        with own_errors():
            return self._inner.forms(area)

    # Exchanges

    def office_address(self) -> _ffi.OfficeAddress:
        """Where the office is, and which keys it may have."""
        with own_errors():
            return self._inner.office_address()

    def sync(self, carry: Callable[[bytes], bytes]) -> _ffi.Summary:
        """Exchanges with the office until nothing is left.

        ``carry`` sends a request and returns the reply. What it raises ends the exchange; what came
        before is kept, and a new call goes on.
        """
        with own_errors():
            exchange = self._inner.exchange()
            step = exchange.sync_step(None)
        while step.is_SEND():
            reply = carry(step.request)  # type: ignore[attr-defined]
            with own_errors():
                step = exchange.sync_step(reply)
        summary: _ffi.Summary = step.summary  # type: ignore[attr-defined]
        return summary

    def talk(self) -> PeerTalk:
        """An exchange with another phone."""
        with own_errors():
            return PeerTalk(self._inner.peer_exchange())

    def provisional_authors(self) -> list[AuthorTag]:
        """The authors that are known by an invitation alone."""
        with own_errors():
            return self._inner.provisional_authors()

    def export_bundle(self) -> bytes:
        """Everything that no office has confirmed, in a file that only the office opens."""
        with own_errors():
            return self._inner.export_bundle()


class PeerTalk:
    """An exchange with another phone: bytes in, bytes out."""

    def __init__(self, inner: _ffi.PeerExchange) -> None:
        self._inner = inner
        self._last: _ffi.PeerStep | None = None

    def say(self, heard: bytes | None = None) -> bytes | None:
        """Takes what came, in any portions, and returns what to send. Who begins heard nothing."""
        with own_errors():
            self._last = self._inner.step(heard)
        return self._last.send

    @property
    def done(self) -> bool:
        """Both have nothing more to say."""
        return self._last is not None and self._last.done

    @property
    def summary(self) -> _ffi.PeerSummary | None:
        """What it brought so far."""
        return self._last.summary if self._last else None


def rescue(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    key: bytes | None = None,
    invitation: str | None = None,
) -> _ffi.Rescued:
    """Puts everything readable and unconfirmed of a database that cannot be opened into a file for the
    office. `invitation` is the text of any of the office's, for a database that cannot tell its office.
    The database stays as it is."""
    with own_errors():
        return _ffi.rescue(os.fspath(folder), key, own(invitation), os.fspath(out))


def name_photo(file: str | os.PathLike[str]) -> PhotoHash:
    """The name of the photo in this file, once the file is safe from a power cut."""
    with own_errors():
        return _ffi.name_photo(os.fspath(file))


def words(code: str) -> _ffi.Words:
    """The words of a message of the catalogue."""
    with own_errors():
        return _ffi.words(own(code))


def _tap(request: uuid.UUID | None, person: PersonId | None, practice: bool) -> _ffi.Tap:
    return _ffi.Tap(request=request or uuid.uuid4(), person=person, practice=practice)


def _rows(ask: Callable[[str | None], Any]) -> Iterator[Any]:
    after = None
    while True:
        with own_errors():
            page = ask(after)
        yield from page.rows
        after = page.next
        if after is None:
            return
