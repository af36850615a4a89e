"""Each story is told of both CRMs on SQLite; the main ones on PostgreSQL too, wherever one is reachable."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from story_crms import SALESFORCE, SUGARCRM, Crm
from story_world import World

from centri.sandbox.server import Sandbox


@cache
def sandbox() -> Sandbox:
    """One for the whole test process; its threads end with it."""
    return Sandbox()


@pytest.fixture(params=[SUGARCRM, SALESFORCE], ids=lambda crm: crm.name)
def crm(request: pytest.FixtureRequest) -> Crm:
    return request.param


@pytest.fixture
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database without rows: SQLite's, unless the test asks for another."""
    fresh: Callable[[], str] = request.getfixturevalue(f"fresh_{getattr(request, 'param', 'sqlite')}")
    return fresh()


@pytest.fixture
def world(crm: Crm, store_url: str, tmp_path: Path) -> Iterator[World]:
    made = World(crm, sandbox(), store_url, tmp_path / "home")
    yield made
    made.close()
