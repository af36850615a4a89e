"""The table of the PRM's fields is what the store has."""

from centri.engine.project import PRM_FIELDS
from centri.mappings.fit.prm import FILE, prm_fields
from centri.store import prm
from centri.store.described import prm_fields_text


def test_the_file_is_not_stale():
    assert FILE.read_bytes() == prm_fields_text(), "it is stale; run: centri schema --write"


def test_it_names_the_fields_that_a_mapping_may_name():
    assert {entity: set(fields) for entity, fields in prm_fields().items()} == {e: set(names) for e, names in PRM_FIELDS.items()}
    needed = {entity: {n for n, known in fields.items() if known.required} for entity, fields in prm_fields().items()}
    assert needed == {entity: prm.required(entity) for entity in prm.ENTITIES}


def test_what_a_derived_field_is_like_is_a_field():
    for fields in prm_fields().values():
        for known in fields.values():
            assert known.like is None or known.like[1] in prm_fields()[known.like[0]]
