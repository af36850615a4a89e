"""Every transform of the language, on every type of field: a check may find fault, and never fails itself."""

import pytest

from centri.descriptions import Description, Field, FieldType
from centri.mappings.fit.inspection import inspect
from centri.mappings.fit.prm import prm_fields
from centri.mappings.loader import interpret
from centri.mappings.source import parse
from centri.mappings.transforms import TRANSFORMS

OPTIONS = {
    "truncate": "{truncate: 20}", "choice": "{choice: kind}", "list": "{list: kind}", "currency": "{currency: kind}",
    "join": "{join: {of: [X, Y]}}", "full_name": "{full_name: [X, Y]}", "coalesce": "{coalesce: [X, Y]}",
    "part": "{part: '{street}, {city}'}", "name_part": "{name_part: [first_name, last_name]}",
}  # fmt: skip
TEXT = """
connections: {{acme: {{type: memory}}}}
choices: {{kind: {{inward: {{Hot: raw, Cold: mql}}}}}}
entities:
  lead:
    acme:
      object: Lead
      create: always
      fields:
        {prm}: {{crm: X, transform: {word}, direction: {way}}}
"""


@pytest.mark.parametrize("word", sorted(TRANSFORMS))
def test_no_word_upsets_a_check(word):
    from centri.errors import ConfigError

    checked = 0
    for type in FieldType:
        for prm in ("city", "product_interest", "score", "received_at", "qualification", "matched_account_id"):
            for way in ("in", "both"):
                text = TEXT.format(word=OPTIONS.get(word, word), prm=prm, way=way)
                try:
                    parsed = interpret(parse(text), prm_fields())
                except ConfigError:  # a word without a way back, or that names fields that are not mapped here
                    continue
                fields = {n: Field(n, type, length=40, choices=("Hot", "Cold") if "choice" in type else ()) for n in ("X", "Y")}
                list(inspect(parsed, {("acme", "Lead"): Description("Lead", fields)}, prm_fields()))
                checked += 1
    assert checked or word in ("part", "name_part", "lookup", "owner"), word
