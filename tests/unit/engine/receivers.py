"""Receivers of notifications that really listen: an SMTP server and a web-hook's receiver, both on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class SmtpServer:
    """Takes messages as RFC 5321 says.

    ``answers`` are its replies to commands (or to ``DATA.`` for the end of a message) in place of the usual ones; each recipient
    with a reply of its own in ``refused`` gets that. ``accepted`` is called once a message was taken, before that is said.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.sessions = 0
        self.answers: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.accepted: Callable[[], None] = lambda: None
        self.logins: list[str] = []
        outer = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _Dialogue(outer, self.rfile, self.wfile).run()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.messages]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Dialogue:
    """One session: what the client says, and what it is answered."""

    def __init__(self, server: SmtpServer, heard: Any, said: Any) -> None:
        self._server, self._heard, self._said = server, heard, said

    def run(self) -> None:
        self._server.sessions += 1
        self._say("220 here")
        while line := self._heard.readline():
            word = line.decode().split()[0].upper() if line.strip() else ""
            if not self._turn(word, line.decode().strip()):
                return

    def _turn(self, word: str, line: str) -> bool:
        """Whether the session goes on."""
        if (word == "RCPT" and (answer := self._server.refused.get(line.partition("<")[2].partition(">")[0]))) or (
            answer := self._server.answers.get(word)
        ):
            self._say(answer)
        elif word == "EHLO":
            self._say("250-here\r\n250 AUTH PLAIN")
        elif word == "AUTH":
            self._server.logins.append(base64.b64decode(line.rsplit(maxsplit=1)[-1]).decode().replace("\0", ":"))
            self._say("235 welcome")
        elif word == "DATA":
            self._take()
        else:
            self._say("221 bye" if word == "QUIT" else "250 fine")
        return word != "QUIT"

    def _take(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self._heard.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if answer := self._server.answers.get("DATA."):
            self._say(answer)
            return
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self._server.messages.append(message)
        self._server.accepted()
        self._say("250 taken")

    def _say(self, text: str) -> None:
        try:
            self._said.write(text.encode() + b"\r\n")
            self._said.flush()
        except OSError:
            pass  # the client has died


class Receiver:
    """Takes events, and believes only those whose signature is right. ``status`` is what it answers to these."""

    def __init__(self, secret: bytes) -> None:
        self.events: list[dict[str, Any]] = []
        self.calls: list[dict[str, str]] = []
        self.status = 200
        self.accepted: Callable[[], None] = lambda: None
        outer = self

        class Call(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                genuine = hmac.compare_digest(_signature(secret, headers, body), headers["webhook-signature"])
                status = outer.status if genuine else 401
                outer.calls.append(headers)
                if status < 300:
                    outer.events.append(json.loads(body))
                    outer.accepted()
                try:
                    self.send_response(status)
                    self.end_headers()
                except OSError:
                    pass  # the client has died

            def log_message(self, *words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Call)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/events"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _signature(secret: bytes, headers: dict[str, str], body: bytes) -> str:
    """Written from the text of docs/notifications.md, not from our own code."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
