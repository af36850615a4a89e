"""Whether a CRM record holds what was sent."""

import pytest

from centri.sync.delivery import holds

TABLE = [
    # held                            sent                      holds
    ({"Name": "Globex", "City": "U"}, {"Name": "Globex"}, True),
    ({"Name": "GLOBEX"}, {"Name": " globex "}, True),
    ({"Name": "Straße"}, {"Name": "STRASSE"}, True),
    ({"Name": None}, {"Name": "  "}, True),
    ({"Name": "Hooli"}, {"Name": "Globex"}, False),
    ({"Name": "Globex", "City": "Ulm"}, {"Name": "Globex", "City": "Bonn"}, False),
    ({}, {"Name": None}, False),
    ({}, {"Name": "Globex"}, False),
    ({"Size": 0}, {"Size": False}, False),
    ({"Size": 1}, {"Size": 1}, True),
    ({}, {}, True),
]


@pytest.mark.parametrize(("held", "sent", "expected"), TABLE)
def test_but_for_blanks_and_the_case_of_letters(held, sent, expected):
    assert holds(held, sent) is expected
