"""The walk through reviews at a terminal: a real one, with real keys."""

import json
import os
import pty
import select
import subprocess
import sys
import termios
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import insert
from sqlalchemy import select as query

from centri.store.database import open_engine, read, write
from centri.store.prm_tables import account, account_alias, lead

MAPPINGS = Path(__file__).parents[2] / "mappings.yaml"


@pytest.fixture
def store(fresh_sqlite, tmp_path):
    url = fresh_sqlite()
    engine = open_engine(url)
    with write(engine) as conn:
        for id, name in (("a1", "Corvan Paper"), ("a2", "Corvan Textiles"), ("a3", "Zebulon Freight")):
            conn.execute(insert(account).values(id=id, name=name, account_class="customer"))
        for at, company in enumerate(("Corvan Papr", "Zebulon Frght", "Corvan Textil", "Corvan")):
            conn.execute(insert(lead).values(id=f"l{at}", company=company, last_name="Wong", match_class="review"))
    yield (
        engine,
        {
            **os.environ,
            "CENTRI_DATABASE_URL": url,
            "CENTRI_HOME": str(tmp_path),
            "CENTRI_MAPPINGS": str(MAPPINGS),
            "TERM": "xterm",
        },
    )
    engine.dispose()


def waits_for_a_key(terminal):
    """Whether single keys are read now: what is pressed earlier is thrown away when the terminal changes over."""
    return not termios.tcgetattr(terminal)[3] & termios.ICANON


def walk(env, keys):
    """Press each key when it is asked for; answers what was shown, and the exit code."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "centri", "match", "review"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, close_fds=True)
    os.close(theirs)
    shown, asked, left = "", 0, list(keys)
    deadline = monotonic() + 240
    while monotonic() < deadline:
        if select.select([ours], [], [], 0.05)[0]:
            try:
                block = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not block:
                break
            shown += block.decode(errors="replace")
        elif left and shown.count("q: enough") > asked and waits_for_a_key(ours):
            asked += 1
            os.write(ours, left.pop(0).encode())
    os.close(ours)
    return shown, process.wait(60)


def rows(engine):
    with read(engine) as conn:
        found = conn.execute(
            query(lead.c.id, lead.c.matched_account_id, lead.c.match_class, lead.c.match_locked).order_by(lead.c.id)
        )
        return {row[0]: tuple(row[1:]) for row in found}


def test_each_key_does_what_it_says_and_what_is_decided_stays(store):
    engine, env = store
    listed = subprocess.run(
        [sys.executable, "-m", "centri", "match", "review", "--json"], env=env, capture_output=True, text=True, check=False
    )
    document = json.loads(listed.stdout)
    assert (listed.returncode, [one["lead"]["id"] for one in document["reviews"]]) == (3, ["l0", "l1", "l2", "l3"])
    shown, code = walk(env, "yzans")
    assert code == 3, shown
    assert "1 of 4  Corvan Papr  (Wong)" in shown
    assert "'z' means nothing here" in shown
    assert "3 decided, 1 remain" in shown
    assert rows(engine) == {
        "l0": ("a1", "customer", True),
        "l1": ("a3", "customer", True),
        "l2": (None, "none", True),
        "l3": (None, "review", False),
    }
    with read(engine) as conn:
        learned = query(account_alias.c.account_id, account_alias.c.alias_norm).order_by(account_alias.c.account_id)
        assert list(conn.execute(learned)) == [("a1", "corvan papr"), ("a3", "zebulon frght")]
    shown, code = walk(env, "q")
    assert (code, "0 decided, 1 remain" in shown) == (3, True)
