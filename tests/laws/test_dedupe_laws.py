"""Whatever went into what, and whatever hung on it: taken back, every row is as it was."""

import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "engine"))
from two_crms import MAPPING, START, World

from centri.dedupe.duplicates.find import Group
from centri.engine.dedupe_apply import apply
from centri.engine.dedupe_plan import plan
from centri.engine.dedupe_undo import undo
from centri.records import PRM, Ref
from centri.settings import Settings
from centri.store import prm
from centri.store.database import migrate, read, write
from centri.store.merge_tables import merge_log
from centri.store.tables import metadata
from centri.store.usage import referring

COUNTERS = ("revision", "updated_at", "updated_by")
ROWS = 5
TEXTS = st.sampled_from([None, "a", "b"])
VALUES = {
    "lead": st.fixed_dictionaries(
        {"last_name": st.just("x"), "title": TEXTS, "city": TEXTS, "score": st.sampled_from([None, 1, 2]),
         "state": st.sampled_from(["new", "ready", "assigned", "recycled"])}
    ),
    "contact": st.fixed_dictionaries({"last_name": st.sampled_from("xy"), "title": TEXTS, "do_not_call": st.booleans()}),
    "account": st.fixed_dictionaries(
        {"name": st.sampled_from("xy"), "city": TEXTS, "parent": st.none() | st.integers(0, ROWS - 1)}
    ),
}  # fmt: skip
GROUPS = st.lists(st.integers(0, 2), min_size=ROWS, max_size=ROWS)
CHILDREN = st.lists(st.tuples(st.integers(0, 30), st.integers(0, ROWS - 1)), max_size=8)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("dedupe") / "store.db"
    migrate(f"sqlite:///{path}")
    return path


class Scene:
    """Rows of one entity with rows of all kinds that name them."""

    def __init__(self, folder, template, entity):
        shutil.copy(template, folder / "store.db")
        url = f"sqlite:///{folder / 'store.db'}"
        self.world, self.entity = (
            World(Settings(home=folder, mappings=MAPPING, database_url=url, overlap=timedelta(seconds=5))),
            entity,
        )

    def add(self, conn, table, **values):
        t = metadata.tables[table]
        return conn.execute(insert(t).values(values).returning(t.c.id)).scalar_one()

    def people(self, conn, found):
        parents = [values.pop("parent", None) for values in found]
        ids = [str(uuid4()) for _ in found]
        dated = [{**values, "created_at": START + timedelta(days=n)} for n, values in enumerate(found)]
        prm.write(conn, self.entity, [prm.Change(*new) for new in zip(ids, dated, strict=True)], actor="x", now=START)
        for id, parent in zip(ids, parents, strict=True):
            if parent is not None and ids[parent] != id:
                t = metadata.tables["account"]
                conn.execute(t.update().where(t.c.id == id).values(parent_account_id=ids[parent]))
        return ids

    def child(self, conn, kind, id, number):
        """A row of one of the tables that name such a row."""
        named = [(t, c) for t, c, _ in referring(self.entity) if t is not prm.ENTITIES[self.entity]]
        table, column = named[kind % len(named)]
        if table.name in ("note", "activity"):
            word = {"note": "parent_type", "activity": "subject_type"}[table.name]
            if self.entity not in table.c[word].info["choices"]:
                return
            self.add(
                conn, table.name, **{word: self.entity, column.name: id}, **({"kind": "call"} if word == "subject_type" else {})
            )
            return
        self.add(conn, table.name, **{**self._needs(conn, table, id, number), column.name: id})

    def _needs(self, conn, table, id, number):
        first = number % 2
        states = ["offered", "declined"]
        live = conn.execute(select(func.count()).where(metadata.tables["lead_assignment"].c.lead_id == id)).scalar_one()
        return {
            "lead": {"last_name": "z"},
            "contact": {"last_name": "z"},
            "account": {"name": "z"},
            "opportunity": {
                "name": "z",
                "account_id": self.add(conn, "account", name="z"),
                "stage_category": ["open", "won"][first],
            },
            "lead_assignment": {"seq": live + 1, "kind": "manual", "state": states[bool(live)]},
            "lead_exclusion": {"partner_account_id": self.add(conn, "partner_account", name="p"), "reason": "admin"},
            "account_domain": {"domain": f"d{number}"},
            "named_account": {
                "partner_account_id": self.add(conn, "partner_account", name="p"),
                "protection": "shared",
                "reason": "contract",
            },
            "account_alias": {"alias_norm": f"a{number}"},
            "routing_decision": {"inputs": {}, "trace": [], "outcome": {}},
            "deal_registration": {
                "number": str(uuid4()),
                "program_id": self.add(conn, "program", code=str(uuid4())),
                "partner_account_id": self.add(conn, "partner_account", name="p"),
            },
        }[table.name]

    def everything(self):
        tables = [t for t in metadata.sorted_tables if "revision" in t.c and "origin" in t.c]
        with read(self.world.project.engine) as conn:
            return {t.name: {r["id"]: _plain(r) for r in conn.execute(select(t)).mappings()} for t in tables}


def _plain(row):
    return {name: value for name, value in row.items() if name not in COUNTERS}


@pytest.mark.parametrize("entity", sorted(VALUES))
@given(data=st.data())
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=set(Phase) - {Phase.explain},
)
def test_an_undo_after_merges_gives_the_rows_that_were_before(template, entity, data):
    people = [dict(values) for values in data.draw(st.lists(VALUES[entity], min_size=ROWS, max_size=ROWS))]
    groups, children = data.draw(GROUPS), data.draw(CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), template, entity)
        project = scene.world.project
        with write(project.engine) as conn:
            ids = scene.people(conn, people)
            for number, (kind, at) in enumerate(children):
                scene.child(conn, kind, ids[at], number)
        before = scene.everything()
        members = [
            tuple(Ref(PRM, entity, id) for id, group in zip(ids, groups, strict=True) if group == number) for number in range(3)
        ]
        for refs in (refs for refs in members if len(refs) > 1):
            with write(project.engine) as conn:
                for one in plan(project, conn, entity, [Group(refs, dict.fromkeys(refs, 1.0), ())]):
                    if not one.review:
                        apply(project, conn, "run", one)
        with read(project.engine) as conn:
            survivors = list(
                dict.fromkeys(conn.execute(select(merge_log.c.survivor_id).order_by(merge_log.c.id.desc())).scalars())
            )
            losers = set(conn.execute(select(merge_log.c.loser_id)).scalars())
        alive = scene.everything()[entity]
        assert not {id for id in losers if alive[id][prm.MASTER[entity]] in losers | {None}}, "each points at one that stands"
        for survivor in survivors:
            assert undo(project, survivor, yes=True).complete
        assert scene.everything() == before
        project.engine.dispose()
