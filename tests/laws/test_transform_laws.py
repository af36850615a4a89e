"""Laws of every transform, over whole records: what went in and comes out again is told the same, and says the same.

For each word there is a block of field rules, what a CRM may hold, and what the PRM holds in its canonical form.
"""

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

import pycountry
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from centri import values
from centri.anomalies import Untranslatable
from centri.mappings.choices import ValueMap
from centri.mappings.names import Names
from centri.mappings.rules import FieldRule, bind
from centri.mappings.transforms import TRANSFORMS
from centri.records import same
from centri.sync.references import References

CHOICES = {
    "status": ValueMap(inward={"New": "new", "Dead": "disqualified", "true": "both"}),
    "currencies": ValueMap(inward={"-99": "USD", "1b2c": "EUR"}),
}
ONE_WAY = {word for word, kind in TRANSFORMS.items() if kind.one_way}
"""They have no way back, and so no law."""


@dataclass(frozen=True)
class Block:
    """Field rules by PRM field, each a CRM field and its transform; ``crm`` and ``row`` draw whole records."""

    rules: dict
    crm: st.SearchStrategy
    row: st.SearchStrategy

    def parsed(self):
        rules = {
            prm: FieldRule.model_validate({"$prm": prm, "crm": crm, "transform": transform}, context=Names(choices=CHOICES))
            for prm, (crm, transform) in self.rules.items()
        }
        bind(rules)
        return rules.values()


def inward(rules, crm):
    return {rule.prm: rule.inward(crm, References()) for rule in rules}


def outward(rules, row):
    told = {}
    for rule in rules:
        for name, value in rule.outward(row, References()).items():
            assert name not in told or same(told[name], value), "two rules tell one field two things"
            told[name] = value
    return told


def one(transform, crm, prm):
    """A block of one field."""
    return Block({"field": ("Field", transform)}, st.fixed_dictionaries({"Field": crm}), st.fixed_dictionaries({"field": prm}))


WRITTEN = st.text(st.sampled_from("aZé ,;\n\t1'"), max_size=12)
WORD = st.text(st.sampled_from("abcdexyzéß'-"), min_size=1, max_size=8)
CAPITALS = WORD.map(str.upper).filter(lambda w: w == w.upper().lower().upper())
WORDS = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
MAYBE = st.one_of(st.none(), WORDS)
MOMENTS = st.datetimes(min_value=values.dt.datetime(1980, 1, 1), max_value=values.dt.datetime(2035, 1, 1)).map(
    lambda d: d.replace(microsecond=0)
)
UTC = MOMENTS.map(lambda d: values.datetime_utc(d.isoformat() + "+00:00"))
EMAILS = st.emails(domains=st.just("globex.example")).filter(lambda a: values._EMAIL.fullmatch(a.lower()) and ".." not in a)
PHONES = st.integers(1000000, 9999999).map(lambda n: f"+4989{n}")
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
COUNTRIES = st.sampled_from(sorted(c.alpha_2 for c in pycountry.countries))
STATES = st.sampled_from(sorted(s.code for s in pycountry.subdivisions))
STATE_ROWS = STATES.map(lambda code: dict(zip(("country_code", "state_code"), code.split("-", 1), strict=True)))
STATE_RULES = {"country_code": ("Country", "country"), "state_code": ("State", {"subdivision": {"country_from": "country_code"}})}
LISTS = st.lists(st.sampled_from(["backup", "network", "security", "storage"]), min_size=1)
ADDRESS = {"part": "{street}, {postal_code} {city}"}
NAMES = {"name_part": ["first_name", "last_name"]}


def records(**fields):
    return st.fixed_dictionaries(fields)


LAWS = {
    "text": [
        one("text", st.one_of(WRITTEN, st.integers()), MAYBE),
        one({"text": {"lines": True}}, WRITTEN, WORDS.map(lambda w: w.replace(" ", "\n"))),
    ],
    "trim": [one("trim", WRITTEN, MAYBE)],
    "upper": [one("upper", WRITTEN, CAPITALS)],
    "lower": [one("lower", WRITTEN, WORD.map(str.lower))],
    "title": [one("title", WRITTEN, WORDS.map(lambda w: " ".join(part.capitalize() for part in w.split())))],
    "truncate": [one({"truncate": 6}, WRITTEN, MAYBE)],
    "email": [one("email", EMAILS.map(str.upper), EMAILS.map(str.lower))],
    "emails": [one("emails", EMAILS.map(lambda a: [{"email_address": a}]), EMAILS.map(str.lower))],
    "phone": [one({"phone": "DE"}, PHONES.map(lambda n: f"0{n[3:5]} {n[5:]}"), PHONES)],
    "country": [one("country", COUNTRIES, COUNTRIES), one({"country": "code"}, COUNTRIES, COUNTRIES)],
    "subdivision": [
        Block(STATE_RULES, STATE_ROWS.map(lambda row: {"Country": row["country_code"], "State": row["state_code"]}), STATE_ROWS)
    ],
    "money": [one("money", st.one_of(AMOUNTS.map(float), AMOUNTS.map(str)), AMOUNTS.map(values.money))],
    "number": [one("number", AMOUNTS.map(str), st.floats(-(10**9), 10**9).filter(lambda f: f != 0))],
    "integer": [one("integer", st.integers().map(str), st.integers())],
    "boolean": [
        one("boolean", st.sampled_from(["yes", "NO", "1", 0, True, "off"]), st.booleans()),
        *(one({"boolean": written}, st.sampled_from(["Y", "n", 1, "0"]), st.booleans()) for written in ("Y/N", "1/0", "Ja/Nein")),
    ],
    "date": [
        one("date", MOMENTS.map(lambda d: d.isoformat()), st.dates().map(lambda d: d.isoformat())),
        one({"date": "Asia/Tokyo"}, UTC, st.dates().map(lambda d: d.isoformat())),
    ],
    "datetime": [
        one("datetime", MOMENTS.map(lambda d: d.isoformat() + "+02:00"), UTC),
        *(
            one({"datetime": zone}, MOMENTS.map(lambda d: d.isoformat(" ")), UTC)
            for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
        ),
    ],
    "choice": [one({"choice": "status"}, st.sampled_from(["New", "Dead", True, None]), st.sampled_from(["new", "both", None]))],
    "list": [
        one("list", LISTS, LISTS.map(values.choices)),
        one({"list": {"separator": ";"}}, LISTS.map("; ".join), LISTS.map(values.choices)),
    ],
    "currency": [
        one("currency", st.sampled_from(["eur", " USD "]), st.sampled_from(["CHF", "EUR"])),
        one({"currency": "currencies"}, st.sampled_from(["-99", "1b2c"]), st.sampled_from(["USD", "EUR"])),
    ],
    "part": [
        Block(
            dict.fromkeys(("street", "postal_code", "city"), ("Address", ADDRESS)),
            records(Address=st.one_of(st.none(), st.text(st.sampled_from("ab ,1"), max_size=12))),
            records(street=MAYBE, postal_code=st.one_of(st.none(), WORD), city=MAYBE),
        )
    ],
    "name_part": [
        Block(
            {"first_name": ("Name", NAMES), "last_name": ("Name", NAMES)},
            records(Name=st.one_of(st.none(), st.text(st.sampled_from("ab ,"), max_size=8), st.just("Ludwig van Beethoven"))),
            records(first_name=MAYBE, last_name=st.one_of(WORDS, st.sampled_from(["van Beethoven", "de la Cruz", "von"]))),
        )
    ],
    "join": [
        Block(
            {"street": ("Street1", {"join": ["Street1", "Street2", "Street3"]})},
            records(Street1=MAYBE, Street2=MAYBE, Street3=MAYBE),
            records(street=st.one_of(st.none(), st.lists(WORD, min_size=1, max_size=3).map("\n".join))),
        )
    ],
    "full_name": [
        Block(
            {"name": ("FirstName", {"full_name": ["FirstName", "LastName"]})},
            records(FirstName=MAYBE, LastName=MAYBE),
            records(name=MAYBE),
        )
    ],
    "coalesce": [
        Block(
            {"phone": ("Phone", {"coalesce": ["Phone", "MobilePhone"]})},
            records(Phone=MAYBE, MobilePhone=MAYBE),
            records(phone=WORDS),
        )
    ],
}  # fmt: skip
BLOCKS = [pytest.param(block, id=f"{word}-{i}") for word, blocks in LAWS.items() for i, block in enumerate(blocks)]


def test_every_transform_with_a_way_back_has_laws():
    assert set(LAWS) == set(TRANSFORMS) - ONE_WAY
    assert {"domain", "email_opt_out"} == ONE_WAY


@pytest.mark.parametrize("block", BLOCKS)
@given(data=st.data())
def test_what_came_in_and_is_told_again_means_the_same(block, data):
    rules, crm = block.parsed(), data.draw(block.crm)
    try:
        row = inward(rules, crm)
        told = outward(rules, row)
    except Untranslatable:
        return
    again = inward(rules, {**crm, **told})
    assert again == row
    assert outward(rules, again) == told


@pytest.mark.parametrize("block", BLOCKS)
@given(data=st.data())
def test_what_is_told_is_read_back_as_it_was(block, data):
    rules, row = block.parsed(), data.draw(block.row)
    unheard = {name: None for rule in rules for name in rule.crm_fields}
    try:
        told = outward(rules, row)
    except Untranslatable:
        assume(False)
    assert inward(rules, {**unheard, **told}) == row


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.datetimes().map(str), st.just(Decimal("NaN"))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=4,
)


@pytest.mark.parametrize("block", BLOCKS)
@given(value=ANYTHING)
def test_a_strange_value_is_a_finding_and_never_a_crash(block, value):
    rules = block.parsed()
    for rule in rules:
        with suppress(Untranslatable):
            rule.inward(dict.fromkeys(rule.crm_fields, value), References())
        with suppress(Untranslatable):
            rule.outward({r.prm: value for r in rules}, References())
