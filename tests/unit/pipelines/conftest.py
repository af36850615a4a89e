"""A shop whose `north` is a CRM in memory, for what runs in Dagster."""

from collections.abc import Iterator

import pytest
from csv_business import Business, in_memory

from centri.connectors.memory import MemoryConnector, MemoryCrm
from centri.engine.project import Project, open_project


@pytest.fixture
def crm() -> MemoryCrm:
    return in_memory()


@pytest.fixture
def crm_project(open_shop: Business, crm: MemoryCrm) -> Iterator[Project]:
    opened = open_project(open_shop.settings)
    opened.use("north", MemoryConnector("north", crm))
    yield opened
    opened.close()
