"""Each story is told of both CRMs on SQLite, and the main ones on PostgreSQL.

`make test` tells them of one CRM, and how the use cases usually go of both; the others are among the longer proofs.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from story_crms import SALESFORCE, SUGARCRM, Crm
from story_world import World

from centri.sandbox.server import Sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent != _HERE:
            continue
        given = getattr(item, "callspec", _PLAIN).params
        second = given.get("crm") is SUGARCRM and item.originalname not in MAIN
        if second or "postgresql" in given.values():
            item.add_marker(pytest.mark.prove)


MAIN = {
    "test_from_the_vendors_lead_to_the_partners_opportunity",
    "test_from_the_partners_lead_to_the_vendors_approval",
    "test_what_the_vendor_hands_out_comes_back_as_a_registered_deal",
}

_HERE = Path(__file__).parent
_PLAIN = SimpleNamespace(params={})


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
