"""``centri backfill`` as a process that is killed in the middle and goes on beside rounds: nothing is lost or done twice."""

import json
import os
import subprocess
import sys
from contextlib import suppress

import pytest
from csv_business import STAMP, Business
from sqlalchemy import func, select
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from centri.store import backfills
from centri.store.database import open_engine, read
from centri.store.prm_tables import account

pytestmark = pytest.mark.prove

MANY = 400


def centri(shop: Business, *words: str, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", "-m", "centri", *words]
    environment = {**os.environ, **shop.environment, **more}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def done(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def test_a_killed_one_goes_on_and_rounds_beside_it_are_let_in(open_shop):
    shop = open_shop
    mapped = shop.mapping.read_text(encoding="utf-8")
    rows = [f"A{n},{STAMP.format(n % 10)},,Acme {n},acme{n}.example,City {n}" for n in range(MANY)]
    shop.write("north", "Account", "\n".join(["id,modified_at,deleted,Name,Website,City", *rows, ""]))
    shop.mapping.write_text(mapped.replace(", city: City", ""), encoding="utf-8")
    done(centri(shop, "sync", "north"))
    shop.mapping.write_text(mapped, encoding="utf-8")
    store = open_engine(shop.settings.database)

    def filled() -> int:
        with read(store) as conn:
            return conn.execute(select(func.count()).where(account.c.city.is_not(None))).scalar_one()

    def begun() -> bool:
        with read(store) as conn, suppress(IndexError):
            return bool(backfills.unfinished(conn)[0].cursor) and filled() > 0
        return False

    command = ("backfill", "north", "account", "--field", "city", "--allow", "100%", "--json")
    process = centri(shop, *command, CENTRI_PAGE_SIZE="10")
    Retrying(retry=retry_if_result(lambda held: not held), stop=stop_after_delay(60), wait=wait_fixed(0.02))(begun)
    process.kill()
    process.communicate()
    assert 0 < filled() < MANY, "it was killed in the middle"

    process = centri(shop, *command, CENTRI_PAGE_SIZE="10")
    told = json.loads(done(centri(shop, "sync", "north", "--json")))
    assert told["ok"]
    (backfilled,) = json.loads(done(process))["backfilled"]
    assert backfilled["resumed"]
    assert backfilled["records"] < MANY
    with read(store) as conn:
        cities = {row.name: row.city for row in conn.execute(select(account.c.name, account.c.city))}
    assert cities == {f"Acme {n}": f"City {n}" for n in range(MANY)}
    with read(store) as conn:
        assert backfills.unfinished(conn) == []
    store.dispose()
