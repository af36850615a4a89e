"""The server over real HTTP: who may give hints, what a flood comes to, and what it says of its health and of the store."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from csv_business import Business
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, event, insert, text

from centri.engine.connections import pause
from centri.engine.project import Project, open_project
from centri.engine.sync import sync
from centri.errors import ConfigError
from centri.settings import Settings
from centri.store import hints
from centri.store.database import read, write
from centri.store.journal_tables import sync_step
from centri.store.prm_tables import lead
from centri.web.app import app_of, listening, server_of
from centri.web.hooks import LARGEST

SECRET = "a word that two of us know"
WITH_HEADER = "{type: csvfile, folder: FOLDER/north, hook: {secret: !env NORTH_HOOK}}"
IN_ADDRESS = "{type: csvfile, folder: FOLDER/south, hook: {secret: !env SOUTH_HOOK, in_address: true}}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.prove)])
def store_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"fresh_{request.param}")())


@pytest.fixture
def settings(shop: Business, store_url: str) -> Settings:
    words = shop.mapping.read_text()
    for connection, block in (("north", WITH_HEADER), ("south", IN_ADDRESS)):
        plain = f"{{type: csvfile, folder: {shop.folder}/{connection}}}"
        assert plain in words
        words = words.replace(plain, block.replace("FOLDER", str(shop.folder)))
    shop.mapping.write_text(words)
    environment = {"NORTH_HOOK": SECRET, "SOUTH_HOOK": SECRET + "!"}
    return replace(shop.settings, database_url=store_url, environment=environment)


@pytest.fixture
def project(settings: Settings) -> Iterator[Project]:
    made = open_project(settings)
    yield made
    made.close()


@pytest.fixture
def served(project: Project) -> Iterator[SimpleNamespace]:
    server = server_of(project)
    place = listening("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
    thread.start()
    yield SimpleNamespace(at=f"http://127.0.0.1:{place.getsockname()[1]}", project=project)
    server.should_exit = True
    thread.join()
    place.close()


def post(served: SimpleNamespace, path: str, body: bytes = b"{}", **headers: str) -> requests.Response:
    return requests.post(served.at + path, body, headers=headers, timeout=30)


def signature(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Centri-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def taken(served: SimpleNamespace, connection: str) -> set[str | None]:
    with write(served.project.engine) as conn:
        return hints.take(conn, connection)


class TestHooks:
    def test_a_signed_body_is_a_hint_to_look(self, served):
        body = b'{"object": "Elsewhere", "data": {"email": "kim@acme.example"}}'
        answer = post(served, "/hooks/north", body, **signature(body))
        assert (answer.status_code, answer.json()) == (202, {"ok": True, "paused": False})
        assert taken(served, "north") == {None}

    def test_a_bearer_names_the_object_in_the_address(self, served):
        assert post(served, "/hooks/north?object=Lead", Authorization=f"Bearer {SECRET}").status_code == 202
        assert taken(served, "north") == {"Lead"}

    def test_an_object_that_is_not_mapped_is_a_look_at_all(self, served):
        assert post(served, "/hooks/north?object=Lead';--", Authorization=f"Bearer {SECRET}").status_code == 202
        assert taken(served, "north") == {None}

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Bearer {SECRET[:-1]}"},
            {"X-Centri-Signature": "sha256="},
            signature(b"{}", "wrong"),
            signature(b"another body"),
        ],
    )
    def test_a_wrong_secret_is_refused(self, served, headers):
        assert post(served, "/hooks/north", **headers).status_code == 401
        assert taken(served, "north") == set()

    def test_the_secret_in_the_address_only_where_that_is_allowed(self, served):
        assert post(served, f"/hooks/north?token={SECRET}").status_code == 401
        assert post(served, f"/hooks/south?token={SECRET}!").status_code == 202
        assert post(served, f"/hooks/south?token={SECRET}").status_code == 401

    @pytest.mark.parametrize("path", ["/hooks/nowhere", "/hooks/", "/hooks/north/Lead"])
    def test_what_takes_no_hints_is_not_found(self, served, path):
        assert post(served, path, Authorization=f"Bearer {SECRET}").status_code == 404

    def test_only_a_post_is_a_hint(self, served):
        assert requests.get(f"{served.at}/hooks/north", timeout=30).status_code == 405

    def test_a_soap_message_is_acknowledged_as_its_sender_needs(self, served):
        soap = {"Content-Type": "text/xml; charset=utf-8"}
        answer = post(served, f"/hooks/south?token={SECRET}!&object=Account", b"<soapenv:Envelope/>", **soap)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert "<Ack>true</Ack>" in answer.text
        assert taken(served, "south") == {"Account"}

    def test_a_large_body_is_refused(self, served):
        headers = {"Authorization": f"Bearer {SECRET}"}
        assert post(served, "/hooks/north", b"x" * LARGEST, **headers).status_code == 202
        assert post(served, "/hooks/north", b"x" * (LARGEST + 1), **headers).status_code == 413

    def test_a_paused_connection_takes_the_hint_and_says_so(self, served):
        pause(served.project, "north", "ops")
        answer = post(served, "/hooks/north", Authorization=f"Bearer {SECRET}")
        assert (answer.status_code, answer.json()["paused"]) == (202, True)
        assert taken(served, "north") == {None}

    def test_a_repeat_and_a_flood_come_to_one_hint(self, served):
        statements = []
        event.listen(served.project.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        with ThreadPoolExecutor(16) as many:
            sent = [many.submit(post, served, "/hooks/north", Authorization=f"Bearer {SECRET}") for _ in range(300)]
            codes = {one.result().status_code for one in sent}
        assert codes <= {202, 503}
        assert 202 in codes
        written = sum("INSERT INTO sync_hint" in statement for statement in statements)
        assert 1 <= written <= 16  # those that came before the first was kept
        assert taken(served, "north") == {None}
        assert requests.get(f"{served.at}/health", timeout=30).status_code == 200

    def test_a_hint_after_the_last_was_taken_is_a_new_one(self, served):
        for _ in range(2):
            post(served, "/hooks/north", Authorization=f"Bearer {SECRET}")
            assert taken(served, "north") == {None}

    @pytest.mark.parametrize("secret", ["", "short"])
    def test_without_a_secret_worth_the_name_nothing_is_served(self, settings, secret):
        project = open_project(replace(settings, environment={**settings.environment, "NORTH_HOOK": secret}))
        try:
            with pytest.raises(ConfigError, match=r"connection 'north', hook: .*NORTH_HOOK"):
                app_of(project)
        finally:
            project.close()


class TestHealth:
    def test_it_lives_and_the_store_is_there(self, served):
        assert requests.get(f"{served.at}/health", timeout=30).json() == {"ok": True}
        assert requests.get(f"{served.at}/ready", timeout=30).json() == {"ok": True}

    def test_a_store_at_another_migration_is_not_ready(self, served):
        with write(served.project.engine) as conn:
            kept = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        try:
            answer = requests.get(f"{served.at}/ready", timeout=30)
            assert answer.status_code == 503
            assert "centri migrate" in answer.json()["problem"]
            assert requests.get(f"{served.at}/health", timeout=30).status_code == 200
        finally:
            with write(served.project.engine) as conn:
                conn.execute(text("UPDATE alembic_version SET version_num = :kept"), {"kept": kept})

    def test_it_is_fresh_until_an_object_was_not_read_for_too_long(self, served):
        sync(served.project, "north")
        assert requests.get(f"{served.at}/fresh", timeout=30).json() == {"ok": True, "out_of_date": {}}
        with write(served.project.engine) as conn:
            conn.execute(sync_step.update().values(succeeded_at=text("'2026-01-01T00:00:00.000000Z'")))
        answer = requests.get(f"{served.at}/fresh", timeout=30)
        assert answer.status_code == 503
        assert set(answer.json()["out_of_date"]) == {"north"}


class TestMetrics:
    def figures(self, served: SimpleNamespace) -> dict[str, list[Any]]:
        answer = requests.get(f"{served.at}/metrics", timeout=30)
        assert answer.headers["content-type"].startswith("text/plain")
        return {family.name: family.samples for family in text_string_to_metric_families(answer.text)}

    def test_they_tell_how_the_store_stands(self, served):
        sync(served.project, "north")
        found = self.figures(served)
        assert found["centri_store_up"][0].value == 1
        lags = {(s.labels["connection"], s.labels["object"]) for s in found["centri_cursor_lag_seconds"]}
        assert lags == {("north", "Account"), ("north", "Lead")}
        assert {s.labels["step"] for s in found["centri_step_success_age_seconds"]} >= {"pull Lead", "settle lead"}
        assert all(s.value == 0 for s in found["centri_step_failures"])
        assert {s.labels["status"] for s in found["centri_runs_last_hour"]} == {"ok"}
        assert {s.labels["connection"] for s in found["centri_connection_armed"]} == {"north", "south"}

    def test_no_label_and_no_help_holds_anything_of_a_record(self, served):
        sync(served.project, "north")
        told = requests.get(f"{served.at}/metrics", timeout=30).text
        with read(served.project.engine) as conn:
            people = conn.execute(lead.select()).mappings().all()
        held = {str(person[name]) for person in people for name in ("email", "last_name", "company", "id")}
        assert len(held) > 4
        assert not [value for value in held if value in told]
        assert "@" not in told
        assert SECRET not in told

    def test_more_records_are_not_more_queries(self, served):
        sync(served.project, "north")
        few = _queries(served.project.engine, lambda: self.figures(served))
        with write(served.project.engine) as conn:
            conn.execute(insert(lead), [{"last_name": f"Kim {n}", "company": f"Acme {n}"} for n in range(200)])
        sync(served.project, "north")
        assert _queries(served.project.engine, lambda: self.figures(served)) == few <= 20


def _queries(engine: Engine, act: Any) -> int:
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    act()
    event.remove(engine, "before_cursor_execute", note)
    return sum(statement.lstrip().upper().startswith("SELECT") for statement in seen)


def test_a_port_that_is_taken_is_told(tmp_path: Path):
    with listening("127.0.0.1", 0) as place, pytest.raises(ConfigError, match="choose another with --port"):
        listening("127.0.0.1", place.getsockname()[1])
