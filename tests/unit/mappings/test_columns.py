"""Columns find their fields by name, and by likeness where they are misspelt; a person has the last word."""

import pytest

from centri.engine.prm_fields import prm_fields
from centri.errors import ConfigError
from centri.mappings.columns import matched, names_of

LEAD = names_of("lead", prm_fields("lead"))

KNOWN = {
    "last_name": "Nachname, last name, LastName, Surname, NOM DE FAMILLE, last_name",
    "company": "Firma, Company, Unternehmen, account_name, Société",
    "email": "E-Mail, e-mail-adresse, Email, email1, Courriel",
    "phone_e164": "Telefon, Tel., phone_work, Téléphone, Mobile",
    "postal_code": "PLZ, Zip Code, PostalCode, primary_address_postalcode",
    "street": "Straße, Strasse, Street",
    "country_code": "Land, Country, Pays",
    "title": "Position, Job Title, Funktion",
}


@pytest.mark.parametrize(("column", "field"), [(c.strip(), f) for f, cs in KNOWN.items() for c in cs.split(",")])
def test_known_names(column, field):
    (found,) = matched([column], LEAD, {})
    assert (found.field, found.score, found.sure) == (field, 1.0, True)


@pytest.mark.parametrize(
    ("column", "field", "sure"),
    [
        ("Nachnahme", "last_name", True),
        ("Untenehmen", "company", True),
        ("Telefonnr", "phone_e164", False),
        ("Standnummer", "", True),
    ],
)
def test_likeness(column, field, sure):
    (found,) = matched([column], LEAD, {})
    assert (found.field, found.sure) == (field, sure)
    assert found.score < 1


def test_a_field_goes_to_one_column_and_a_known_name_comes_first():
    found = matched(["Mails", "E-Mail", "Email"], LEAD, {})
    assert [c.field for c in found] == ["", "email", ""]


def test_nothing_is_matched_to_what_centri_fills_in():
    found = matched(["score", "accepted at", "matched account", "revision", "id"], LEAD, {})
    assert not any(c.field for c in found)


def test_a_person_has_the_last_word():
    found = matched(["Firma", "Kunde", "Ort"], LEAD, {"kunde": "company", "Ort": ""})
    assert [(c.field, c.given) for c in found] == [("", False), ("company", True), ("", True)]


def test_what_is_wrong_with_a_correction_is_said_at_once():
    with pytest.raises(ConfigError) as error:
        matched(["Firma", "Ort"], LEAD, {"Frima": "company", "Ort": "town", "Firma": "city"})
    told = [p.message for p in error.value.problems]
    assert told[0] == "the file has no column 'Frima'; did you mean 'Firma'?"
    assert told[1].startswith("column 'Ort' cannot go to 'town': there is no such field")
