"""Checks the options of a connection before anything is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from centri.errors import ConfigError


def check(where: str, given: Mapping[str, Any], required: Iterable[str] = (), optional: Iterable[str] = ()) -> None:
    """Raises ConfigError naming every missing, empty and unknown option at once, with near misses."""
    required, known = list(required), [*required, *optional]
    problems = [f"{where}: option {name!r} is missing" for name in required if given.get(name) in (None, "")]
    problems += [f"{where}: unknown option {name!r}{_near(name, known)}" for name in given if name not in known]
    if problems:
        raise ConfigError(*problems)


def unknown(what: str, name: str, known: Iterable[str]) -> ConfigError:
    """One message for a name that a CRM or the program does not know."""
    return ConfigError(f"unknown {what} {name!r}{_near(name, list(known))}")


def _near(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
