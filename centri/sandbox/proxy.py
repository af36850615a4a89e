"""A CONNECT proxy on loopback: leads clients that insist on a CRM's public host name to the sandbox."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Mapping

from centri.sandbox.wire import RESET_ON_CLOSE

BLOCK = 65536
REQUEST = re.compile(rb"CONNECT ([^\s:]+):\d+ HTTP/1\.[01]\r\n")


class Proxy:
    """``ports`` says which port on loopback serves the names under a domain; other names are refused.

    The bytes pass through as they are: the sandbox's https port ends TLS, for any name. A connection that the sandbox
    resets is reset here too.
    """

    def __init__(self, host: str, port: int, ports: Mapping[str, int]) -> None:
        self._socket = socket.create_server((host, port), backlog=128)
        self._host, self._ports = host, ports
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-proxy", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._tunnel, sock=self._socket)
        await self._stopped.wait()
        server.close()  # the runner cancels the tunnels that are open

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            port = await self._asked(reader)
            if port is None:
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            upstream, outward = await asyncio.open_connection(self._host, port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pump(reader, outward), _pump(upstream, writer))
            outward.close()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            _reset(writer)
        finally:
            writer.close()

    async def _asked(self, reader: asyncio.StreamReader) -> int | None:
        asked = REQUEST.match(await reader.readuntil(b"\r\n\r\n"))
        name = asked.group(1).decode("ascii", "replace").lower() if asked else ""
        return next((port for domain, port in self._ports.items() if f".{name}".endswith(f".{domain}")), None)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything from one side to the other, the end included. Raises OSError, after which the other side is reset."""
    try:
        while block := await reader.read(BLOCK):
            writer.write(block)
            await writer.drain()
        writer.write_eof()
    except OSError:
        _reset(writer)
        raise


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()
