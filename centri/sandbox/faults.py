"""Faults to arm: the n-th call that matches gets this answer instead of its own."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = ("status", "after", "expired_token")


@dataclass(slots=True)
class Fault:
    """One armed fault.

    ``method`` is a word or ``*``; ``path`` a regular expression searched in the decoded path and query. Of the calls that
    match from now on, the ``nth`` and the following ``times - 1`` are hit; ``every`` hits all from the ``nth`` on (up to
    ``times`` if that is given). Kinds: ``status`` answers without doing anything; ``after`` does what was asked and
    then answers so, as when an answer is lost on the way; ``expired_token`` ends the caller's session first.
    """

    id: int
    method: str = "*"
    path: str = ""
    nth: int = 1
    every: bool = False
    times: int | None = None
    status: int = 503
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "status"
    seen: int = 0
    hit: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Count this call if it matches, and say whether it is hit."""
        if self.method not in ("*", method) or not re.search(self.path, path):
            return False
        self.seen += 1
        limit = self.times if self.times is not None else (None if self.every else 1)
        struck = self.seen >= self.nth and (limit is None or self.hit < limit)
        self.hit += struck
        return struck


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
        except (TypeError, re.error) as error:
            raise ValueError(str(error)) from error
        if fault.kind not in KINDS:
            raise ValueError(f"no kind of fault is called {fault.kind!r}; there are {', '.join(KINDS)}")
        fault.method = fault.method.upper()
        self._next += 1
        self._faults.append(fault)
        return fault

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that hits this call, if one does."""
        struck = [fault for fault in self._faults if fault.strikes(method, path)]
        return struck[0] if struck else None

    def list(self) -> list[dict[str, Any]]:
        """All armed faults with their counts, as JSON values."""
        return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        self._faults.clear()
