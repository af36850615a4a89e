"""What a record says of a person: parts of the name, e-mail address and company, each in the form they are compared in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from centri import values as canonical
from centri.dedupe import identity
from centri.dedupe.dictionaries import load, plain_words
from centri.dedupe.identity import ANYBODY, Values
from centri.dedupe.names import company_name

LONGEST = 120
"""Letters of a field that are looked at."""

_words = load("persons")
MAILBOXES: frozenset[str] = frozenset(_words["mailboxes"])
"""Local parts of addresses that nobody owns: info@, sales@ ..."""
_COURTESY = frozenset(_words["courtesy"])
_SUFFIXES = frozenset(_words["suffixes"])
PARTICLES: frozenset[str] = frozenset(_words["particles"])
"""Words of a surname that many surnames have: van, de, al ..."""

_UMLAUT = re.compile(r"([aou])e")
_MARKS = re.compile(r"\d+|\+.*$")
_SHORT = 3
_FEWEST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Person:
    """A person as one record tells of them; texts are plain small letters, "" where nothing is known.

    ``given`` and ``family`` are words of the name, ``known`` is the first given name as far as the record tells it: written,
    or read out of the e-mail address where only an initial is written. ``local`` holds the letters of the address before the
    ``@``. ``domain`` is the registered domain unless strangers share it. ``shared`` says that the mailbox is nobody's own.
    """

    given: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    known: str = ""
    email: str = ""
    local: str = ""
    mail_domain: str = ""
    domain: str = ""
    site: str = ""
    shared: bool = False
    phone: str = ""
    company: tuple[str, ...] = ()
    spelled: str = ""
    country: str = ""
    city: str = ""

    @property
    def name(self) -> str:
        """All of the name without blanks."""
        return "".join((*self.given, *self.family))


def person(values: Values) -> Person:
    """What a lead's or a contact's values say."""
    given, family = _names(values)
    address = identity.email(_short(values)) or ""
    local, _, host = address.rpartition("@")
    domain = canonical.domain(host) or "" if host else ""
    letters = _letters(local)
    company, spelled = _company(values)
    return Person(
        given=given,
        family=family,
        known=_known(given, family, local, letters),
        email=address,
        local=letters,
        mail_domain=domain,
        domain="" if domain in ANYBODY.domains else domain,
        site=identity.site(_short(values)) or "",
        shared=letters in MAILBOXES,
        phone=identity.phone(values) or _digits(values),
        company=company,
        spelled=spelled,
        country=identity.country(values) or "",
        city="".join(plain_words((identity.text(values, "city") or "")[:LONGEST])),
    )


def _short(values: Values) -> Values:
    """The values with what is too long to be an address left out."""
    return {k: v for k, v in values.items() if not isinstance(v, str) or len(v) <= 2 * LONGEST}


def fold(text: str) -> str:
    """Plain letters in which both ways of writing an umlaut are one: "Müller" and "Mueller" are "muller"."""
    return _UMLAUT.sub(r"\1", text) if len(text) > _SHORT else text


def _digits(values: Values) -> str:
    """A telephone number that is none by the plan of its country, as it is written."""
    found = "".join(re.findall(r"\d", identity.text(values, "phone_e164", "phone") or ""))
    return found if _FEWEST_DIGITS <= len(found) <= LONGEST else ""


def _names(values: Values) -> tuple[tuple[str, ...], tuple[str, ...]]:
    first = identity.text(values, "first_name") or ""
    last = identity.text(values, "last_name") or ""
    if not first and "," in last:
        last, _, first = last.partition(",")
    given, family = _name_words(first), _name_words(last)
    if not given and len(family) > 1 and not set(family) & PARTICLES:
        given, family = family[:1], family[1:]
    elif not family and len(given) > 1:
        given, family = given[:1], given[1:]
    return given, family


def _name_words(text: str) -> tuple[str, ...]:
    words = [fold(word) for word in plain_words(text[:LONGEST].replace("'", ""))]
    kept = [word for word in words if word not in _COURTESY and word not in _SUFFIXES]
    return tuple(kept or words)


def _letters(local: str) -> str:
    return fold("".join(plain_words(_MARKS.sub("", local))))


def _company(values: Values) -> tuple[tuple[str, ...], str]:
    if identity.company(values) is None:
        return (), ""
    name = company_name(identity.text(values, "company", "name") or "")
    return name.words, fold(name.squashed)[:LONGEST]


def _known(given: Sequence[str], family: Sequence[str], local: str, letters: str) -> str:
    """The first given name; where it is an initial or missing, what the address says of it, as long as that fits."""
    written = given[0] if given else ""
    if len(written) > 1 or not family or letters in MAILBOXES:
        return written
    hint = _hint(written, family, local, letters)
    return hint if hint.startswith(written) and len(hint) > 1 else written


def _hint(initial: str, family: Sequence[str], local: str, letters: str) -> str:
    surname = "".join(family)
    words = [fold(word) for word in plain_words(_MARKS.sub("", local))]
    if surname in words and len(words) > 1:
        return next(word for word in (*words, "") if word != surname)
    for rest in (letters.removesuffix(surname), letters.removeprefix(surname)):
        if rest != letters:
            return rest
    if len(letters) > _SHORT and letters[-1] == surname[0] and len(words) == 1 and initial:
        return letters[:-1]
    return ""


def initials(one: Person) -> str:
    """First letters of the given and the family name in alphabetical order, so that swapped names have the same."""
    return "".join(sorted(words[0][0] for words in (one.given, core(one.family)) if words))


def core(family: Sequence[str]) -> tuple[str, ...]:
    """The words of a surname that set it apart; all, where none does."""
    return tuple(word for word in family if word not in PARTICLES) or tuple(family)
