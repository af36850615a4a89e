"""A gate: coroutines of any event loop wait before it until some thread opens it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from starlette.types import Receive


class Gate:
    """Opened once, for good."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = False
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def open(self) -> None:
        """Let everybody through, those who come later too."""
        with self._lock:
            self._open = True
            for event, loop in self._waiting.items():
                with suppress(RuntimeError):  # a loop that has ended waits for nothing
                    loop.call_soon_threadsafe(event.set)

    async def wait(self, seconds: float | None = None, receive: Receive | None = None) -> bool:
        """Until the gate opens or this many seconds are over; False where the caller behind ``receive`` hung up first."""
        event = asyncio.Event()
        with self._lock:
            if self._open:
                return True
            self._waiting[event] = asyncio.get_running_loop()
        opened = asyncio.ensure_future(event.wait())
        gone = asyncio.ensure_future(_hung_up(receive))
        try:
            await asyncio.wait({opened, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return not gone.done()
        finally:
            opened.cancel()
            gone.cancel()
            with self._lock:
                del self._waiting[event]


async def _hung_up(receive: Receive | None) -> None:
    """Until the caller is gone; for ever without one."""
    while receive is None or (await receive())["type"] != "http.disconnect":
        if receive is None:
            await asyncio.Event().wait()
