"""The evidence of pairs of people: in each respect a number that says how far the two agree, for thousands of pairs at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from centri.dedupe.duplicates.blocking import Pairs
from centri.dedupe.duplicates.compared import Compared, Flags, Floats, alike
from centri.dedupe.duplicates.evidence_of_companies import company
from centri.dedupe.duplicates.evidence_of_mail import mail
from centri.dedupe.duplicates.evidence_of_names import names
from centri.dedupe.duplicates.people import NOTHING, Codes, People, Texts


def rarity(pairs: Compared) -> Mapping[str, Floats]:
    """How many records say the same (in log 2): many of one name are many people, many of one company many colleagues."""
    return {
        "surname_frequency": _log(pairs.most("family")),
        "given_name_frequency": _log(pairs.most("known")),
        "surname_seen": _log(pairs.least("family")),
        "given_name_seen": _log(pairs.least("known")),
        "rivals": _rivals(pairs),
        "name_frequency": _log(pairs.most("name")),
        "company_frequency": _log(pairs.most("spelled")),
        "domain_frequency": _log(pairs.most("domain")),
        "local_frequency": _log(pairs.most("local")),
        "name_length": np.minimum(_lengths(pairs.people.name)[pairs.one], _lengths(pairs.people.name)[pairs.other]),
    }


def _rivals(pairs: Compared) -> Floats:
    """How many first names an initial may stand for: of all of one surname and company whom it is compared with."""
    known, family = pairs.people.known, pairs.people.code("family")
    initial = np.fromiter((len(text) == 1 for text in known), dtype=bool, count=len(known))
    code = pairs.people.code("known")
    one, other = np.r_[pairs.one, pairs.other], np.r_[pairs.other, pairs.one]
    fits = np.fromiter((a == b[:1] for a, b in zip(known[one], known[other], strict=True)), dtype=bool, count=len(one))
    asked = initial[one] & ~initial[other] & fits & (family[one] == family[other]) & _near(pairs.people, one, other)
    row, _ = (
        np.unique(np.column_stack((one[asked], code[other[asked]])), axis=0).T
        if asked.any()
        else (np.zeros(0, dtype=np.int64),) * 2
    )
    many = np.bincount(row, minlength=len(known))
    return np.minimum(np.maximum(many[pairs.one], many[pairs.other]), _MANY).astype(np.float32)


_MANY = 5


def _near(people: People, one: Codes, other: Codes) -> Flags:
    """Whether two records seem to be of one company."""
    domain, spelled = people.code("domain"), people.code("spelled")
    alike_name = alike(people.spelled[one], people.spelled[other]) > _SAME_COMPANY
    same = (domain[one] == domain[other]) & (domain[one] != NOTHING)
    found: Flags = same | (spelled[one] == spelled[other]) | alike_name
    return found


_SAME_COMPANY = 0.7


def _lengths(texts: Texts) -> Floats:
    return np.fromiter(map(len, texts), dtype=np.float32, count=len(texts))


def _log(counts: Codes) -> Floats:
    found: Floats = np.log2(1.0 + counts).astype(np.float32)
    return found


RESPECTS: tuple[Callable[[Compared], Mapping[str, Floats]], ...] = (names, mail, company, rarity)

RISING: Mapping[str, int] = {
    "given_name": 1, "surname": 1, "surname_edits": 1, "surname_whole": 1, "full_name": 1, "name_words": 1, "second_name": 1,
    "email": 1, "email_alike": 1, "local_part": 1, "local_same": 1, "mail_of_name": 1, "mail_of_both": 1, "phone": 1,
    "company": 1, "company_part": 1, "company_words": 1, "company_overlap": 1, "company_start": 1, "company_initials": 1,
    "domain": 1, "domain_of_company": 1, "workplace": 1, "country": 1, "city": 1,
    "surname_frequency": -1, "given_name_frequency": -1, "rivals": -1, "name_frequency": -1, "local_frequency": -1,
}  # fmt: skip
"""The respects in which more never makes two records less likely (1) or more likely (-1) one person."""


def evidence(people: People, pairs: Pairs) -> tuple[tuple[str, ...], Floats]:
    """The names of the respects, and for each pair (a row) how far it agrees in each."""
    compared = Compared(people, pairs.one, pairs.other)
    columns = {name: column for respect in RESPECTS for name, column in respect(compared).items()}
    return tuple(columns), np.column_stack(list(columns.values())).astype(np.float32)
