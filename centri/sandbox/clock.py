"""What a CRM in the sandbox takes the time to be."""

from __future__ import annotations

import time

from centri.sandbox.circumstances import current


class Clock:
    """The CRM's clock, in whole seconds since 1970 UTC: real time plus an offset, or standing still."""

    def __init__(self) -> None:
        self.offset = 0
        self._frozen: int | None = None

    def now(self) -> int:
        """What the CRM takes the time to be in the call that is worked on."""
        return self.true() + current().skew

    def true(self) -> int:
        """The time without what a fault does to it."""
        return self._frozen if self._frozen is not None else int(time.time()) + self.offset

    def set(self, now: int, *, frozen: bool = False) -> None:
        """Make it this time; from here it runs on, or stands still."""
        self.offset = now - int(time.time())
        self._frozen = now if frozen else None

    def shift(self, offset: int) -> None:
        """Run ahead of real time by this many seconds (negative: behind)."""
        self.offset = offset
        self._frozen = None
