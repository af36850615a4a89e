"""The index that leads are matched against: a snapshot and what changed since are together what the store holds now."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, text, update

from centri.dedupe.companies.company import company
from centri.dedupe.companies.index import Index
from centri.dedupe.companies.matcher import Matcher
from centri.engine import match_index, match_snapshot
from centri.engine.match_build import build
from centri.engine.match_index import Companies
from centri.store.database import write
from centri.store.prm_tables import account, account_alias, account_domain

NAMES = ("Globex Corporation", "Globex Labs", "Initech LLC", "Umbrella Health", "Umbrella Healthcare", "Wayne", "Acme Works GmbH")
SITES = ("globex.example", "initech.example", "umbrella.example", None)
ASKED = [
    company("one", {"company": "Globex Corp", "email": "a@globex.example", "city": "Ulm"}),
    company("two", {"company": "Umbrella Health Systems", "country_code": "DE"}),
    company("three", {"company": "Initech"}),
    company("four", {"email": "x@umbrella.example"}),
    company("five", {"company": "Wayne Labs", "city": "Kiel"}),
]


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    with write(store_engine) as conn:
        conn.execute(insert(account), [row(f"a{n}", name, SITES[n % 4]) for n, name in enumerate(NAMES)])
    return store_engine


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few are kept that a test's are."""
    monkeypatch.setattr(match_index, "KEPT", 1)


def row(id: str, name: str, site: str | None, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": name, "website": site, "domain": site, "city": "Ulm", **more}


def said(index: Index) -> list[tuple[str, str, float]]:
    """Every candidate of every question with its score."""
    return list(Matcher(index).rank(ASKED).best(50))


def fresh(engine: Engine) -> list[tuple[str, str, float]]:
    return said(Index([build(engine).segment]))


@pytest.mark.usefixtures("small")
def test_what_changes_is_found_at_once_by_every_process(engine: Engine, tmp_path: Path):
    here, there = Companies(engine, tmp_path / "one"), Companies(engine, tmp_path / "two")
    assert said(here.index()) == said(there.index()) == fresh(engine)
    with write(engine) as conn:
        conn.execute(insert(account), [row("new", "Zorblatt", "zorblatt.example")])
    for each in (here, there, Companies(engine, tmp_path / "one")):
        (found,) = Matcher(each.index()).rank([company("q", {"email": "a@zorblatt.example"})]).best(1)
        assert found[1] == "account/new"


EDITS = st.one_of(
    st.tuples(st.just("add"), st.integers(10, 14), st.sampled_from(NAMES), st.sampled_from(SITES)),
    st.tuples(st.just("rename"), st.integers(0, 14), st.sampled_from(NAMES), st.sampled_from(SITES)),
    st.tuples(st.just("drop"), st.integers(0, 14), st.none(), st.none()),
    st.tuples(st.just("alias"), st.integers(0, 6), st.sampled_from(("acme", "globex", "zuper")), st.none()),
    st.tuples(st.just("look"), st.none(), st.none(), st.none()),
)


@pytest.mark.usefixtures("small")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(EDITS, max_size=12))
def test_snapshot_and_changes_are_as_if_read_at_once(engine: Engine, tmp_path: Path, edits: list[Any]):
    home = tmp_path / "home"
    running = Companies(engine, home)
    running.index()
    for edit in edits:
        _edit(engine, running, *edit)
    wanted = fresh(engine)
    assert said(running.index()) == wanted
    assert said(Companies(engine, home).index()) == wanted
    assert said(Companies(engine, tmp_path / "nothing").index()) == wanted


def _edit(engine: Engine, running: Companies, what: str, number: Any, name: Any, site: Any) -> None:
    id = f"a{number}"
    if what == "look":
        running.index()
        return
    with write(engine) as conn:
        there = conn.execute(text("SELECT 1 FROM account WHERE id = :id"), {"id": id}).first() is not None
        if what == "add" and not there:
            conn.execute(insert(account), [row(id, name, site)])
        elif what == "rename":
            changed = {"name": name, "website": site, "domain": site, "deleted_at": None}
            conn.execute(update(account).where(account.c.id == id).values(changed))
        elif what == "drop":
            for table in (account_alias, account_domain):
                conn.execute(delete(table).where(table.c.account_id == id))
            conn.execute(delete(account).where(account.c.id == id))
        elif what == "alias" and there:
            conn.execute(delete(account_alias).where(account_alias.c.account_id == id))
            conn.execute(insert(account_alias).values(account_id=id, alias_norm=name))


def _cut(folder: Path) -> None:
    path = folder / "segment.names.pieces.npy"
    path.write_bytes(path.read_bytes()[:-8])


def _lost(folder: Path) -> None:
    (folder / "segment.ids.letters.npy").unlink()


def _garbled(folder: Path) -> None:
    (folder / "manifest.json").write_text("{", encoding="utf-8")


def _half(folder: Path) -> None:
    (folder / "manifest.json").unlink()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("harm", [_cut, _lost, _garbled, _half, shutil.rmtree], ids=lambda f: f.__name__)
def test_a_snapshot_that_is_damaged_changes_no_answer(engine: Engine, tmp_path: Path, harm: Callable[[Path], None]):
    Companies(engine, tmp_path).index()
    (folder,) = tmp_path.glob("snapshot-*")
    harm(folder)
    assert said(Companies(engine, tmp_path).index()) == fresh(engine)
    assert Companies(engine, tmp_path).index() is not None


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "other", [{"names": 0}, {"format": 0}, {"store": "another"}, {"as_of": 10**18}, {"anybody": "x"}], ids=str
)
def test_a_snapshot_of_something_else_is_not_used(engine: Engine, tmp_path: Path, other: dict[str, Any]):
    whole = build(engine)
    match_snapshot.write(tmp_path, replace(whole, manifest=replace(whole.manifest, **other)))
    assert match_snapshot.newest(tmp_path, whole.manifest.store, whole.manifest.as_of) is None
    assert said(Companies(engine, tmp_path).index()) == fresh(engine)


@pytest.mark.usefixtures("small")
def test_a_wrong_byte_is_found_when_all_are_read(engine: Engine, tmp_path: Path):
    kept = match_snapshot.write(tmp_path, build(engine))
    assert match_snapshot.sound(kept)
    assert kept.folder is not None
    path = kept.folder / "segment.core.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert not match_snapshot.sound(kept)


@pytest.mark.usefixtures("small")
def test_only_the_newest_is_kept_and_who_reads_an_older_one_goes_on(engine: Engine, tmp_path: Path):
    first = match_snapshot.write(tmp_path, build(engine))
    before = said(Index([first.segment]))
    with write(engine) as conn:
        conn.execute(insert(account), [row("new", "Zorblatt", "zorblatt.example")])
    match_snapshot.write(tmp_path, build(engine))
    assert len(list(tmp_path.glob("snapshot-*"))) == 1
    assert said(Index([first.segment])) == before


KILLED = """
import os, sys
from pathlib import Path
from centri.engine import match_kept, match_snapshot
from centri.engine.match_build import build
from centri.store.database import open_engine

left = [int(sys.argv[3])]
save = match_kept.np.save

def dying(path, *rest, **more):
    left[0] -= 1
    if left[0] < 0:
        os._exit(9)
    save(path, *rest, **more)

match_kept.np.save = dying
match_snapshot.write(Path(sys.argv[2]), build(open_engine(sys.argv[1])))
"""


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("after", [0, 7])
def test_a_writer_that_is_killed_leaves_the_old_one(engine: Engine, store_url: str, tmp_path: Path, after: int):
    kept = match_snapshot.write(tmp_path, build(engine))
    done = subprocess.run([sys.executable, "-c", KILLED, store_url, str(tmp_path), str(after)], check=False)
    assert done.returncode == 9
    found = match_snapshot.newest(tmp_path, kept.manifest.store, kept.manifest.as_of)
    assert found is not None
    assert found.folder == kept.folder
    assert said(Companies(engine, tmp_path).index()) == fresh(engine)


@pytest.mark.usefixtures("small")
def test_a_new_one_is_made_once_much_has_changed(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(match_index, "_FEW_CHANGED", 2)
    mine = Companies(engine, tmp_path)
    mine.index()
    for number in range(3):
        with write(engine) as conn:
            conn.execute(insert(account), [row(f"n{number}", f"Zorblatt {number}", None)])
        mine.index()
        assert mine.changes <= 2
    assert len(list(tmp_path.glob("snapshot-*"))) == 1
    assert said(mine.index()) == fresh(engine)


def test_few_companies_are_kept_in_memory_alone(engine: Engine, tmp_path: Path):
    mine = Companies(engine, tmp_path)
    mine.index()
    assert mine.snapshot is not None
    assert (mine.snapshot.folder, list(tmp_path.glob("snapshot-*"))) == (None, [])
