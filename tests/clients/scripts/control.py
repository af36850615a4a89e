"""What a script asks of the sandbox behind its client's back: a person's edits, time, the end of sessions."""

from __future__ import annotations

import json
import sys
import urllib.request
from typing import Any


def ask(url: str, path: str, **given: Any) -> Any:
    """One call to a control endpoint of the CRM at ``url``."""
    request = urllib.request.Request(f"{url}/__sandbox__/{path}", json.dumps(given).encode(), method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def end_sessions(url: str) -> None:
    """Let every access token be past its time."""
    ask(url, "sessions", expire=True)


def shorten_sessions(url: str, seconds: int) -> None:
    """Let tokens that are given out from now on live so long."""
    ask(url, "sessions", lifetime_seconds=seconds)


def later(url: str, seconds: int) -> None:
    """Let the CRM's clock run so far ahead."""
    ask(url, "clock", offset_seconds=seconds)


def edit(url: str, action: str, object: str, id: str | None = None, **values: Any) -> dict[str, Any]:
    """An act of a person at the CRM's own screen."""
    act = {"action": action, "object": object, "values": values} | ({"id": id} if id else {})
    return dict(ask(url, "edit", **act))


def tell(**seen: Any) -> None:
    """Say what was seen, to the test that reads it."""
    sys.stdout.write("\n" + json.dumps(seen) + "\n")
