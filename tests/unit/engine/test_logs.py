"""The log for machines: each line JSON with the run it belongs to, and nothing that nobody is to read."""

import io
import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from two_crms import World

from centri.engine.logs import configure, secrets
from centri.engine.redaction import redacted
from centri.errors import RetryLater
from centri.settings import Settings, from_environment

LOG = logging.getLogger("centri.test")


pytestmark = pytest.mark.usefixtures("log_as_before")


def written(settings: Settings, act: Any) -> list[dict[str, Any]]:
    stream = io.StringIO()
    configure(replace(settings, log="json"), stream=stream)
    act()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_line_of_a_run_says_which_run_connection_and_step_it_belongs_to(world, settings):
    lines = written(settings, lambda: world.sync("east"))
    steps = [line for line in lines if line["event"] == "ends"]
    assert steps
    assert {line["connection"] for line in lines} == {"east"}
    assert {"pull Account", "settle lead"} <= {line["step"] for line in steps}
    assert all(line["run"] and line["level"] == "info" and line["timestamp"].endswith("Z") for line in lines)
    with_counts = next(line for line in steps if line["step"] == "pull Account")
    assert (with_counts["status"], with_counts["counters"]["pages"]) == ("ok", 0)


def test_what_is_logged_outside_of_a_run_belongs_to_none(world, settings):
    lines = written(settings, lambda: (world.sync("east"), LOG.info("idle")))
    assert set(lines[-1]) == {"event", "level", "logger", "timestamp"}


def test_a_failure_tells_the_error_without_its_addresses(world: World, settings):
    def refuse(request: Any) -> Any:
        raise RetryLater("busy, ask jane.doe@acme.example or +49 30 901820")

    world.project.meter("east").connector.pull = refuse

    def fails() -> None:
        with pytest.raises(RetryLater):
            world.sync("east")

    lines = written(settings, fails)
    assert (lines[-1]["status"], lines[-1]["error"]) == ("failed", "busy, ask j***@acme.example or [number]")


def test_no_record_of_a_sync_is_in_the_log(world, settings):
    world.person_saves("east", "Lead", LastName="Featherstonehaugh", Company="Umbrella", Email="mia.f@umbrella.example")
    told = json.dumps(written(settings, world.sync))
    assert "Featherstonehaugh" not in told
    assert "@" not in told


def test_a_secret_shows_its_name_alone(settings, tmp_path):
    mappings = tmp_path / "m.yaml"
    mappings.write_text("connections: {a: {password: !env A_PASSWORD, url: !env A_URL}}")
    environment = {"A_PASSWORD": "correct horse", "A_URL": "x", "CENTRI_DATABASE_URL": "postgresql://u:battery@h/d"}
    own = replace(settings, mappings=mappings, environment=environment)
    assert set(secrets(own).values()) == {"A_PASSWORD", "CENTRI_DATABASE_URL"}

    def say() -> None:
        LOG.warning("logged in with %s", "correct horse", extra={"at": ["postgresql://u:battery@h/d"]})
        try:
            int("correct horse")
        except ValueError:
            LOG.exception("no")

    lines = written(own, say)
    assert (lines[0]["event"], lines[0]["at"]) == ("logged in with [A_PASSWORD]", ["[CENTRI_DATABASE_URL]"])
    assert "'[A_PASSWORD]'" in lines[1]["exception"]
    assert "correct horse" not in json.dumps(lines)


@tries(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    secret=st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=12, max_size=30),
    email=st.emails(domains=st.just("acme.example")),
)
def test_wherever_they_stand_no_secret_and_no_address_is_written(tmp_path_factory, before, after, secret, email):
    mappings = tmp_path_factory.getbasetemp() / "named.yaml"
    mappings.write_text("a: !env THE_SECRET")
    own = Settings(mappings=mappings, environment={"THE_SECRET": secret})
    lines = written(own, lambda: LOG.info("%s", f"{before}{secret}{after}", extra={"deep": {"er": [f"{before} {email} "]}}))
    shown = [*(str(value) for name, value in lines[0].items() if name != "deep"), lines[0]["deep"]["er"][0]]
    assert not any(secret in value for value in shown)
    assert email not in lines[0]["deep"]["er"][0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ask jane.doe@acme.example.", "ask j***@acme.example."),
        ("<o'neil+x@acme.co.uk>", "<o***@acme.co.uk>"),
        ("call +49 (30) 901820-1 now", "call [number] now"),
        ("at 2026-03-02T09:00:00Z", "at 2026-03-02T09:00:00Z"),
        ("since 2026-03-02 09:00 UTC", "since 2026-03-02 09:00 UTC"),
        ("lead 00Q5g00000ABCDEFGH", "lead 00Q5g00000ABCDEFGH"),
        ("run 7b1f6f0e-6d3f-4f5e-9c43-0a1b2c3d4e5f", "run 7b1f6f0e-6d3f-4f5e-9c43-0a1b2c3d4e5f"),
        ("9,500 of 10,000 calls", "9,500 of 10,000 calls"),
    ],
)
def test_addresses_and_numbers_of_people_are_taken_out_and_nothing_else(text, shown):
    assert redacted(text) == shown


def test_the_setting_is_text_or_json():
    assert from_environment({}).log == "text"
    assert from_environment({"CENTRI_LOG": "json"}).log == "json"
    with pytest.raises(Exception, match="CENTRI_LOG is 'xml'; it must be text or json"):
        from_environment({"CENTRI_LOG": "xml"})
