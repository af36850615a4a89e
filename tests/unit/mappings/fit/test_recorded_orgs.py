"""Descriptions of real Salesforce orgs, where they are at hand: what comes with every org fits the mapping that we ship."""

import json
from pathlib import Path

import pytest

from centri.anomalies import Severity
from centri.connectors.salesforce_fields import field
from centri.descriptions import Description
from centri.mappings.fit.inspection import inspect
from centri.mappings.fit.prm import prm_fields
from centri.mappings.loader import load

ROOT = Path(__file__).parents[4]
FOLDER = ROOT.parent / "shared" / "data" / "salesforce" / "describe"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no descriptions of real orgs here")


def described(name: str, *, recording: str | None = None) -> Description:
    told = json.loads((FOLDER / f"sobjects_{recording or name}_describe.json").read_bytes())["fields"]
    return Description(name, {one["name"]: field(one) for one in told})


@pytest.mark.parametrize("account", ["Account", "Account_PersonAccount"])
def test_only_our_own_fields_are_missing(account):
    seen = {("salesforce", name): described(name) for name in ("Contact", "Lead", "Opportunity")}
    seen["salesforce", "Account"] = described("Account", recording=account)
    faults = list(inspect(load(ROOT / "mappings.yaml", prm_fields()), seen, prm_fields()))
    errors = [f for f in faults if f.grade is Severity.ERROR and not (f.rule == "field" and " 'CENTRI_" in f.message)]
    assert errors == []
    assert len(faults) > 20  # they have none of ours
