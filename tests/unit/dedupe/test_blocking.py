"""The keys that possible counterparts share, and the columns that hold them."""

from __future__ import annotations

import pytest

from centri.dedupe.blocking import BLOCK_COLUMNS, BLOCKS, blocking_keys, norms
from centri.dedupe.identity import ANYBODY

# Values, the words of the rules, and the keys.
KEYS = {
    "an account": (
        {"name": "Müller & Söhne GmbH", "website": "https://www.mueller-soehne.example/de"},
        {("domain", "mueller-soehne.example"), ("name", "muller and sohne"), ("name_prefix", "muller")},
    ),
    "a lead with its own mail": (
        {"company": "Umbrella Health Sys.", "email": "Mia@mail.Umbrella-Health.example "},
        {("domain", "umbrella-health.example"), ("email", "mia@mail.umbrella-health.example"),
         ("name", "umbrella health sys"), ("name_prefix", "umbrel")},
    ),
    "a lead with free mail": ({"company": "Q3", "email": "q@gmail.example"}, {("email", "q@gmail.example"), ("name", "q3")}),
    "a lead with web site and mail": (
        {"website": "wayne.example", "email": "a@agency.example"},
        {("domain", "wayne.example"), ("domain", "agency.example"), ("email", "a@agency.example")},
    ),
    "a page on a shared site": ({"website": "https://www.facebook.com/acme"}, set()),
    "a name that is none": ({"company": "N/A"}, set()),
    "a telephone number": ({"phone_e164": "+49895550101"}, {("phone", "+49895550101")}),
    "an address that is none": ({"email": "nobody"}, set()),
    "nothing": ({"name": None, "email": "", "website": " "}, set()),
}  # fmt: skip


@pytest.mark.parametrize(("values", "keys"), KEYS.values(), ids=KEYS.keys())
def test_keys(values, keys):
    assert keys == blocking_keys(values, BLOCKS)


def test_only_the_keys_that_the_rules_name():
    assert {("name", "initech")} == blocking_keys({"name": "Initech", "website": "initech.example"}, ["name"])


@pytest.mark.parametrize(
    "domain", ["gmail.com", "gmail.example", "yahoo.example", "hotmail.example", "web.example", "outlook.example"]
)
def test_free_mail_gives_no_domain(domain):
    assert domain in ANYBODY.domains
    assert set() == blocking_keys({"email": f"a@{domain}", "website": f"www.{domain}"}, ["domain"])


# An entity, what is written, and the derived columns.
NORMS = {
    "account": (
        "account", {"name": "Initech, LLC", "website": "http://initech.example"},
        {"name_norm": "initech", "domain": "initech.example"},
    ),
    "partner": ("partner_account", {"name": "Alpine Resellers GmbH"}, {"name_norm": "alpine resellers"}),
    "the web site decides": ("account", {"website": "new.example", "domain": "old.example"}, {"domain": "new.example"}),
    "a domain by itself": ("account", {"domain": "www.Initech.example"}, {"domain": "initech.example"}),
    "a web site taken away": ("account", {"website": None}, {"domain": None}),
    "lead": (
        "lead", {"company": "Acme Inc", "email": "A@gmail.example"},
        {"company_norm": "acme", "email_norm": "a@gmail.example", "email_domain": "gmail.example"}),
    "lead with a broken address": ("lead", {"email": "a@b"}, {"email_norm": None, "email_domain": None}),
    "contact": ("contact", {"last_name": "Wong", "email": "M@x.example"}, {"email_norm": "m@x.example"}),
    "only what is written": ("lead", {"title": "CEO"}, {}),
    "no derived columns": ("note", {"subject": "Acme"}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("entity", "values", "columns"), NORMS.values(), ids=NORMS.keys())
def test_derived_columns(entity, values, columns):
    assert columns == norms(entity, values)


@pytest.mark.parametrize("entity", BLOCK_COLUMNS)
def test_a_row_is_found_by_its_own_keys(entity):
    values = {
        "name": "Zoë & Co. KG", "company": "Zoë & Co. KG", "website": "https://shop.zoe.example", "email": "Zoe@Zoe.example",
        "phone_e164": "+49895550101",
    }  # fmt: skip
    row = {**values, **norms(entity, values)}
    columns = BLOCK_COLUMNS[entity]
    assert {(word, row[column].lower()) for word, column in columns.items()} == blocking_keys(values, columns)


def test_every_column_belongs_to_a_word():
    assert all(set(columns) <= set(BLOCKS) for columns in BLOCK_COLUMNS.values())
