"""Reading again: what is filled, what stays, what is refused, and that it goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from csv_business import Business, in_memory

from centri.connectors.base import Page, PullRequest
from centri.connectors.memory import MemoryConnector
from centri.engine.backfill import Wish, backfill, planned
from centri.engine.project import mapping_of, open_project
from centri.engine.pull import pull
from centri.engine.sync import sync
from centri.errors import ConfigError, RetryLater, TooMany
from centri.store import backfills, calls, staging
from centri.store.database import read, write
from centri.store.prm_tables import account
from centri.sync.budget import Purpose

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Late:
    """Two accounts a day for ten days in a CRM, all of them synced by a mapping that did not know of cities yet."""

    def __init__(self, late: Business, count: int = 20) -> None:
        self.now, self.crm = T0, in_memory(clock=lambda: self.now)
        self.ids = [self._account(n) for n in range(count)]
        self.now = T0 + timedelta(days=1 + count / 2)
        self.text, self.path = late.mapping.read_text(encoding="utf-8"), late.mapping
        self.path.write_text(self.text.replace(", city: City", ""), encoding="utf-8")
        self.connector = Interrupted("north", self.crm)
        self.project = open_project(replace(late.settings, page_size=3), clock=lambda: self.now)
        self.project.use("north", self.connector)
        sync(self.project, "north")

    def _account(self, n: int) -> str:
        self.now = T0 + timedelta(days=n // 2)
        return self.crm.save("Account", {"Name": f"Acme {n}", "Website": f"acme{n}.example", "City": f"City {n}"}).id

    def mapped(self, old: str = "", new: str = "") -> None:
        """From now on cities are mapped, in this way."""
        self.path.write_text(self.text.replace(old, new) if old else self.text, encoding="utf-8")
        self.project.mapping = mapping_of(self.project.settings)

    def cities(self) -> list[str | None]:
        with read(self.project.engine) as conn:
            rows = conn.execute(account.select()).mappings()
            return [row["city"] for row in sorted(rows, key=lambda row: int(row["name"].split()[1]))]

    def sets(self, n: int, city: str) -> None:
        """Somebody at our end changes a city."""
        with write(self.project.engine) as conn:
            changed = {"city": city, "revision": account.c.revision + 1}
            conn.execute(account.update().where(account.c.name == f"Acme {n}").values(**changed))

    def cursor(self) -> Any:
        with read(self.project.engine) as conn:
            return staging.cursor(conn, "north", "Account")

    def unfinished(self) -> list[backfills.Backfill]:
        with read(self.project.engine) as conn:
            return backfills.unfinished(conn)


class Interrupted(MemoryConnector):
    """A connector that fails behind so many pages, and tells somebody of each."""

    pages: int | None = None
    turned = staticmethod(lambda: None)

    def pull(self, request: PullRequest) -> Iterator[Page]:
        for page in super().pull(request):
            if self.pages == 0:
                raise RetryLater("the CRM is away")
            if self.pages is not None:
                self.pages -= 1
            self.turned()
            yield page


@pytest.fixture
def late(open_shop: Business) -> Iterator[Late]:
    made = Late(open_shop)
    yield made
    made.project.close()


EVERY = [f"City {n}" for n in range(20)]


def test_a_field_that_was_mapped_later_is_filled_for_all_and_the_cursor_stays(late):
    late.mapped()
    sync(late.project, "north")
    assert set(late.cities()) == {None}
    before = late.cursor()
    (done,) = backfill(late.project, Wish("north", "account"))
    assert (done.read, done.staged, done.changed, done.resumed) == (20, 20, 20, False)
    assert (late.cities(), late.cursor(), late.unfinished()) == (EVERY, before, [])
    assert done.counts["account"].to_prm == 20
    (again,) = backfill(late.project, Wish("north", "account"))
    assert (again.read, again.changed, late.cities()) == (20, 0, EVERY)


def test_a_window_takes_what_changed_within_it_alone(late):
    late.mapped()
    window = Wish("north", "account", T0 + timedelta(days=2), T0 + timedelta(days=4))
    (done,) = backfill(late.project, window)
    assert done.read == 4
    assert late.cities() == [city if n in (4, 5, 6, 7) else None for n, city in enumerate(EVERY)]


def test_one_record_alone(late):
    late.mapped()
    (done,) = backfill(late.project, Wish("north", "account", records=(late.ids[5],)))
    assert done.read == 1
    assert [n for n, city in enumerate(late.cities()) if city] == [5]
    with pytest.raises(ConfigError, match="does not know 1 of these records"):
        backfill(late.project, Wish("north", "account", records=("nobody",)))


def test_a_field_is_taken_again_under_its_new_mapping_but_where_somebody_here_changed_it(late):
    late.mapped()
    backfill(late.project, Wish("north", "account"))
    late.sets(3, "Ulm")
    late.mapped("city: City", "city: {crm: City, transform: upper}")
    backfill(late.project, Wish("north", "account"))
    assert late.cities() == [*EVERY[:3], "Ulm", *EVERY[4:]], "without its name nothing is taken that the CRM did not change"
    backfill(late.project, Wish("north", "account", fields=("city",)))
    assert late.cities() == [city.upper() if n != 3 else "Ulm" for n, city in enumerate(EVERY)]


def test_a_plan_reads_everything_and_changes_nothing(late):
    late.mapped()
    (told,) = planned(late.project, Wish("north", "account"))
    assert (told.read, told.changed, told.counts["account"].to_prm) == (20, 20, 20)
    assert any("city" in field.field for plan in told.plans for d in plan for field in d.to_prm)
    assert (set(late.cities()), late.unfinished()) == ({None}, [])


def test_it_goes_on_where_it_was_stopped(late):
    late.mapped()
    late.connector.pages = 2
    with pytest.raises(RetryLater):
        backfill(late.project, Wish("north", "account"))
    (known,) = late.unfinished()
    assert known.cursor.id in late.ids[4:6], "both are of one day"
    assert [n for n, city in enumerate(late.cities()) if city] == list(range(6))
    late.connector.pages = None
    (done,) = backfill(late.project, Wish("north", "account"))
    assert (done.resumed, done.read) == (True, 14)
    assert (late.cities(), late.unfinished()) == (EVERY, [])


def test_what_changes_while_it_is_read_is_filled_too(late):
    late.mapped()

    def turned() -> None:
        late.now += timedelta(minutes=1)
        if late.now < T0 + timedelta(days=11, minutes=4):
            late.crm.save("Account", {"Name": "Acme 19 AG"}, id=late.ids[19])

    late.connector.turned = turned
    backfill(late.project, Wish("north", "account"))
    assert None not in late.cities()[:19]
    with read(late.project.engine) as conn:
        assert {row["city"] for row in conn.execute(account.select()).mappings() if row["name"] == "Acme 19 AG"} == {"City 19"}


def test_its_calls_are_counted_as_its_own(late):
    before = late.connector.calls
    backfill(late.project, Wish("north", "account"))
    with read(late.project.engine) as conn:
        used = calls.used(conn, now=late.now)["north"]
    assert used[Purpose.BACKFILL] == late.connector.calls - before > 0


def test_too_large_a_share_of_the_whole_is_refused_before_it_is_staged(open_shop):
    late = Late(open_shop, 60)
    try:
        late.mapped()
        with pytest.raises(TooMany, match="21 of 60 linked records would be changed so far"):
            backfill(late.project, Wish("north", "account"))
        assert late.cities().count(None) == 42
        with read(late.project.engine) as conn:
            assert staging.count_owed(conn, "north", "account") == 0
        late.project.settings = replace(late.project.settings, allow=1.0)
        (done,) = backfill(late.project, Wish("north", "account"))
        assert done.resumed
        assert None not in late.cities()
    finally:
        late.project.close()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish("north", "acount"), "maps no entity 'acount'.*account"),
        (Wish("north", "account", fields=("citi",)), "maps no field 'citi' of account"),
        (Wish("north", "account", T0, T0), "is not before"),
    ],
)
def test_what_the_mapping_does_not_know_is_refused(late, wish, words):
    with pytest.raises(ConfigError, match=words):
        backfill(late.project, wish)


def test_a_pull_that_comes_meanwhile_goes_first(late):
    """It says that it waits, is let in behind the page at hand, and the backfill goes on behind it."""
    late.mapped()
    came, order = Event(), []

    def live() -> None:
        other = open_project(late.project.settings, clock=lambda: late.now)
        other.use("north", MemoryConnector("north", late.crm))
        came.wait(10)
        pull(other, "north", "Account")
        order.append("pull")
        other.close()

    thread = Thread(target=live)
    thread.start()

    def turned() -> None:
        order.append("page")
        if len(order) == 2:
            came.set()
            thread.join(0.5)  # it cannot come to its end: this page is under way

    late.connector.turned = turned
    backfill(late.project, Wish("north", "account"))
    thread.join(10)
    assert "pull" in order[:-1], "it was let in before the backfill's end"
    assert None not in late.cities()
