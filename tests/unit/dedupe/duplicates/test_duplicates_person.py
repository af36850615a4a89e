"""What a record says of a person, in the form it is compared in."""

from __future__ import annotations

import pytest

from centri.dedupe.duplicates.person import Person, initials, person

ANNA, GALEN = {"first_name": "Anna", "last_name": "Svensson"}, {"first_name": "E", "last_name": "Galen"}

# What is written, and some of what is said by it.
SAID = {
    "a plain name": (ANNA, {"given": ("anna",), "family": ("svensson",), "known": "anna"}),
    "accents and umlauts": ({"first_name": "Jörg", "last_name": "Müller"}, {"given": ("jorg",), "family": ("muller",)}),
    "umlauts written out": ({"first_name": "Joerg", "last_name": "Mueller"}, {"given": ("jorg",), "family": ("muller",)}),
    "another script": ({"first_name": "Иван", "last_name": "Петров"}, {"given": ("ivan",), "family": ("petrov",)}),
    "a double surname": ({"first_name": "Ana", "last_name": "García-López"}, {"family": ("garcia", "lopez")}),
    "titles and suffixes": ({"first_name": "Dr. John", "last_name": "Smith Jr."}, {"given": ("john",), "family": ("smith",)}),
    "the whole name in one field": ({"last_name": "Anna Svensson"}, {"given": ("anna",), "family": ("svensson",)}),
    "a comma": ({"last_name": "Svensson, Anna"}, {"given": ("anna",), "family": ("svensson",)}),
    "a surname of particles is one": ({"last_name": "van der Berg"}, {"given": (), "family": ("van", "der", "berg")}),
    "an initial, and an address that says more": (
        {"first_name": "E.", "last_name": "Galenzone", "email": "eliza.galenzone@acme.example"},
        {"given": ("e",), "known": "eliza"},
    ),
    "an address in one word": ({**GALEN, "email": "elizagalen@acme.example"}, {"known": "eliza"}),
    "an address of somebody else": ({**GALEN, "email": "marco.galen@acme.example"}, {"known": "e"}),
    "a mailbox that is nobody's": (
        {"first_name": "I.", "last_name": "Holm", "email": "INFO@holm.example"},
        {"known": "i", "shared": True, "email": "info@holm.example"},
    ),
    "free mail": ({"email": "a.b+x@gmail.com"}, {"local": "ab", "mail_domain": "gmail.com", "domain": ""}),
    "its own domain": ({"email": "a.b77@it.acme.co.uk"}, {"local": "ab", "domain": "acme.co.uk"}),
    "no company": ({"company": "n/a"}, {"company": (), "spelled": ""}),
    "a company": ({"company": "Müller & Söhne GmbH"}, {"spelled": "mullerandsohne"}),
    "a telephone number": ({"phone": "+49 89 5550101"}, {"phone": "+49895550101"}),
    "digits that are no number": ({"phone": "855501"}, {"phone": "855501"}),
    "nothing": ({"first_name": None, "last_name": " ", "email": "?", "phone": "-"}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("values", "said"), SAID.values(), ids=SAID)
def test_a_person(values, said):
    found = person(values)
    assert {name: getattr(found, name) for name in said} == said
    if not said:
        assert found == Person()


def test_swapped_names_have_the_same_initials():
    assert initials(person(ANNA)) == initials(person({"first_name": "Svensson", "last_name": "Anna"}))
