"""Segments that were prepared in parts and joined are the segment of all, number by number."""

import numpy as np
import pytest

from centri.dedupe.companies.company import company
from centri.dedupe.companies.joining import joined, parts
from centri.dedupe.companies.segment import arrays, segment

ROWS = [
    {"name": "Corvan Paper GmbH", "website": "corvan-paper.de", "country": "DE", "city": "Bremen"},
    {"name": "Société Générale de Chauffage", "country": "FR", "city": "Saint-Étienne"},
    {},
    {"name": "株式会社日立製作所", "website": "https://www.hitachi.co.jp/x"},
    {"name": "x"},
    {"website": "lorwyn.example", "email": "a@mail.lorwyn.example"},
    {"name": "Corvan Paper Limited (Leeds)", "country": "GB"},
    {"name": "n/a"},
]


@pytest.mark.parametrize("cuts", [[], [1], [4], [2, 3], [0, 5, 8], [1, 2, 3, 4, 5, 6, 7]])
def test_joined_parts_are_the_whole(cuts):
    known = [company(f"ä{at}", row, aliases=["Former Name"] if at == 0 else ()) for at, row in enumerate(ROWS)]
    pieces = [known[a:b] for a, b in zip([0, *cuts], [*cuts, len(known)], strict=True)]
    found, wanted = joined([parts(segment(piece)) for piece in pieces]), segment(known)
    for (name, got), (_, meant) in zip(arrays(found), arrays(wanted), strict=True):
        assert got.dtype == meant.dtype, name
        assert np.array_equal(got, meant), name


def test_no_company_at_all():
    assert len(joined([parts(segment([]))])) == 0
