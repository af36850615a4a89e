"""Ports for processes that tests start: found free first, taken a moment later."""

import random
import socket

LOWEST, HIGHEST = 15_000, 32_000
"""Below those that a system gives to outgoing calls, of which any may take what was free a moment ago."""


def free_port() -> int:
    """A port of this machine where nobody listens."""
    for port in random.SystemRandom().sample(range(LOWEST, HIGHEST), HIGHEST - LOWEST):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise OSError(f"no port from {LOWEST} to {HIGHEST} is free")
