"""Names of things: one value type a kind, around the text that the console prints.

Two names are equal and ordered as the bytes that they stand for. Nothing here knows what is named.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from typing import Any, ClassVar

__all__ = [
    "AreaId",
    "AssetId",
    "AuthorTag",
    "CaseId",
    "EntryId",
    "Month",
    "PersonId",
    "PhotoHash",
    "PlaceId",
]


@functools.total_ordering
class _Name:
    """A text that stands for bytes."""

    __slots__ = ("text",)
    lengths: ClassVar[tuple[int, ...]] = ()

    text: str

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"{type(self).__name__} takes a str, not {type(text).__name__}")
        object.__setattr__(self, "text", text)
        self._check()

    def _check(self) -> None:
        if len(self._bytes()) not in self.lengths:
            raise ValueError(f"{self.text!r} is no {type(self).__name__}")

    def _bytes(self) -> bytes:
        padded = self.text + "=" * (-len(self.text) % 4)
        try:
            value = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"{self.text!r} is no {type(self).__name__}") from None
        # One text a value: spare bits that are set would make a second.
        if base64.urlsafe_b64encode(value).rstrip(b"=") != self.text.encode():
            raise ValueError(f"{self.text!r} is no {type(self).__name__}")
        return value

    def __bytes__(self) -> bytes:
        return self._bytes()

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} does not change")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} does not change")

    def __reduce__(self) -> tuple[type[_Name], tuple[str]]:
        return type(self), (self.text,)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def __hash__(self) -> int:
        return hash((type(self), self.text))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.text == other.text

    def __lt__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self._bytes() < other._bytes()


class _Identity(_Name):
    """The identity of an entry: 12 bytes, or 16 of what was imported."""

    __slots__ = ()
    lengths = (12, 16)


class AssetId(_Identity):
    """An asset."""

    __slots__ = ()


class PlaceId(_Identity):
    """A building, stairwell, household or premises."""

    __slots__ = ()


class CaseId(_Identity):
    """A hazard or another matter."""

    __slots__ = ()


class PersonId(_Identity):
    """A person who acts; names are kept at the office."""

    __slots__ = ()


class EntryId(_Identity):
    """Something that was recorded."""

    __slots__ = ()


class AuthorTag(_Name):
    """A device, as the office knows it."""

    __slots__ = ()
    lengths = (4,)


class PhotoHash(_Name):
    """A photo, by the SHA-256 of its file."""

    __slots__ = ()
    lengths = (32,)


class AreaId(_Name):
    """An area, by its official code."""

    __slots__ = ()

    def _check(self) -> None:
        if not self.text:
            raise ValueError("an area's code is not empty")

    def _bytes(self) -> bytes:
        return self.text.encode()


class Month(_Name):
    """A month, as ``YYYY-MM``."""

    __slots__ = ()

    def _check(self) -> None:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", self.text, re.ASCII):
            raise ValueError(f"{self.text!r} is no month")

    def _bytes(self) -> bytes:
        return self.text.encode()

    @classmethod
    def of(cls, year: int, month: int) -> Month:
        """The month of these numbers."""
        return cls(f"{year:04}-{month:02}")

    @property
    def year(self) -> int:
        """Its year."""
        return int(self.text[:4])

    @property
    def month(self) -> int:
        """Its number in the year, from 1."""
        return int(self.text[5:])
