"""The HTTP server: web-hooks of CRMs, health, and figures for Prometheus."""

from __future__ import annotations

import socket
from functools import partial
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from centri.engine.alerts import out_of_date
from centri.engine.metrics import Figures
from centri.engine.project import Project
from centri.errors import CentriError, ConfigError
from centri.store.database import require_current
from centri.web.hooks import Hooks

HOST, PORT = "127.0.0.1", 8780

MOST = 500
"""Connections at a time; more are answered 503."""


def app_of(project: Project) -> Starlette:
    """What is served. Raises ConfigError where a web-hook's secret is not set."""
    registry = CollectorRegistry()
    registry.register(Figures(project))
    routes = [
        Route("/hooks/{connection}", _hook(project), methods=["POST"]),
        Route("/health", _health),
        Route("/ready", partial(_ready, project)),
        Route("/fresh", partial(_fresh, project)),
        Route("/metrics", partial(_metrics, registry)),
    ]
    return Starlette(routes=routes)


def server_of(project: Project) -> uvicorn.Server:
    """A server that ends in peace on SIGTERM, writes no log of its own, and does not say what it is."""
    settings = uvicorn.Config(
        app_of(project), log_config=None, access_log=False, server_header=False, limit_concurrency=MOST
    )  # fmt: skip
    return uvicorn.Server(settings)


def listening(host: str, port: int) -> socket.socket:
    """A socket there. Raises ConfigError where that cannot be."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise ConfigError(f"cannot serve at {host}:{port} ({error.strerror}): choose another with --port") from error


def _hook(project: Project) -> Any:
    hooks = Hooks(project)

    async def hook(request: Request) -> Response:
        return await hooks.take(request)

    return hook


async def _health(request: Request) -> Response:
    """The process lives, however busy it is with the store."""
    return JSONResponse({"ok": True})


def _ready(project: Project, request: Request) -> Response:
    """The store can be worked with. That CRMs are out of date is no reason to keep their hints away, so it is not asked here."""
    try:
        require_current(project.engine)
    except CentriError as error:
        return JSONResponse({"ok": False, "problem": str(error)}, 503)
    return JSONResponse({"ok": True})


def _fresh(project: Project, request: Request) -> Response:
    """Every connection was read to its end lately."""
    try:
        late = out_of_date(project)
    except CentriError as error:
        return JSONResponse({"ok": False, "problem": str(error)}, 503)
    return JSONResponse({"ok": not late, "out_of_date": late}, 503 if late else 200)


def _metrics(registry: CollectorRegistry, request: Request) -> Response:
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
