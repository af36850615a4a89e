"""A sandbox's Salesforce at a set time, and its callers, for the tests of one module."""

from __future__ import annotations

import pytest
import requests
from salesforce_caller import Caller, Loopback, T
from simple_salesforce import Salesforce

from centri.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture
def org(sandbox):
    sandbox.salesforce.reset()
    sandbox.salesforce.clock.set(T, frozen=True)
    return sandbox.salesforce


@pytest.fixture
def call(sandbox, org):
    return Caller(sandbox.salesforce_url)


@pytest.fixture
def simple(sandbox, org):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Loopback(sandbox.salesforce_url))
    keys = {"consumer_key": "centri-sandbox", "consumer_secret": "sandbox-secret"}
    return Salesforce(domain="acme.my", session=session, version="62.0", **keys)
