"""Facts of companies that are kept as arrays are read as they were."""

from dataclasses import replace

import numpy as np
import pytest

from centri.dedupe.companies.fact_table import FactTable, columns, joined
from centri.dedupe.companies.rules import Facts
from centri.dedupe.companies.segment import Texts

KNOWN = {
    "a": Facts(company_class="customer", country="DE", city="köln", parent="ü", contacts=3, created="2020-01-01"),
    "ü": Facts(),
    "": Facts(company_class="partner", open_opportunities=2, last_activity="2024-05-05"),
}


def table(ids=None):
    ids = list(KNOWN) if ids is None else ids
    facts = list(KNOWN.values())
    return FactTable.of(Texts.of(ids), joined([columns(facts[:1]), columns(facts[1:])]))


def test_each_is_read_by_its_id_and_by_its_place():
    kept = table()
    assert dict(kept) == KNOWN
    assert kept.at(np.array([2, 0])) == [KNOWN[""], KNOWN["a"]]
    assert len(kept) == 3


def test_an_id_that_is_not_there_is_not_there():
    assert table().get("b") is None
    with pytest.raises(KeyError):
        table()["b"]


def test_names_are_not_kept():
    kept = FactTable.of(Texts.of(["a"]), columns([replace(KNOWN["a"], name="Acme")]))
    assert kept["a"] == KNOWN["a"]


def test_an_id_that_stands_twice_is_told():
    assert table(["b", "a", "b"]).repeated() == ["b"]
    assert table().repeated() == []
