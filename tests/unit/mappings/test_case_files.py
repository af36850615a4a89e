"""Faults of a case file: each told with its line and the nearest right name, all at once."""

import pytest

from centri.errors import ConfigError
from centri.mappings.case_checks import Known
from centri.mappings.case_files import read_cases
from centri.mappings.loader import interpret
from centri.mappings.source import parse

MAPPING = """
connections: {acme: {type: memory}}
entities:
  contact:
    acme: {object: Contact, fields: {name: Name, title: Title}}
matching:
  contact: {block: [email], compare: {email: 6}}
"""
FIELDS = {"contact": ["id", "name", "title"]}
KNOWN = Known(interpret(parse(MAPPING)), {}, FIELDS, FIELDS)

GOOD = """\
cases:
  - name: x
    given:
      crm:
        acme:
          Contact:
            C1: {Name: Fox, $deleted: true}
      prm:
        contact:
          fox: {name: Fox}
      links:
        - {prm: $fox, crm: acme/Contact/C1, agreed: {crm: {Name: Old}}}
    when: synced
    then:
      prm:
        contact:
          fox: {title: null}
      anomalies:
        - {kind: deleted_remote, about: C1}
      match:
        - {record: acme/Contact/C1, as: contact, verdict: none}
"""

FAULTS = [
    ("when: synced", "when: synct", "13: 'synct' is not known for 'when'; did you mean 'synced'?"),
    ("acme:\n", "acne:\n", "5: no connection is called 'acne'; did you mean 'acme'?"),
    (
        "          Contact:\n",
        "          Contacts:\n",
        "6: no mapped object of acme is called 'Contacts'; did you mean 'Contact'?",
    ),
    ("{Name: Fox, $", "{Nmae: Fox, $", "7: no field of Contact is called 'Nmae'; did you mean 'Name'?"),
    ("$deleted", "$deletd", "7: no field of Contact is called '$deletd'; did you mean '$deleted'?"),
    (
        "        contact:\n          fox: {name",
        "        contac:\n          fox: {name",
        "9: no entity of the PRM is called 'contac'",
    ),
    ("{name: Fox}", "{nam: Fox}", "10: no field of contact is called 'nam'; did you mean 'name'?"),
    ("{name: Fox}", "{name: $foxx}", "10: no given row of the PRM is called 'foxx'; did you mean 'fox'?"),
    ("prm: $fox", "prm: $foxy", "12: no given row of the PRM is called 'foxy'; did you mean 'fox'?"),
    ("prm: $fox", "prm: fox", "12: 'fox' names no row; write $NAME"),
    ("Contact/C1, agreed", "Contact/C2, agreed", "12: no given Contact is called 'C2'; there are C1"),
    ("{Name: Old}", "{Nme: Old}", "12: no field mapped for contact is called 'Nme'; did you mean 'Name'?"),
    (
        "kind: deleted_remote",
        "kind: delete_remote",
        "19: no kind of anomaly is called 'delete_remote'; did you mean 'deleted_remote'?",
    ),
    ("as: contact", "as: contract", "21: no entry of matching is called 'contract'; did you mean 'contact'?"),
    ("verdict: none", "verdict: nope", "21: 'nope' is not known for 'verdict'; did you mean 'none'?"),
    ("when: synced", "when: matched", "13: nothing is decided where it is only 'matched'"),
    ("      anomalies:", "      nothing: prm\n      anomalies:", "18: nothing is written in the PRM, and yet rows are named"),
    ("    when:", "    wen: x\n    when:", "13: unknown key 'wen'; did you mean 'when'?"),
    ("  - name: x", "  - name: x\n  - name: x", "3: a case of this name is on line 2 already"),
    ("cases:", "case:", "1: the file must hold a list of 'cases'"),
]


def test_a_good_file():
    (written,) = read_cases(parse(GOOD, "x.yaml"), KNOWN)
    assert (written.case.name, written.where, written.line(("then", "prm", "contact", "fox", "title"))) == ("x", "x.yaml:2", 17)


@pytest.mark.parametrize(("right", "wrong", "told"), FAULTS, ids=[told for _, _, told in FAULTS])
def test_one_fault(right, wrong, told):
    with pytest.raises(ConfigError) as error:
        read_cases(parse(GOOD.replace(right, wrong, 1), "x.yaml"), KNOWN)
    assert f"x.yaml:{told}" in str(error.value)


def test_all_faults_at_once():
    with pytest.raises(ConfigError) as error:
        read_cases(parse(GOOD.replace("synced", "synct").replace("Nam", "Nma").replace("_remote", "_remot"), "x.yaml"), KNOWN)
    assert [problem.line for problem in error.value.problems] == [7, 12, 13, 19]
