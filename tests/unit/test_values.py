"""Canonical values: the same thing written in many ways becomes one text, and what cannot be understood says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centri import values


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("089 5550101", "DE", "+49895550101"),
        ("+33 1 55 50 10 10", None, "+33155501010"),
        ("(415) 555-0100 ext. 7", "US", "+14155550100"),
        ("0049 89 5550101", "DE", "+49895550101"),
        ("0049 89 5550101", "US", "+49895550101"),
        ("0033155501010", None, "+33155501010"),
        ("001 415 555 0100", "AU", "+14155550100"),
    ],
)
def test_phone_numbers_take_one_form(written, region, expected):
    assert values.phone(written, region) == expected
    assert values.phone(expected) == expected


@pytest.mark.parametrize(
    ("written", "region", "complaint"),
    [
        ("089 5550101", None, "no country code"),
        ("555-0101", "US", "too short or too long"),
        ("call me", "DE", "is not a phone number"),
    ],
)
def test_a_phone_number_that_nobody_could_dial_is_refused(written, region, complaint):
    with pytest.raises(ValueError, match=complaint):
        values.phone(written, region)


@pytest.mark.parametrize(
    "written", ["", "mia", "mia@host", "a@b@c.example", "a b@c.example", "a..b@c.example", "Mia <m@c.example>"]
)
def test_what_is_no_address_is_refused(written):
    with pytest.raises(ValueError, match="is not an e-mail address"):
        values.email(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("HTTPS://www.Nouvellebanque.example:443/a?b", "nouvellebanque.example"),
        ("umbrella-health.example", "umbrella-health.example"),
        ("mail.shop.foo.co.uk", "foo.co.uk"),
        ("mia@mail.globex.com", "globex.com"),
        ("co.uk", None),
        ("localhost", None),
        ("192.168.0.1", None),
        ("http://[::1]/", None),
        ("n/a", None),
        ("see foo.com", None),
        ("", None),
    ],
)
def test_domain_is_the_one_that_somebody_registered(written, expected):
    assert values.domain(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Alpine Resellers GmbH", "alpine resellers"),
        ("Foo GmbH & Co. KG", "foo"),
        ("Castell Systems SARL", "castell systems"),
        ("Castell Systems S.A.R.L.", "castell systems"),
        ("Soylent Foods Europe B.V.", "soylent foods europe"),
        ("Soylent Foods, Inc.", "soylent foods"),
        ("Nouvelle Banque S. A.", "nouvelle banque"),
        ("Plan B s.r.o.", "plan b"),
        ("Foo Sp. z o.o.", "foo"),
        ("J.P. Morgan", "jp morgan"),
        ("J P Morgan", "jp morgan"),
        ("O'Reilly Media, LLC", "oreilly media"),
        ("Smith & Co", "smith"),
        ("Foo AG & Ltd.", "foo"),
        ("Müller Maschinenbau AG", "muller maschinenbau"),
        ("Acme UG (haftungsbeschränkt)", "acme"),
        ("GmbH", "gmbh"),
        ("???", "???"),
    ],
)
def test_company_name_keeps_the_core(written, expected):
    assert values.company_name(written) == expected


@given(st.text(alphabet="abcäßÉ .&'-,SAGmbH株", max_size=30))
def test_company_name_is_stable_and_never_emptied(written):
    core = values.company_name(written)
    assert values.company_name(core) == core
    assert bool(core) == bool(written.strip())


@pytest.mark.parametrize("written", ["Germany", "GERMANY ", "Deutschland", "Allemagne", "Duitsland", "DE", "deu", "BRD"])
def test_germany_in_many_spellings(written):
    assert values.country(written) == "DE"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("UK", "GB"),
        ("England", "GB"),
        ("U.S.A.", "US"),
        ("United States", "US"),
        ("Ivory Coast", "CI"),
        ("Korea, Republic of", "KR"),
    ],
)
def test_countries_by_everyday_names(written, expected):
    assert values.country(written) == expected


def test_an_unknown_country_is_refused():
    with pytest.raises(ValueError, match="no country is called 'Atlantis'"):
        values.country("Atlantis")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("48000", "48000.00"),
        ("48000.000000", "48000.00"),
        (1234.5, "1234.50"),
        (7, "7.00"),
        ("0.125", "0.125"),
        ("-0.00", "0.00"),
        (".5", "0.50"),
    ],
)
def test_money_has_at_least_two_decimals(written, expected):
    assert values.money(written) == expected


@pytest.mark.parametrize("written", ["", "48,000.00", "1e5", "EUR 5", True, None, float("nan"), float("inf")])
def test_what_is_no_amount_is_refused(written):
    with pytest.raises(ValueError, match="is not an amount"):
        values.money(written)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_money_is_stable(amount):
    once = values.money(f"{amount:f}")
    assert values.money(once) == once


def test_dates_and_moments():
    assert values.date("2026-06-30") == "2026-06-30"
    assert values.datetime_utc("2026-03-02T11:00:00Z") == "2026-03-02T11:00:00Z"
    assert values.datetime_utc("2026-03-02T06:00:00.250-05:00") == "2026-03-02T11:00:00.250000Z"


@pytest.mark.parametrize(
    ("parse", "written"), [(values.date, "30.06.2026"), (values.date, "2026-02-30"), (values.datetime_utc, "soon")]
)
def test_what_is_no_date_is_refused(parse, written):
    with pytest.raises(ValueError, match="is not a date"):
        parse(written)


def test_a_moment_needs_its_zone():
    with pytest.raises(ValueError, match="names no time zone"):
        values.datetime_utc("2026-03-02T11:00:00")
