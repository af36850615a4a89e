"""What all tests may use, and where they write: to memory where there is some, since a disk makes them wait half their time."""

import logging
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.testing
from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache

from centri.store import database

pytest_plugins = ["databases", "csv_business"]

# The tree of all commands is made once for all tests: making it takes longer than many a command.
typer.testing._get_command = cache(typer.testing._get_command)

# Statements are compiled once for all databases of a kind: that takes a sixth of the time of a test with a store of its own.
_dialects: dict[str, Dialect] = {}
_statements: LRUCache[Any, Any] = LRUCache(5_000)
_create_engine = database.create_engine


def _one_dialect(*args: Any, **options: Any) -> Engine:
    engine = _create_engine(*args, **options)
    known = _dialects.get(engine.dialect.name)
    if known is None or not known.server_version_info:  # nobody has connected yet
        known = _dialects[engine.dialect.name] = engine.dialect
    engine.dialect, engine._compiled_cache = known, _statements
    return engine


database.create_engine = _one_dialect

_MEMORY = Path("/dev/shm")
_ENOUGH = 2 << 30


def pytest_configure() -> None:
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.fixture
def log_as_before() -> Iterator[None]:
    """For tests that have the log set up: afterwards it is as it was."""
    loggers = [logging.getLogger(name) for name in ("centri", "uvicorn")]
    kept = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    yield
    for logger, (handlers, propagate, level) in zip(loggers, kept, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
