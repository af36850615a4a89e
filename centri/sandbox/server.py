"""Runs both CRMs on loopback: in this process's threads for tests, or in the foreground for a person."""

from __future__ import annotations

import gc
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp

from centri.sandbox import control, salesforce_api, sugarcrm_items
from centri.sandbox.proxy import Proxy
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.state import Credentials, Org
from centri.sandbox.sugarcrm_org import SugarCRM
from centri.sandbox.tls import Authority
from centri.sandbox.wire import Protocol

SALESFORCE_PORT = 8411
SUGARCRM_PORT = 8412
SALESFORCE_HTTPS_PORT = 8413
SUGARCRM_HTTPS_PORT = 8414
PROXY_PORT = 8415
SEED = 1
HOST = "127.0.0.1"
KEPT_ALIVE = 60
"""Seconds that an idle connection stays open."""


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

    ``https`` serves both a second time over TLS, with certificates from an authority made for this sandbox; its own is in
    ``ca_file``. ``proxy`` adds a CONNECT proxy for clients that know their CRM by a public name (``*.salesforce.com``,
    ``*.sugarondemand.com``) and nothing else. ``instance_url`` is what Salesforce logins are told in place of where they
    logged in. ``sugarcrm_opportunities`` is Sugar's opportunity model: ``only``, or ``rli`` with revenue line items.
    """

    def __init__(
        self,
        seed: int | None = None,
        data: str | Path | None = None,
        *,
        salesforce_port: int = 0,
        sugarcrm_port: int = 0,
        https: bool = False,
        salesforce_https_port: int = 0,
        sugarcrm_https_port: int = 0,
        proxy: bool = False,
        proxy_port: int = 0,
        ca_file: str | Path | None = None,
        instance_url: str | None = None,
        sugarcrm_opportunities: str = "only",
    ) -> None:
        self.salesforce = SalesforceOrg(seed=seed or 0)
        self.salesforce.instance_url = instance_url
        self.sugarcrm = SugarCRM(seed=seed or 0, opportunities=sugarcrm_opportunities)
        self._servers: list[_Server] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._proxy: Proxy | None = None
        self.ca_file: Path | None = None
        try:
            self._servers.append(_Server(self.salesforce, salesforce_port))
            self._servers.append(_Server(self.sugarcrm, sugarcrm_port))
            if https or proxy:
                self.ca_file = Path(ca_file) if ca_file else self._own_file()
                context = Authority(self.ca_file).context()
                self._servers.append(_Server(self.salesforce, salesforce_https_port, context))
                self._servers.append(_Server(self.sugarcrm, sugarcrm_https_port, context))
            if proxy:
                public = {"salesforce.com": self._servers[2].port, "sugarondemand.com": self._servers[3].port}
                self._proxy = Proxy(HOST, proxy_port, public)
            with _no_collecting():
                self._fill(seed, data)
        except BaseException:
            self.close()
            raise
        apps = {org.name: control.create_app(org, _api(org)) for org in (self.salesforce, self.sugarcrm)}
        for server in self._servers:
            server.start(apps[server.org.name])
        if self._proxy:
            self._proxy.start()

    @property
    def salesforce_url(self) -> str:
        return self._servers[0].url

    @property
    def sugarcrm_url(self) -> str:
        return self._servers[1].url

    @property
    def salesforce_https_url(self) -> str:
        """Raises IndexError where https is not served; so does its neighbour."""
        return self._servers[2].url

    @property
    def sugarcrm_https_url(self) -> str:
        return self._servers[3].url

    @property
    def proxy_url(self) -> str:
        """For HTTPS_PROXY. Raises ValueError where there is no proxy."""
        if self._proxy is None:
            raise ValueError("this sandbox was started without a proxy")
        return self._proxy.url

    @property
    def proxy_environment(self) -> dict[str, str]:
        """What leads a client through the proxy, and has it trust the sandbox's certificates."""
        trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(self.ca_file))
        lower = {"https_proxy": self.proxy_url, "no_proxy": f"{HOST},localhost"}
        return {**lower, **{name.upper(): value for name, value in lower.items()}, **trust}

    @property
    def environment(self) -> dict[str, str]:
        """See :func:`environment`, for this sandbox's own ports."""
        return environment(self._servers[0].port, self._servers[1].port)

    def wait(self) -> None:
        """Until somebody stops the servers."""
        for server in self._servers:
            server.join()

    def close(self) -> None:
        for org in (self.salesforce, self.sugarcrm):
            org.faults.clear()  # nobody is to wait for a server that has gone
        for server in self._servers:
            server.stop()
        for server in self._servers:
            server.close()
        if self._proxy:
            self._proxy.close()
        if self._folder:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _own_file(self) -> Path:
        self._folder = tempfile.TemporaryDirectory(prefix="centri-sandbox-")
        return Path(self._folder.name) / "ca.pem"

    def _fill(self, seed: int | None, data: str | Path | None) -> None:
        if data is not None:
            from centri.sandbox import load

            for org in (self.salesforce, self.sugarcrm):
                load.load_directory(org, Path(data) / org.name)
        elif seed is not None:
            from centri.sandbox import seed as seeds

            seeds.fill(self.salesforce, self.sugarcrm, seed)
        if self.sugarcrm.line_items:
            sugarcrm_items.itemise(self.sugarcrm)
        for org in (self.salesforce, self.sugarcrm):
            org.remember()


def serve(
    salesforce_port: int = SALESFORCE_PORT,
    sugarcrm_port: int = SUGARCRM_PORT,
    data_dir: str | Path | None = None,
    seed: int | None = SEED,
    *,
    ready: Callable[[Sandbox], None] | None = None,
    **more: Any,
) -> None:
    """Serve both CRMs until interrupted; ``ready`` is called once they answer, ``more`` is as for :class:`Sandbox`.

    Raises OSError for a port in use.
    """
    with Sandbox(seed, data_dir, salesforce_port=salesforce_port, sugarcrm_port=sugarcrm_port, **more) as sandbox:
        gc.freeze()  # the rows are here to stay; looking through a million of them again and again would stop the answers
        if ready:
            ready(sandbox)
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
    """One CRM's HTTP(S) server; its port takes connections from the moment it is made, and answers once started."""

    def __init__(self, org: Org, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.org, self._tls = org, tls
        self._socket = socket.create_server((HOST, port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{HOST}:{self.port}"
        self._uvicorn: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: ASGIApp) -> None:
        settings = uvicorn.Config(
            app, http=Protocol, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=1,
            timeout_keep_alive=KEPT_ALIVE, date_header=False, server_header=False,
        )  # fmt: skip
        settings.load()
        settings.ssl = self._tls
        self._uvicorn = uvicorn.Server(settings)
        run, sockets = self._uvicorn.run, [self._socket]
        self._thread = threading.Thread(target=run, kwargs={"sockets": sockets}, name=f"sandbox-{self.org.name}", daemon=True)
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
