"""The model of the package: that the script makes it, and how good it is on leads that it never saw."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
LEADS = ROOT.parent / "shared" / "data" / "leadbench" / "leaddup"


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_the_script_makes_the_model_that_is_committed():
    done = subprocess.run(
        [sys.executable, ROOT / "models" / "lead_duplicates.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.prove
@pytest.mark.skipif(not LEADS.exists(), reason="the leads with known answers are not here")
def test_leads_with_known_answers(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from dedupe import scored

    from centri.engine.dedupe_file import dedupe_file

    dedupe_file(LEADS / "leads.csv.gz", tmp_path / "groups.csv")
    precision, recall, f1 = scored(tmp_path / "groups.csv", LEADS / "gold.csv.gz")
    assert f1 >= 0.975
    assert precision >= 0.97
    assert recall >= 0.97
