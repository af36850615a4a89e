"""The commands of programmes, registered deals and opportunities: what they answer, and how they end."""

import json
from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from centri.cli.app import app
from centri.store.database import open_engine, write
from centri.store.prm_tables import partner_account, partner_user, vendor_user

MAPPING = Path(__file__).parents[1] / "engine" / "two_crms.yaml"
RITA, DANA = "rita@alpine.example", "dana@vantage.example"
VALUES = ("account_name=Globex", "contact_email=ada@globex.example", "product_family=ZT", "amount=60000", "currency=USD")


@pytest.fixture
def centri(fresh_sqlite, tmp_path, monkeypatch):
    """Runs a command; answers its exit code and output."""
    url = fresh_sqlite()
    monkeypatch.setenv("CENTRI_DATABASE_URL", url)
    monkeypatch.setenv("CENTRI_MAPPINGS", str(MAPPING))
    monkeypatch.setenv("CENTRI_HOME", str(tmp_path / "home"))
    engine = open_engine(url)
    with write(engine) as conn:
        conn.execute(insert(partner_account).values(id="alpine", name="Alpine", name_norm="alpine"))
        conn.execute(insert(partner_user).values(partner_account_id="alpine", email=RITA, role="rep"))
        conn.execute(insert(vendor_user).values(email=DANA, role="channel_manager"))
    engine.dispose()

    def run(*words: str) -> tuple[int, str]:
        answer = CliRunner().invoke(app, list(words))
        return answer.exit_code, answer.output

    return run


def submitted(centri, *more: str) -> str:
    assert centri("program", "create", "DR-STD", "--require", "account", "--require", "amount", "--margin", "5")[0] == 0
    assert centri("program", "enroll", "DR-STD", "Alpine", "--as", DANA)[0] == 0
    said = [word for value in (*VALUES, *more) for word in ("--set", value)]
    code, text = centri("deal", "create", *said, "--as", RITA, "--json")
    assert code == 0, text
    code, text = centri("deal", "submit", json.loads(text)["deal"], "--as", RITA)
    assert (code, text) == (0, "submitted as DR-0001\n")
    return "DR-0001"


def test_from_the_programme_to_the_credit(centri):
    number = submitted(centri)
    code, text = centri("deal", "review", number, "--as", DANA)
    assert (code, "complete: 2/2" in text, "nothing stands in its way" in text) == (0, True, True)
    code, text = centri("deal", "approve", number, "--as", DANA)
    assert (code, text.startswith("approved; protected until ")) == (0, True)
    assert centri("deal", "proof", number, "--kind", "po", "--file", str(MAPPING), "--as", RITA) == (0, "kept\n")
    assert centri("deal", "close", number, "won", "--as", RITA) == (0, "won\n")
    assert centri("deal", "credit", number, "--as", DANA) == (0, "credit released\n")
    shown = json.loads(centri("deal", "show", number, "--as", RITA, "--json")[1])["deal"]
    assert (shown["state"], shown["credit"][0]["amount"], shown["proofs"][0]["file_name"]) == ("won", "3000.00", "two_crms.yaml")
    (opportunity,) = json.loads(centri("opp", "list", "--as", RITA, "--json")[1])["opportunities"]
    assert (opportunity["name"], opportunity["stage_category"]) == ("Globex - ZT", "won")


def test_what_is_refused_says_why(centri):
    number = submitted(centri, "amount=")
    code, text = centri("deal", "approve", number, "--as", DANA)
    assert (code, "DR-0001 is incomplete: amount" in text) == (3, True)
    code, text = centri("deal", "approve", number, "--as", RITA)
    assert (code, "only a channel manager or an admin of the vendor" in text) == (3, True)
    code, text = centri("deal", "show", "DR-0009", "--as", RITA, "--json")
    assert (code, "there is no deal registration DR-0009" in text) == (3, True)
    code, text = centri("deal", "resubmit", number, "--set", "amount", "--as", RITA)
    assert (code, "--set takes FIELD=VALUE" in text) == (1, True)
    assert centri("program", "list")[1].splitlines()[1].startswith("DR-STD")
    assert centri("deal", "list", "--state", "won")[1] == "there are no deals to see\n"
