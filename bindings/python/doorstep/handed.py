"""What a caller hands over, made anew before it is the library's. What it means is the library's."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable
from typing import Any

__all__ = ["own"]


def own(value: Any) -> Any:
    """The same value, shared with nobody: records with all that is in them, and everything iterated as a
    list. Half surrogates are replaced: they are no characters, and cannot be written."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if dataclasses.is_dataclass(value):
        made = copy.copy(value)
        vars(made).update((name, own(inside)) for name, inside in vars(value).items())
        return made
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [own(inside) for inside in value]
    return value
