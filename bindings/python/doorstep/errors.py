"""What a call raises when it did not do what it was asked.

The kinds are closed: these classes. The codes are open; a newer office may send one that is unknown
here, with its words in both languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import doorstep_ffi as _ffi

__all__ = [
    "BadArgument",
    "Broken",
    "Closed",
    "DoorstepError",
    "NotEnrolled",
    "NotFound",
    "PeerError",
    "Refused",
    "RequestReused",
    "StoreError",
]


class DoorstepError(Exception):
    """Why a call did not do what it was asked."""

    def __init__(self, problem: _ffi.Problem) -> None:
        super().__init__(f"{problem.en} ({problem.code})")
        self.code: str = problem.code
        """Key of the message catalogue."""
        self.retryable: bool = problem.retryable
        """The same call may work later without anybody changing anything."""
        self.zh: str = problem.zh
        """The words for the person, Chinese."""
        self.en: str = problem.en
        """The words for the person, English."""
        self.details: dict[str, str] = {one.name: one.value for one in problem.details}
        """What the words name."""


class Refused(DoorstepError):
    """The request breaks a rule; nothing was written."""


class BadArgument(DoorstepError, ValueError):
    """An argument does not have its form; nothing was done."""


class NotFound(DoorstepError, LookupError):
    """The named thing is not in this replica."""


class NotEnrolled(DoorstepError):
    """This replica belongs to nobody yet."""


class Closed(DoorstepError):
    """Closed, or paused and not resumed."""


class RequestReused(DoorstepError):
    """The request id stands for another write."""


class StoreError(DoorstepError):
    """The store cannot be used. Nothing was deleted."""


class PeerError(DoorstepError):
    """The office's or a peer's bytes are not its word; nothing was taken from them."""


class Broken(DoorstepError):
    """A fault of the library: the call broke off. What was returned as saved is saved."""


# The generator nests the kinds in the class by assignment, which no type checker sees.
_Kinds: Any = _ffi.DoorstepError

_KINDS: dict[type[Exception], type[DoorstepError]] = {
    _Kinds.Refused: Refused,
    _Kinds.BadArgument: BadArgument,
    _Kinds.NotFound: NotFound,
    _Kinds.NotEnrolled: NotEnrolled,
    _Kinds.Closed: Closed,
    _Kinds.RequestReused: RequestReused,
    _Kinds.Store: StoreError,
    _Kinds.Peer: PeerError,
    _Kinds.Broken: Broken,
}


@contextmanager
def own_errors() -> Iterator[None]:
    """Errors of the generated code leave as errors of this package."""
    try:
        yield
    except _ffi.DoorstepError as error:
        raise _KINDS[type(error)](error.problem) from None  # type: ignore[attr-defined]
