"""What all tests may use, and where they write: to memory where there is some, since a disk makes them wait half their time."""

import logging
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.testing

pytest_plugins = ["databases", "csv_business"]

# The tree of all commands is made once for all tests: making it takes longer than many a command.
typer.testing._get_command = cache(typer.testing._get_command)

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
