"""What can go wrong, classed by what the caller should do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CentriError(Exception):
    """Something a user can act on. ``exit_code`` is what the command line ends with."""

    exit_code = 1


@dataclass(frozen=True)
class Problem:
    """One fault in a file: what is wrong, where, and what to do."""

    message: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.message}"
            if self.line
            else f"{self.file}: {self.message}"
            if self.file
            else self.message
        )


class ConfigError(CentriError):
    """The configuration must be mended by a person: a mapping, a secret, an address, a migration. Exit code 1."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems: Sequence[Problem] = tuple(Problem(p) if isinstance(p, str) else p for p in problems)
        super().__init__("\n".join(map(str, self.problems)))


class LoginRefused(ConfigError):
    """The CRM refuses our credentials."""


class ObjectMissing(ConfigError):
    """The CRM has no such object, or our user may not see it."""


class RetryLater(CentriError):
    """The same thing may work later: a network, a throttle, a lock. Exit code 2. ``after`` is in seconds, if known.

    ``kind`` is the anomaly kind where it concerns the connection as a whole, and is to be told once for all records.
    """

    exit_code = 2

    def __init__(self, message: str, *, after: float | None = None, daily_limit: bool = False, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.after = after
        self.daily_limit = daily_limit


class Rejected(CentriError):
    """One record cannot be taken as it is; the rest can. Exit code 3. ``kind`` is an anomaly kind."""

    exit_code = 3

    def __init__(self, kind: str, message: str, *, fields: Sequence[str] = (), candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.fields = tuple(fields)
        self.candidates = tuple(candidates)


class Stop(CentriError):
    """Going on would be unsafe; a person must allow it. Exit code 4."""

    exit_code = 4


class TooMany(Stop):
    """A plan would change too large a share of what is linked."""
