"""Which pairs of people are compared, and that no block is compared without bound."""

from __future__ import annotations

import pytest

from centri.dedupe.duplicates.blocking import BLOCK, WINDOW, pairs
from centri.dedupe.duplicates.person import person


def who(first="", last="", email="", company="", **more):
    return person({"first_name": first, "last_name": last, "email": email, "company": company, **more})


ANNA = who("Anna", "Svensson", "anna.svensson@initech.example", "Initech")

# Whether a person is compared with Anna.
COMPARED = {
    "the same address": (who(email="ANNA.svensson@initech.example"), True),
    "the name, elsewhere": (who("Anna", "Svensson", company="Hooli"), True),
    "the name, swapped": (who("Svensson", "Anna", company="Hooli"), True),
    "an initial at the company": (who("A.", "Svensson", company="Initech LLC"), True),
    "a colleague of the name": (who("Bo", "Svensson", "bo@initech.example"), True),
    "a typing error in the surname": (who("Anna", "Svenson", company="Initech"), True),
    "a double surname": (who("Anna", "Svensson-Berg", company="Hooli"), True),
    "a typing error in the address": (who("A", "S", "anna.svenson@initech.example"), True),
    "somebody else": (who("Kai", "Kraus", "kai@kraus.test", "Kraus AG"), False),
    "nobody": (who(), False),
}


@pytest.mark.parametrize(("other", "compared"), COMPARED.values(), ids=COMPARED)
def test_who_is_compared(other, compared):
    assert bool(len(pairs([ANNA, other]))) is compared


def test_colleagues_are_not_compared_for_being_colleagues():
    names = ("Kraus", "Wolf", "Jonsson", "Petit", "Urban", "Okafor", "Tanaka", "Rossi", "Dubois", "Novak", "Silva", "Kowalski")
    people = [who(given, name, f"{given}.{name}@initech.example", "Initech") for name in names for given in ("Kai", "Mia", "Bo")]
    found = pairs(people)
    assert len(found) < len(people) * (len(people) - 1) / 4


def test_two_of_one_mailbox_are_compared_where_the_surname_agrees():
    surnames = ("Berg", "Berg", "Kraus", *(f"Name{n}" for n in range(40)))
    found = pairs([who("", surname, "info@a.example") for surname in surnames])
    assert (0, 1) in set(zip(found.one.tolist(), found.other.tolist(), strict=True))
    assert (0, 2) not in set(zip(found.one.tolist(), found.other.tolist(), strict=True))


def test_a_large_block_is_compared_with_neighbours_and_said():
    people = [who("Anna", "Svensson", email=f"{n}@a{n}.example") for n in range(2000)]
    found = pairs(people)
    assert len(found) <= 2000 * (WINDOW * 3 + BLOCK)
    assert ("name", 2000) in {(cut.kind, cut.rows) for cut in found.cut}


def test_each_pair_comes_once_with_the_lower_row_first():
    found = pairs([ANNA, ANNA, ANNA])
    assert [found.one.tolist(), found.other.tolist()] == [[0, 0, 1], [1, 2, 2]]
    assert found.cut == ()
