"""How the tests of the sandbox's SugarCRM speak to it: a session on one platform, over real HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import requests
import uvicorn

from centri.sandbox import control
from centri.sandbox.sugarcrm_api import create_app
from centri.sandbox.sugarcrm_org import SugarCRM

NOON = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())


class Served(Protocol):
    """Something that serves a SugarCRM; a Sandbox does."""

    @property
    def sugarcrm(self) -> SugarCRM: ...

    @property
    def sugarcrm_url(self) -> str: ...


class Client:
    """A session on one platform; answers with (status, body)."""

    def __init__(self, sandbox: Served, platform: str = "centri", user: str = "") -> None:
        self.base = f"{sandbox.sugarcrm_url}/rest/v11_24"
        self.http = requests.Session()
        self.credentials = sandbox.sugarcrm.credentials
        self.tokens = self.log_in(platform, user)
        self.http.headers["OAuth-Token"] = self.tokens["access_token"]

    def grant(self, **given: Any) -> requests.Response:
        ours = {"client_id": self.credentials.client_id, "client_secret": ""}
        return requests.post(f"{self.base}/oauth2/token", json={**ours, **given}, timeout=10)

    def log_in(self, platform: str, user: str = "") -> dict[str, Any]:
        named = {"username": user or self.credentials.username, "password": self.credentials.password}
        return self.grant(grant_type="password", platform=platform, **named).json()

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        answer = self.http.request(method, f"{self.base}/{path}", json=body, timeout=10, **more)
        assert answer.headers["Content-Type"] == "application/json"
        return answer.status_code, answer.json()

    def created(self, module: str, **values: Any) -> dict[str, Any]:
        status, record = self("POST", module, values)
        assert status == 200, record
        return record

    def ids(self, module: str, filter: Any, **more: Any) -> list[str]:
        status, answer = self("POST", f"{module}/filter", {"filter": filter, "fields": "id", "max_num": 1000, **more})
        assert status == 200, answer
        return [record["id"] for record in answer["records"]]


@dataclass
class Alone:
    """A SugarCRM and where it is served."""

    sugarcrm: SugarCRM
    sugarcrm_url: str


@contextmanager
def served(org: SugarCRM) -> Iterator[Alone]:
    """Serve one SugarCRM of any settings, with no Salesforce beside it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = control.create_app(org, create_app(org))
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield Alone(org, f"http://127.0.0.1:{listening.getsockname()[1]}")
        server.should_exit = True
        thread.join()
