"""Masks: nobody is left in them, and what a value is good for stays."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from centri import values
from centri.mappings.masks import Mask
from centri.mappings.personal import Kind

MASK = Mask(b"key")
COMPANIES = Mask(b"key", companies=True)


@given(
    st.sampled_from(Kind),
    st.text() | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_value_can_be_masked_and_always_alike(kind, value):
    for mask in (MASK, COMPANIES):
        assert mask.value(kind, value) == mask.value(kind, value)
        assert value is not None or mask.value(kind, value) is None


@given(st.text())
def test_free_text_keeps_its_shape(text):
    masked = MASK.text(text)
    assert len(masked) == len(text)
    assert [c for c in masked if not c.isalnum()] == [c for c in text if not c.isalnum()]


@pytest.mark.parametrize("text", ["Anna Schmidt-Weber", "ANNA", "o'Neill", "Dr. Zoë", "李雷", "Müller"])
def test_no_word_of_a_name_is_left(text):
    masked = MASK.name(text)
    assert not set(re.findall(r"[^\W_]+", text)) & set(re.findall(r"[^\W_]+", masked))
    assert [c.isupper() for c in re.findall(r"\b\w", masked)] == [c.isupper() for c in re.findall(r"\b\w", text)]


def test_parts_of_a_person_still_agree():
    first, last = MASK.name("Anna"), MASK.name("Müller")
    assert MASK.name("Anna Müller") == f"{first} {last}"
    assert MASK.email("anna.muller@acme.example") == f"{first}.{last}@acme.example".lower()
    assert MASK.name("ANNA") == first.upper()
    assert MASK.name(" anna ") == f" {first.lower()} "


def test_the_key_decides():
    assert Mask(b"other").name("Anna") != MASK.name("Anna")
    assert "key" not in repr(MASK)


@pytest.mark.parametrize(
    "number",
    [
        "+49 89 5550101",
        "+1 (617) 555-0174",
        "+33-465-876-019",
        "+31 30 5550974",
        "+43 1 5559510",
        "+44 20 7946 0958",
        "+91 98765 43210",
    ],
)
def test_a_phone_number_stays_one_of_its_country(number):
    masked = MASK.phone(number)
    assert masked != number
    assert re.sub(r"\d", "0", masked) == re.sub(r"\d", "0", number)
    before, after = phonenumbers.parse(number), phonenumbers.parse(masked)
    assert after.country_code == before.country_code
    assert phonenumbers.is_valid_number(after) >= phonenumbers.is_valid_number(before)


def test_two_spellings_of_a_phone_number_stay_one():
    assert values.phone(MASK.phone("+49 89 5550101")) == values.phone(MASK.phone("089/5550101"), "DE")


@pytest.mark.parametrize("text", ["ext. 12", "ask Anna", "see website", "+49 89", "0"])
def test_what_is_no_phone_number_is_masked_all_the_same(text):
    masked = MASK.phone(text)
    assert len(masked) == len(text)
    assert not set(re.findall(r"\w+", text)) & set(re.findall(r"\w+", masked))


def test_words_beside_a_phone_number_are_masked():
    masked = MASK.phone("+49 89 5550101 ext 12 (Anna)")
    assert "ext" in masked
    assert "Anna" not in masked


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("anna.muller@acme.example", "@acme.example"),
        ("Anna+News@GMAIL.com", "@GMAIL.com"),
        ("info@sub.acme.co.uk", "@sub.acme.co.uk"),
    ],
)
def test_an_address_keeps_its_domain(address, left):
    masked = MASK.email(address)
    assert masked.endswith(left)
    assert not set(re.findall(r"\w+", address.rpartition("@")[0].lower())) & set(re.findall(r"\w+", masked.lower()))
    values.email(masked)


def test_companies_stay_unless_asked():
    assert MASK.value(Kind.COMPANY, "Umbrella Health GmbH") == "Umbrella Health GmbH"
    assert MASK.value(Kind.WEBSITE, "https://www.acme.example") == "https://www.acme.example"


def test_a_page_behind_a_host_may_be_somebodys_own():
    masked = MASK.value(Kind.WEBSITE, "https://linkedin.com/in/anna-schmidt")
    assert masked.startswith("https://linkedin.com/")
    assert "anna" not in masked


def test_masked_companies_still_match():
    name = COMPANIES.value(Kind.COMPANY, "Umbrella Health GmbH & Co. KG")
    assert name.endswith(" GmbH & Co. KG")
    assert "mbrella" not in name
    assert values.company_name(COMPANIES.value(Kind.COMPANY, "umbrella health")) == values.company_name(name)
    site = COMPANIES.value(Kind.WEBSITE, "https://www.Umbrella-Health.example/about")
    assert values.domain(site) == values.domain(COMPANIES.email("anna@umbrella-health.example"))
    assert "umbrella" not in site.lower()
    assert COMPANIES.email("anna@gmail.com").endswith("@gmail.com")


@pytest.mark.parametrize("born", ["1980-02-29", "1980-02-29T00:00:00Z"])
def test_a_birth_date_moves(born):
    masked = MASK.value(Kind.BIRTH, born)
    assert masked != born
    assert masked[10:] == born[10:]
    assert 1977 <= int(masked[:4]) <= 1983


def test_lists_and_dicts_are_masked_inside():
    value = [{"email_address": "anna@acme.example", "opt_out": False}]
    assert MASK.value(Kind.EMAIL, value) == [{"email_address": MASK.email("anna@acme.example"), "opt_out": False}]
    assert MASK.value(Kind.PHONE, 495550101) != 495550101
