"""Runs both CRMs on loopback: in this process's threads for tests, or in the foreground for a person."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from centri.sandbox import control, salesforce_api
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.state import Credentials, Org
from centri.sandbox.sugarcrm_org import SugarCRM

SALESFORCE_PORT = 8411
SUGARCRM_PORT = 8412
SEED = 1
HOST = "127.0.0.1"


def environment(salesforce_port: int = SALESFORCE_PORT, sugarcrm_port: int = SUGARCRM_PORT) -> dict[str, str]:
    """What the shipped mapping reads from the environment to reach a sandbox on these ports."""
    salesforce, sugarcrm = Credentials(), SugarCRM().credentials
    return {
        "SALESFORCE_URL": f"http://{HOST}:{salesforce_port}",
        "SALESFORCE_CLIENT_ID": salesforce.client_id,
        "SALESFORCE_CLIENT_SECRET": salesforce.client_secret,
        "SUGARCRM_URL": f"http://{HOST}:{sugarcrm_port}",
        "SUGARCRM_USERNAME": sugarcrm.username,
        "SUGARCRM_PASSWORD": sugarcrm.password,
        "SUGARCRM_PLATFORM": "centri",
    }


class Sandbox:
    """Both CRMs, each served by a thread of this process until :meth:`close`; also a context manager.

    ``seed`` None leaves the orgs empty but for their users; ``data`` is a folder with ``salesforce/`` and
    ``sugarcrm/`` files, which takes the place of the seed. Port 0 is any free one. Raises OSError for a port in use.
    """

    def __init__(
        self, seed: int | None = None, data: str | Path | None = None, *, salesforce_port: int = 0, sugarcrm_port: int = 0
    ) -> None:
        self.salesforce = SalesforceOrg(seed=seed or 0)
        self.sugarcrm = SugarCRM(seed=seed or 0)
        self._servers: list[_Server] = []
        try:
            self._servers.append(_Server(self.salesforce, salesforce_port))
            self._servers.append(_Server(self.sugarcrm, sugarcrm_port))
            with _no_collecting():
                self._fill(seed, data)
        except BaseException:
            self.close()
            raise
        for server in self._servers:
            server.start()

    @property
    def salesforce_url(self) -> str:
        return self._servers[0].url

    @property
    def sugarcrm_url(self) -> str:
        return self._servers[1].url

    @property
    def environment(self) -> dict[str, str]:
        """See :func:`environment`, for this sandbox's own ports."""
        return environment(self._servers[0].port, self._servers[1].port)

    def wait(self) -> None:
        """Until somebody stops the servers."""
        for server in self._servers:
            server.join()

    def close(self) -> None:
        for server in self._servers:
            server.stop()
        for server in self._servers:
            server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _fill(self, seed: int | None, data: str | Path | None) -> None:
        if data is not None:
            from centri.sandbox import load

            for org in (self.salesforce, self.sugarcrm):
                load.load_directory(org, Path(data) / org.name)
        elif seed is not None:
            from centri.sandbox import seed as seeds

            seeds.fill(self.salesforce, self.sugarcrm, seed)
        for org in (self.salesforce, self.sugarcrm):
            org.remember()


def serve(
    salesforce_port: int = SALESFORCE_PORT,
    sugarcrm_port: int = SUGARCRM_PORT,
    data_dir: str | Path | None = None,
    seed: int | None = SEED,
) -> None:
    """Serve both CRMs until interrupted. Raises OSError for a port in use."""
    with Sandbox(seed, data_dir, salesforce_port=salesforce_port, sugarcrm_port=sugarcrm_port) as sandbox:
        gc.freeze()  # the rows are here to stay; looking through a million of them again and again would stop the answers
        with suppress(KeyboardInterrupt):
            sandbox.wait()


@contextmanager
def _no_collecting() -> Iterator[None]:
    """While rows are made and none dropped, looking for rubbish only costs time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Server:
    """One CRM's HTTP server; its port takes connections from the moment it is made, and answers once started."""

    def __init__(self, org: Org, port: int) -> None:
        self._org = org
        self._socket = socket.create_server((HOST, port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self._uvicorn: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        app = control.create_app(self._org, _api(self._org))
        settings = uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        self._uvicorn = uvicorn.Server(settings)
        run, sockets = self._uvicorn.run, [self._socket]
        self._thread = threading.Thread(target=run, kwargs={"sockets": sockets}, name=f"sandbox-{self._org.name}", daemon=True)
        self._thread.start()

    def join(self) -> None:
        if self._thread:
            self._thread.join()

    def stop(self) -> None:
        """Ask it to end; :meth:`close` waits until it has."""
        if self._uvicorn:
            self._uvicorn.should_exit = True

    def close(self) -> None:
        self.stop()
        self.join()
        self._socket.close()


def _api(org: Org) -> ASGIApp:
    if isinstance(org, SalesforceOrg):
        return salesforce_api.create_app(org)
    from centri.sandbox import sugarcrm_api

    assert isinstance(org, SugarCRM)
    return sugarcrm_api.create_app(org)
