"""Faults to arm: some of the calls that match fare as this says instead of well."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any

from centri.sandbox.circumstances import Circumstances
from centri.sandbox.gate import Gate

KINDS = {
    "status": "answers with `status`, `body` and `headers` and does nothing; with `after` only once the work is done",
    "after": "short for `status` with `after`: an answer that is lost on the way",
    "hang": "keeps the caller waiting for `seconds`, or until the faults are cleared; with `after` once the work is done",
    "reset": "resets the connection before anything is done; with `after` once the work is done",
    "truncate": "breaks the connection off after `bytes` of the body, by default half of it",
    "drip": "sends `bytes` of the body (default 64), waits for `seconds` (default 0.05), and so on",
    "expired_token": "ends the caller's session first",
    "daily_limit": "answers as the CRM does to calls beyond the day's allowance",
    "row_lock": "another writer holds the rows of this call: all, the ones at the places `rows` (from 0), or a `row_share`",
    "short_page": "at most `rows` rows in a page (default 1)",
    "duplicate": "the request arrives twice; the caller hears the first answer",
    "late": "readers see what the call writes only `seconds` (default 60) later by the CRM's clock, with the earlier stamp",
    "clock": "the CRM's clock is `seconds` ahead (negative: behind) for the calls that are hit",
}
"""Every kind of fault and what it does."""


@dataclass(slots=True)
class Fault:
    """One armed fault.

    ``method`` is a word or ``*``; ``path`` a regular expression searched in the decoded path and query. Of the calls that
    match from now on, the ``nth`` and the following ``times - 1`` are hit; ``every`` hits all from the ``nth`` on (up to
    ``times`` if that is given); ``share`` hits this part of them at random, the same way for the same ``seed``. The other
    settings belong to some ``kind``, see :data:`KINDS`.
    """

    id: int
    method: str = "*"
    path: str = ""
    nth: int = 1
    every: bool = False
    share: float | None = None
    seed: int = 0
    times: int | None = None
    status: int = 503
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "status"
    after: bool = False
    seconds: float | None = None
    bytes: int | None = None
    rows: Any = None
    row_share: float | None = None
    seen: int = 0
    hit: int = 0
    _gate: Gate = field(default_factory=Gate, init=False, repr=False)
    _random: Random = field(default_factory=Random, init=False, repr=False)

    def __post_init__(self) -> None:
        self.method = self.method.upper()
        self.after = self.after or self.kind == "after"
        self._random.seed(self.seed)

    @property
    def gate(self) -> Gate:
        """Opens when the fault is cleared."""
        return self._gate

    def strikes(self, method: str, path: str) -> bool:
        """Count this call if it matches, and say whether it is hit."""
        if self.method not in ("*", method) or not re.search(self.path, path):
            return False
        self.seen += 1
        always = self.every or self.share is not None
        limit = self.times if self.times is not None else (None if always else 1)
        drawn = self.share is None or self._random.random() < self.share
        struck = drawn and self.seen >= self.nth and (limit is None or self.hit < limit)
        self.hit += struck
        return struck

    def circumstances(self) -> Circumstances:
        """Under which the calls that it hits are worked on."""
        return Circumstances(
            skew=int(self.seconds or 0) if self.kind == "clock" else 0,
            page=int(self.rows or 1) if self.kind == "short_page" else None,
            locked=self._locks() if self.kind == "row_lock" else None,
            writes=[] if self.kind == "late" else None,
        )

    def _locks(self) -> Any:
        """Says of one written row after another whether it is locked."""
        places = iter(range(1_000_000_000))

        def locked() -> bool:
            place = next(places)
            if self.row_share is not None:
                return self._random.random() < self.row_share
            return self.rows is None or place in self.rows

        return locked

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {one.name: getattr(self, one.name) for one in fields(self) if not one.name.startswith("_")}


class Faults:
    """The armed faults of an org; every one sees every call, the first that is due strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._next = 1

    def arm(self, **settings: Any) -> Fault:
        """Arm a fault; raises ValueError for an unknown setting, kind or a path that is no regular expression."""
        try:
            fault = Fault(id=self._next, **settings)
            re.compile(fault.path)
        except (TypeError, AttributeError, re.error) as error:
            raise ValueError(str(error)) from error
        if fault.kind not in KINDS:
            raise ValueError(f"no kind of fault is called {fault.kind!r}; there are {', '.join(KINDS)}")
        if fault.share is not None and not 0 <= fault.share <= 1:
            raise ValueError(f"a share lies between 0 and 1, {fault.share!r} does not")
        self._next += 1
        self._faults.append(fault)
        return fault

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that hits this call, if one does."""
        struck = [fault for fault in self._faults if fault.strikes(method, path)]
        return struck[0] if struck else None

    def list(self) -> list[dict[str, Any]]:
        """All armed faults with their counts, as JSON values."""
        return [fault.shown() for fault in self._faults]

    def clear(self, id: int | None = None) -> None:
        """Disarm one fault, or all, and let go whom they keep waiting."""
        gone = [fault for fault in self._faults if id in (None, fault.id)]
        self._faults = [fault for fault in self._faults if fault not in gone]
        for fault in gone:
            fault.gate.open()
