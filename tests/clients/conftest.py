"""What the tests with foreign clients share: a sandbox started for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from centri.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """Both CRMs as they were filled, with nobody logged in."""
    for org in (running.salesforce, running.sugarcrm):
        org.reset()
    running.salesforce.sessions.lifetime, running.sugarcrm.sessions.lifetime = 7200, 3600
    return running
