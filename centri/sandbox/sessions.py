"""Who is logged in: tokens of a sandbox's CRM, with lifetimes that a test can cut short."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Session:
    """A token and what it stands for. ``kind`` is ``access`` or ``refresh``; times are int seconds since 1970 UTC."""

    token: str
    user: str
    expires: float
    kind: str = "access"
    platform: str = ""


class Sessions:
    """The open sessions of an org. ``lifetime`` (seconds) counts for tokens opened from then on."""

    def __init__(self, now: Callable[[], int], lifetime: int = 7200) -> None:
        self.lifetime = lifetime
        self._now = now
        self._sessions: dict[str, Session] = {}

    def open(self, token: str, user: str, *, lifetime: float | None = None, kind: str = "access", platform: str = "") -> Session:
        """Remember a token for a user id; ``lifetime`` in seconds, ``math.inf`` for one without an end."""
        expires = self._now() + (self.lifetime if lifetime is None else lifetime)
        self._sessions[token] = Session(token, user, expires, kind, platform)
        return self._sessions[token]

    def find(self, token: str, kind: str = "access") -> Session | None:
        """The session of a token, or None if it is unknown, of another kind or past its time."""
        session = self._sessions.get(token)
        if session is None or session.kind != kind or session.expires <= self._now():
            return None
        return session

    def all(self) -> list[Session]:
        """Every session, expired ones included."""
        return list(self._sessions.values())

    def close(self, token: str) -> None:
        """Forget a token; an unknown one is no error."""
        self._sessions.pop(token, None)

    def clear(self) -> None:
        """Forget every token but the ones without an end."""
        self._sessions = {token: one for token, one in self._sessions.items() if one.expires == math.inf}

    def expire(self, token: str | None = None) -> None:
        """End the lifetime of one access token, or of all of them; refresh tokens live on."""
        for session in self._sessions.values():
            if session.kind == "access" and token in (None, session.token):
                session.expires = 0
