"""Rows of a file are matched and settled like records of a CRM, but they own nothing, and nothing is told to them."""

import csv

import pytest

from centri.engine.import_plan import Options, open_import
from centri.engine.import_rejects import free_name, write_rejects
from centri.engine.imports import import_file, rehearsed
from centri.engine.retry import retry
from centri.engine.trace import trace
from centri.engine.undo import undo
from centri.errors import ConfigError, Stop
from centri.store import findings, runs
from centri.store.database import read


@pytest.fixture
def load(world, tmp_path):
    """Imports rows, given as a CSV text; answers the outcomes that occurred."""

    def load(text, entity="contact", name="fair.csv", **options):
        (tmp_path / name).write_text(text)
        world.clock.forward(minutes=1)
        load.wanted = open_import(world.project, tmp_path / name, entity, Options(**options))
        load.done = import_file(world.project, load.wanted)
        return {word: number for word, number in load.done.outcomes.items() if number}

    return load


def reasons(load):
    return {(number, r.kind, r.field) for number, why in load.done.rejects.items() for r in why}


def test_a_file_imported_twice_changes_nothing(world, load):
    text = "Nachname,E-Mail\nWong,mia@globex.example\nKlein,jo@hooli.example\n"
    assert load(text) == {"new": 2}
    before = world.rows("contact")
    assert load(text) == {"unchanged": 2}
    assert world.rows("contact") == before
    assert {(k["connection"], k["object"], k["role"]) for k in world.links()} == {("import", "fair", "secondary")}
    assert world.deliveries() == []


def test_an_edited_row_with_a_key_updates_what_nobody_changed_here(world, load):
    assert load("Nr,Nachname,Vorname,Position\n7,Wong,Mia,CIO\n", key="nr") == {"new": 1}
    world.edit("contact", world.row("contact")["id"], title="CEO")
    assert load("Nr,Nachname,Vorname,Position\n7,Wong-Li,,CTO\n", key="Nr") == {"updated": 1}
    row = world.row("contact")
    assert (row["last_name"], row["first_name"], row["title"]) == ("Wong-Li", "Mia", "CEO")


def test_what_a_person_blanked_here_is_not_filled_again_by_the_same_file(world, load):
    text = "Nachname,Vorname\nWong,Mia\n"
    load(text)
    world.edit("contact", world.row("contact")["id"], first_name=None)
    assert load(text) == {"unchanged": 1}
    assert world.row("contact")["first_name"] is None


def test_a_row_finds_a_record_of_a_crm_fills_its_blanks_and_the_crm_hears_of_it(world, load):
    world.person_saves("east", "Contact", LastName="Wong", Email="mia@globex.example")
    world.sync()
    assert load("Vorname,Nachname,E-Mail\nMia,Wong,mia@globex.example\n") == {"adopted": 1}
    world.sync()
    (there,) = world.in_crm("east", "Contact")
    assert (there["FirstName"], there["LastName"]) == ("Mia", "Wong")
    assert world.anomalies() == []
    assert set(world.writes().values()) == {0}


def test_what_a_crm_owns_is_not_taken_from_a_file(world, load):
    world.person_saves("east", "Account", Name="Globex", Website="globex.example", Industry="Energy")
    world.sync()
    text = "Nr,Firma,Webseite,Branche,Ort\n1,Globex,globex.example,{},Bonn\n"
    assert load(text.format("Retail"), "account", key="Nr") == {"adopted": 1}
    assert (world.row("account")["industry_raw"], world.row("account")["city"]) == ("Energy", "Bonn")
    load(text.format("Mining"), "account", key="Nr")
    assert world.row("account")["industry_raw"] == "Energy"
    assert reasons(load) == {(2, "owned_elsewhere", "industry_raw")}
    world.person_saves("east", "Account", next(iter(world.crms["east"].objects["Account"])), Industry="Water")
    world.sync()
    assert world.row("account")["industry_raw"] == "Water"  # the CRM is master as it was, whoever told of the record besides


def test_a_record_born_of_a_row_is_born_in_a_crm_as_one_born_here(world, load):
    world.person_saves("east", "Account", Name="Alpine", Kind="Partner")
    world.sync()
    load("Firma,Webseite\nGlobex,globex.example\n", "account")
    account = next(row["id"] for row in world.rows("account") if row["name"] == "Globex")
    partner = world.row("partner_account")["id"]
    world.insert("opportunity", name="Vault", account_id=account, partner_account_id=partner)
    world.sync()
    world.sync()
    assert "Globex" in [row["Name"] for row in world.in_crm("east", "Account")]
    assert {k["connection"] for k in world.links() if k["prm_id"] == account} == {"import", "east"}
    there = next(r.id for r in world.crms["east"].objects["Account"].values() if r.values["Name"] == "Globex")
    world.person_saves("east", "Account", there, Industry="Water")
    world.sync()
    assert next(row["industry_raw"] for row in world.rows("account") if row["id"] == account) == "Water"  # the file is no master


def test_a_record_born_of_a_row_is_no_stranger_to_the_mappings_create(world_with, tmp_path):
    world = world_with(("create: needed\n      key: {crm: OurId", "create: always\n      key: {crm: OurId"))
    (tmp_path / "list.csv").write_text("Firma\nGlobex\n")
    import_file(world.project, open_import(world.project, tmp_path / "list.csv", "account", Options()))
    world.sync()
    assert world.anomalies() == [
        ("no_home", ""),
        ("no_home", ""),
    ]  # asked by both CRMs, and at home in neither: it has no partner


def test_a_person_twice_in_a_file_is_made_once(world, load):
    text = "Nachname,E-Mail,Position\nWong,mia@globex.example,CIO\nWong,mia@globex.example,\nWong,mia@globex.example,CIO\n"
    assert load(text) == {"new": 1, "review": 1}
    assert load.done.repeated == 1
    assert reasons(load) == {(3, "possible_duplicate", "")}


def test_rows_that_cannot_be_taken_come_back_corrected_from_the_rejects_file(world, load, tmp_path):
    text = "Nachname,E-Mail,Stand\nWong,mia(at)globex,A1\n,jo@hooli.example,B2\nKlein,ok@hooli.example,C3\n"
    assert load(text) == {"new": 2, "rejected": 1}
    assert reasons(load) == {(2, "type_mismatch", "email"), (3, "missing_required", "")}
    path = free_name(load.wanted)
    assert path == tmp_path / "fair.rejects.csv"
    write_rejects(load.wanted, load.done, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["Stand"], r["centri_kind"], r["centri_field"]) for r in rows] == [
        ("A1", "type_mismatch", "email"),
        ("B2", "missing_required", ""),
    ]
    assert world.anomalies() == [("missing_required", ""), ("type_mismatch", "email")]
    corrected = (
        path.read_text(encoding="utf-8-sig").replace("mia(at)globex", "mia@globex.example").replace("\n,jo@", "\nJung,jo@")
    )
    assert load(corrected, name="fair.rejects.csv") == {"updated": 1, "new": 1}
    assert (load.wanted.source, load.done.rejects, world.anomalies()) == ("fair", {}, [])
    assert sorted(row["email"] for row in world.rows("contact")) == ["jo@hooli.example", "mia@globex.example", "ok@hooli.example"]


def test_what_commands_say_of_a_row_of_a_file(world, load):
    load("Firma,Webseite,Ort,E-Mail\nGlobex,globex.example,Bonn,\n", "account")
    load("Nachname,E-Mail,Vorname\nWong,wong@,Mia\n", "contact")
    with read(world.project.engine) as conn:
        (anomaly,) = findings.matching(conn, connection="import", field="email", state="open")
    with pytest.raises(ConfigError, match="correct the row in the rejects file, and take that in: centri import"):
        retry(world.project, [anomaly["id"]])
    assert retry(world.project, kind=anomaly["kind"]) == []
    with read(world.project.engine) as conn:
        (run, *_) = [r for r in runs.latest(conn, connection="import", most=9) if r["name"].startswith("settle")]
    with pytest.raises(ConfigError, match="an import is not taken back by a command"):
        undo(world.project, run["id"])


def test_an_exported_row_is_the_record_that_its_id_is_linked_to(world, load):
    id = world.person_saves("east", "Lead", LastName="Wong", Company="Globex", Distribute=True)
    world.sync()
    text = f"Id,LastName,Company,Email,Status\n{id},Other,Globex,mia@globex.example,Working\nnew,Klein,Hooli,,New\n"
    assert load(text, "lead", exported_by="east", key="Id") == {"adopted": 1, "new": 1}
    wong = next(row for row in world.rows("lead") if row["company"] == "Globex")
    assert (wong["last_name"], wong["email"]) == ("Wong", "mia@globex.example")
    world.sync()
    assert world.in_crm("east", "Lead")[0]["Email"] == "mia@globex.example"
    assert len(world.in_crm("east", "Lead")) == 1


def test_a_row_has_a_story(world, load):
    load("Nr,Nachname\n7,Wong\n", key="Nr")
    for id in ("7", world.row("contact")["id"]):
        told = trace(world.project, "import", "fair", id)
        assert [link["prm_id"] for link in told.links] == [world.row("contact")["id"]]
        assert [row["values"] for row in told.staging] == [{"Nachname": "Wong"}]


def test_two_rows_of_one_key_are_not_taken_for_one(world, load):
    assert load("Nr,Nachname\n1,Wong\n1,Klein\n,Jung\n", key="Nr") == {"new": 1, "rejected": 2}
    assert reasons(load) == {(3, "possible_duplicate", ""), (4, "keyless", "")}


def test_a_rehearsal_writes_nothing(world, load, tmp_path):
    load("Nachname\nWong\n")
    (tmp_path / "fair.csv").write_text("Nachname\nWong\nKlein\n")
    wanted = open_import(world.project, tmp_path / "fair.csv", "contact", Options())
    before = (world.rows("contact"), world.links())
    with rehearsed(world.project, wanted) as done:
        assert {word: n for word, n in done.outcomes.items() if n} == {"unchanged": 1, "new": 1}
    assert (world.rows("contact"), world.links()) == before


def test_a_file_that_would_change_too_much_is_refused(world, load):
    text = "Nr,Nachname\n" + "".join(f"{n},Nr. {n}\n" for n in range(60))
    load(text, key="Nr")
    with pytest.raises(Stop, match=r"60 of 60 linked records would change .* If that is meant: the same import --allow 100%"):
        load(text.replace("Nr. ", "No. "), key="Nr")
    assert all(row["last_name"].startswith("Nr.") for row in world.rows("contact"))


@pytest.mark.parametrize(
    ("text", "entity", "options", "told"),
    [
        ("Foo,Bar\n1,2\n", "contact", {}, "say which columns they are: --map 'COLUMN=last_name'. Free are: Foo, Bar"),
        ("Foo,Ort\n1,2\n", "lead", {}, "a lead needs one of last_name, company, email, phone_e164"),
        ("Name\nx\n", "opportunity", {}, "opportunity needs account_id, a record that only the CRM which exported"),
        ("Name\nx\n", "leed", {}, "no rows can be imported as 'leed'; did you mean 'lead'?"),
        ("Nachname\nx\n", "contact", {"key": "Nachnam"}, "--key: the file has no column 'Nachnam'; did you mean 'Nachname'?"),
        ("Name\nx\n", "contact", {"exported_by": "east"}, "no column of the file is a field of Contact"),
        ("FirstName\nx\n", "contact", {"exported_by": "east"}, "contact of east needs LastName (last_name), and no column"),
        ("Name\nx\n", "contact", {"exported_by": "north"}, "no connection is called 'north'"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_imported_is_told_why(load, text, entity, options, told):
    with pytest.raises(ConfigError) as error:
        load(text, entity, **options)
    assert told in str(error.value)
