"""What a mapping change does to recorded records: a table of edits, and the lines that tell them."""

import subprocess
from datetime import UTC, datetime

import pytest

from centri.cli import diff_shown
from centri.connectors.recorded import Fixtures
from centri.descriptions import Description, Field, FieldType
from centri.engine.diff import diff
from centri.errors import ConfigError
from centri.records import Record, Ref

MAPPING = """\
connections:
  east: {type: memory}
  west: {type: memory}
choices:
  status: {inward: {New: new, Working: working, Dead: disqualified}}
entities:
  account:
    east:
      object: Account
      key: {crm: OurId, write: on_create}
      fields: {name: Name, website: Website, city: {crm: City, direction: in}}
    west:
      object: Company
      fields: {name: {crm: Label, direction: in}, website: {crm: Site, direction: in}}
  lead:
    east:
      object: Lead
      where: {Distribute: true}
      key: OurId
      fields:
        last_name: LastName
        company: Company
        email: {crm: Email, transform: email}
        city: {crm: City, transform: text, policy: newest}
        title: {crm: Title, direction: in}
        state: {crm: Status, transform: {choice: status}, direction: in}
        distribution_status: {crm: Offered, direction: out}
matching:
  account: {block: [domain, name], compare: {company_name: 4, domain: 6}, accept: 0.8, review: 0.5}
"""
ACCOUNTS = {"A1": ("Acme", "acme.example", "Bonn"), "A2": ("Borealis", "borealis.example", "Oslo")}
LEADS = {
    "L1": ("Kim", "Acme", "KIM@acme.example", "Bonn", "Buyer", "New", True),
    "L2": ("Lee", "Borealis", "lee@borealis.example", "Oslo", "Head of purchasing", "Working", True),
    "L3": ("Mo", "Cirrus", "mo@cirrus.example", "Bonn", "Boss", "Dead", False),
}
OBJECTS = {
    ("east", "Account"): (("Name", "Website", "City"), ACCOUNTS),
    ("west", "Company"): (("Label", "Site"), {"W1": ("Acme", "acme.example")}),
    ("east", "User"): (("Email",), {"U1": ("jo@vendor.example",)}),
    ("east", "Lead"): (("LastName", "Company", "Email", "City", "Title", "Status", "Distribute"), LEADS),
}
MORE = {"Account": ("OurId", "OwnerId"), "Lead": ("OurId", "Offered", "Street"), "Company": (), "User": ()}
BESIDE = {"Lead": {"Street": "Main Street 1"}, "Account": {"OwnerId": "U1"}}
WHEN = datetime(2025, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def fixtures(tmp_path_factory):
    made = Fixtures(tmp_path_factory.mktemp("fixtures"))
    for (connection, object), (names, rows) in OBJECTS.items():
        kinds = {n: FieldType.BOOLEAN if n == "Distribute" else FieldType.TEXT for n in (*names, *MORE[object])}
        made.keep_description(connection, Description(object, {n: Field(n, kind) for n, kind in kinds.items()}))
        beside = BESIDE.get(object, {})
        records = [
            Record(Ref(connection, object, i), dict(zip(names, row, strict=True)) | beside, "1", WHEN) for i, row in rows.items()
        ]
        made.keep_records(connection, object, records)
    return made


@pytest.fixture
def told(tmp_path, fixtures, capsys):
    """The lines that an edit of the mapping makes."""

    def tell(*edits, base=("", ""), shown=diff_shown.as_text):
        text = MAPPING
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "base.yaml").write_text(MAPPING.replace(*base))
        (tmp_path / "mappings.yaml").write_text(text)
        found = diff(str(tmp_path / "base.yaml"), None, tmp_path / "mappings.yaml", fixtures)
        shown(found, [], most=None)
        return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line.strip()]

    return tell


TABLE = {
    "a value map's entry": (
        ("Working: working", "Working: qualified"),
        [
            "~ choices.status.inward.Working: working -> qualified",
            "east lead 2 1 0 0 0 0 0",
            "~ east Lead L2 lead changed",
            "state working -> qualified (stays as it is)",
            "1 changed, of 7 recorded records",
        ],
    ),
    "a value map's entry that nobody has": ((", Dead: disqualified}", "}"), ["nothing changes for what is recorded"]),
    "a value map's entry that is gone": (
        ("Working: working, ", ""),
        [
            "! east Lead L2 lead newly held: picklist_value state (stays as it is)",
            "'Working' is not in the value map, which has New, Dead",
            "state working -> ready (stays as it is)",
            "1 changed, 1 held, of 7 recorded records",
        ],
    ),
    "a direction": (
        ("title: {crm: Title, direction: in}", "title: {crm: Title, direction: out}"),
        ["title Buyer -> (blank) (stays as it is)", "title_level_code DIRECTOR -> (blank) (stays as it is)"],
    ),
    "a field more": (
        ("last_name: LastName", "last_name: LastName\n        street: Street"),
        [
            "+ entities.lead.east.fields.street: Street",
            "street (blank) -> Main Street 1 (stays as it is)",
            "lead street (Lead.Street) is newly mapped: 2 linked records stay as they are until a backfill",
        ],
    ),
    "a field less": (
        ("        company: Company\n", ""),
        ["- entities.lead.east.fields.company: Company", "company Acme -> (blank) (stays as it is)"],
    ),
    "a transform": (("transform: email", "transform: text"), ["email kim@acme.example -> KIM@acme.example (stays as it is)"]),
    "a transform's way back": (
        ("city: {crm: City, transform: text", "city: {crm: City, transform: {truncate: 3}"),
        ["> east Lead L1 told", "City Bonn -> (held: too_long) (when the PRM's field next changes)"],
    ),
    "a filter": (
        ("where: {Distribute: true}", "where: {Distribute: true, City: Bonn}"),
        ["- east Lead L2 lead left; now: `where` keeps it out: City is 'Oslo' (stays as it is)"],
    ),
    "a filter that is gone": (
        ("where: {Distribute: true}", "where: {}"),
        ["+ east Lead L3 lead entered; before: `where` keeps it out: Distribute is False (when the CRM's record next changes)"],
    ),
    "a policy": (
        ("policy: newest", "policy: crm_wins"),
        ["~ entities.lead.east.fields.city.policy: newest -> crm_wins", "nothing changes for what is recorded"],
    ),
    "a threshold of the matching": (
        ("accept: 0.8", "accept: 0.9999999"),
        [
            "! west Company W1 account newly held: ambiguous_identity (stays as it is)",
            "(same as) ['west Company W1'] -> (blank) (stays as it is)",
            "1 changed, 1 left, 1 held, of 7 recorded records",
        ],
    ),
    "a key": (
        ("write: on_create", "write: always"),
        ["> east Account A1 told", "OurId (blank) -> east Account A1 (when the CRM's record next changes)"],
    ),
    "an entity that is gone": (
        (MAPPING[MAPPING.index("  lead:") : MAPPING.index("matching:")], ""),
        ["- east Lead L1 lead left; now: it is not mapped any more (stays as it is)"],
    ),
    "an object that is not recorded": (
        ("object: Company", "object: Firm"),
        [
            "west Firm is not recorded and counts as empty; to record it: centri record west --objects Firm",
            "- west Company W1 account left; now: it is not mapped any more (stays as it is)",
        ],
    ),
}


@pytest.mark.parametrize(("edit", "expected"), TABLE.values(), ids=TABLE)
def test_an_edit(told, edit, expected):
    lines = told(edit)
    missing = [line for line in expected if line not in lines]
    assert not missing, "\n".join(lines)


def test_a_connection_that_is_gone_takes_its_records_along_and_leaves_its_crm_alone(told):
    lines = told((MAPPING[MAPPING.index("    west:\n") : MAPPING.index("  lead:\n")], ""), ("  west: {type: memory}\n", ""))
    assert '- connections.west: {"type": "memory"}' in lines
    assert "- west Company W1 account left; now: it is not mapped any more (stays as it is)" in lines
    assert lines[-1] == "1 changed, 1 left, of 7 recorded records"


def test_people_who_enter_only_where_they_are_known_count_as_known(told):
    """Nobody has a log-in in a store that is thrown away, yet an owner by the new mapping is no anomaly of the edit."""
    people = "entities:\n  vendor_user:\n    east:\n      object: User\n      enter: matched\n"
    people += "      fields: {email: {crm: Email, direction: none}}\n"
    owner = "city: {crm: City, direction: in}, owner_vendor_user_id: "
    owner += "{crm: OwnerId, reference: vendor_user, missing: report, direction: in}}"
    known = ("matching:\n", "matching:\n  vendor_user: {block: [email], compare: {email: 6}}\n")
    lines = told(("entities:\n", people), known, ("city: {crm: City, direction: in}}", owner))
    assert "owner_vendor_user_id (blank) -> east User U1 (stays as it is)" in lines
    assert "east vendor_user is matched only: it was rehearsed as though all that are recorded were known here" in lines
    assert not [line for line in lines if "held:" in line]


def test_the_same_edit_reads_the_same_each_time(told):
    edits = [("accept: 0.8", "accept: 0.9999999"), ("write: on_create", "write: always"), ("Working: working, ", "")]
    assert told(*edits, shown=diff_shown.as_json) == told(*edits, shown=diff_shown.as_json)


def test_what_the_old_mapping_held_is_released_once_its_record_comes_again(told):
    lines = told(("accept: 0.8", "accept: 0.79"), base=("Working: working, ", ""))
    assert "= east Lead L2 lead no longer held: picklist_value state (when the CRM's record next changes)" in lines
    assert "state ready -> working (when the CRM's record next changes)" in lines


def test_comments_and_layout_are_no_edits(told):
    assert told(("last_name: LastName", "last_name:   LastName  # the family's")) == ["nothing changes"]


def test_markdown_is_one_line_a_row(told):
    lines = told(("Working: working", "Working: qualified"), shown=diff_shown.as_markdown)
    assert "| east | lead | 2 | 1 | 0 | 0 | 0 | 0 | 0 |" in lines
    assert "<details><summary>1 difference</summary>" in lines
    assert "state working -&gt; qualified (stays as it is)" in lines


@pytest.fixture
def repository(tmp_path):
    """A repository whose first commit has the mapping and a lookup table, and whose files were edited since."""

    def git(*words):
        who = ("-c", "user.name=Kim", "-c", "user.email=kim@centri.example", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    table = "status: {inward: {New: new, Working: working, Dead: disqualified}}"
    assert table in MAPPING
    (tmp_path / "crm/tables").mkdir(parents=True)
    mapping, lookup = tmp_path / "crm/mappings.yaml", tmp_path / "crm/tables/status.csv"
    mapping.write_text(MAPPING.replace(table, "status: {file: tables/status.csv, crm: theirs, prm: ours}"))
    lookup.write_text("theirs,ours\nNew,new\nWorking,working\nDead,disqualified\n")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    return mapping, lookup, git


def test_a_revision_brings_its_own_tables(repository, fixtures):
    mapping, lookup, _ = repository
    lookup.write_text("theirs,ours\nNew,new\nWorking,qualified\nDead,disqualified\n")
    found = diff("HEAD", None, mapping, fixtures)
    assert [(e.place, e.old, e.new) for e in found.edits] == [("choices.status.inward.Working", "working", "qualified")]
    assert [r.place.crm_id for r in found.diff.records] == ["L2"]


def test_faults_of_a_revision_are_told_with_its_lines(repository, fixtures):
    mapping, lookup, git = repository
    good = lookup.read_text()
    lookup.write_text("theirs,ours\nNew,\n")
    git("commit", "--quiet", "-am", "second")
    lookup.write_text(good)
    found = diff("HEAD", None, mapping, fixtures)
    assert found.problems
    assert "HEAD:crm/tables/status.csv:2: 'New' means nothing" in str(found.problems[0])
    assert not found.diff


WRONG = {
    "no such revision": ("nowhere", "git knows no revision 'nowhere', and no file is called that"),
    "an option": ("--all", "git knows no revision '--all'"),
}


@pytest.mark.parametrize(("given", "message"), WRONG.values(), ids=WRONG)
def test_a_revision_that_is_not_there(repository, fixtures, given, message):
    with pytest.raises(ConfigError, match=message):
        diff(given, None, repository[0], fixtures)


def test_a_revision_without_the_file_is_nothing_to_compare_with(repository, fixtures):
    mapping, _, _ = repository
    moved = mapping.rename(mapping.with_name("new.yaml"))
    found = diff("HEAD", None, moved, fixtures)
    assert [str(problem) for problem in found.problems] == [
        "HEAD:crm/new.yaml: is not there at that revision; name one that has it"
    ]


def test_faults_of_the_head_are_raised(repository, fixtures):
    mapping, _, _ = repository
    mapping.write_text(mapping.read_text().replace("policy: newest", "policy: newst"))
    with pytest.raises(ConfigError, match="did you mean 'newest'"):
        diff("HEAD", None, mapping, fixtures)


def test_outside_of_a_repository_only_files_are_compared(tmp_path, fixtures):
    (tmp_path / "mappings.yaml").write_text(MAPPING)
    with pytest.raises(ConfigError, match="in no git repository"):
        diff("HEAD", None, tmp_path / "mappings.yaml", fixtures)


def test_without_git_it_says_what_to_do(tmp_path, fixtures, monkeypatch):
    (tmp_path / "mappings.yaml").write_text(MAPPING)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="git cannot be run; install it, or name two files"):
        diff("HEAD", None, tmp_path / "mappings.yaml", fixtures)
