"""Whatever people did before and after a run: taken back, both sides hold what they held, and nothing flows by itself."""

import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "engine"))
from two_crms import MAPPING, QUIET, World

from centri.engine.undo import undo
from centri.settings import Settings
from centri.store.database import migrate
from centri.sync.undo import Fate

FIELDS = {"name": "Name", "city": "City", "website": "Website", "industry_raw": "Industry"}
"""Of policy crm_wins, hold and fill_blanks, and one that the CRM owns."""
VALUES = st.sampled_from(["Ulm", "Bonn", "Kiel"])
EDITS = st.dictionaries(st.tuples(st.sampled_from(["crm", "prm"]), st.sampled_from(sorted(FIELDS))), VALUES, max_size=5)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("undo") / "store.db"
    migrate(f"sqlite:///{path}")
    return path


class Pair:
    """One account at rest in the PRM and the east."""

    def __init__(self, folder, template):
        shutil.copy(template, folder / "store.db")
        url = f"sqlite:///{folder / 'store.db'}"
        self.world = World(Settings(home=folder, mappings=MAPPING, database_url=url, overlap=timedelta(seconds=5)))
        self.crm_id = self.world.person_saves(
            "east", "Account", Name="Globex", City="Hof", Website="hof.example", Industry="Steel"
        )
        self.world.sync("east")
        self.world.sync("east")
        self.prm_id = self.world.row("account")["id"]

    def edit(self, edits):
        for (side, field), value in edits.items():
            if side == "crm":
                self.world.person_saves("east", "Account", self.crm_id, **{FIELDS[field]: value})
            else:
                self.world.edit("account", self.prm_id, **{field: value})

    def holds(self):
        row, crm = self.world.row("account"), self.world.crms["east"].objects["Account"][self.crm_id].values
        return {("crm", f): crm.get(c) for f, c in FIELDS.items()} | {("prm", f): row[f] for f in FIELDS}


@settings(max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(before=EDITS, after=EDITS, synced=st.booleans())
def test_a_run_taken_back_leaves_no_trace_but_what_people_did_since(template, before, after, synced):
    """``synced``: whether what people did since the run was synced before the run is taken back."""
    after = {k: f"{v} since" for k, v in after.items()}
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder), template)
        world = pair.world
        pair.edit(before)
        held = pair.holds()
        world.project.dagster_run_id = "the run"
        world.sync("east")
        world.project.dagster_run_id = None
        pair.edit(after)
        if synced:
            world.sync("east")
        undo(world.project, "the run", yes=True)
        assert set(undo(world.project, "the run", yes=True).counts) <= {Fate.DONE, Fate.LEFT}
        world.sync("east")
        world.sync("east")
        now = pair.holds()
        assert now == _expected(held, now, after)
        assert world.writes() == QUIET
        world.project.close()


def _expected(held, now, after):
    """As before the run; of a field that one side has edited since, that side's edit; of what both edited, what they agree on."""
    touched = {field for _, field in after}
    expected = {(side, field): now[side, field] if field in touched else value for (side, field), value in held.items()}
    for (side, field), value in after.items():
        alone = ("prm" if side == "crm" else "crm", field) not in after
        if alone and (side, field) != ("prm", "industry_raw"):  # that one the CRM owns
            expected[side, field] = value
    return expected
