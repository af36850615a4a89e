"""The fields that a starting mapping matches: the PRM's, and a CRM's as it describes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PrmField:
    """One field of a PRM entity. ``kind`` is text, boolean, integer, number, money, date, datetime, choice, list or reference."""

    name: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    to: str = ""
    """The entity that it names."""
    required: bool = False
    derived: bool = False
    """It lives with another row: read, never written."""


class CrmField(Protocol):
    """One field as a CRM describes it. ``length`` is in characters, 0 where there is none."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def length(self) -> int: ...
    @property
    def createable(self) -> bool: ...
    @property
    def updateable(self) -> bool: ...
    @property
    def required(self) -> bool: ...
    @property
    def choices(self) -> Sequence[str]: ...
    @property
    def references(self) -> Sequence[str]: ...
    @property
    def external_key(self) -> bool: ...
