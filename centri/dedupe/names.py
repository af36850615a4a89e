"""Company names in the one canonical form that matching rests on: the words that say who it is, and what was put around them.

The form is versioned: whatever is stored of it, an index or a trained model, names :data:`VERSION`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from centri import values as canonical
from centri.dedupe.dictionaries import load

VERSION = 1
"""Moves whenever the canonical form of any name changes."""

LONGEST = 200
"""Letters of a name that are looked at; nobody is called by more."""

_words = load("company_words")
_CLASSES: Mapping[str, str] = {word: name for name, words in _words["classes"].items() for word in words}
_DEPARTMENTS = frozenset(_words["departments"])
_REGIONS = frozenset(" ".join(canonical.words(place)) for place in _words["places"])
COMMON: frozenset[str] = frozenset(_words["common"])
"""Words that say little in any company's name, wherever it is."""


def _any_of(phrases: Sequence[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


_OTHER_NAME = re.compile(rf"[\s,;(\[-]+(?:{_any_of(_words['other_names'])})[\s:]+", re.IGNORECASE)
_CARE_OF = re.compile(rf"[\s,;(\[-]+(?:{_any_of(_words['careof'])})[\s:].*", re.IGNORECASE)
_LEADING_CARE_OF = re.compile(rf"^\s*(?:{_any_of(_words['careof'])})[\s:]+", re.IGNORECASE)
_WIDE = str.maketrans("\uff08\uff09\u3010\u3011\u3014\u3015", "()[][]")
"""Brackets as they are typed in the east, and ours."""

_BRACKETED = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_TAIL = re.compile(r"(?:\s+[-\u2013\u2014|/]+\s+|\s*[,;:|]\s+)([^,;:|]+)$")
_WEB = re.compile(r"^(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)*)\.([a-z]{2,})/?$", re.IGNORECASE)
_ENDING = re.compile(r"(?<=\w)\.(?:com|net|org|io|biz|info|co|ai)(?:\.[a-z]{2})?(?!\w)", re.IGNORECASE)
_FORM_AND_MORE = re.compile(
    r",\s*(?:a/?s|ag|ab|s\.?a\.?|s\.?l\.?|n\.?v\.?|k\.?k\.?|oy|kg|co\.?|l\.?p\.?|gmbh|inc\.?|ltd\.?|llc|corp\.?)"
    r"[\s,]+((?:[^\s,]+\s*){1,3})$",
    re.IGNORECASE,
)
_CJK_FORMS = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|一般社団法人|\(株\)|㈱|\(有\)|㈲|股份有限公司|有限责任公司|有限責任公司|集团有限公司|集團有限公司"
    r"|有限公司|公司|주식회사|\(주\)|㈜|유한회사|유한책임회사"
)
_LEADING_FORMS = frozenset(
    [
        "corporation",
        "corp",
        "inc",
        "ltd",
        "limited",
        "gmbh",
        "llc",
        "ag",
        "sas",
        "sarl",
        "srl",
        "spa",
        "plc",
        "pt",
        "ooo",
        "oao",
        "zao",
        "pao",
        "ao",
        "sia",
        "uab",
        "pjsc",
        "cjsc",
        "ojsc",
        "jsc",
        "tov",
        "too",
        "ip",
        "chp",
        "co",
        "sc",
        "cv",
        "ud",
        "firma",
        "fa",
        "messrs",
        "tm",
    ]
)


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A name taken apart.

    ``words`` say who it is, plain small letters, each in the form of its class ("intl" is "international"). ``spelled`` are
    the same words before that. ``extra`` are the words that were put around them: a branch's place, a department.
    ``country`` (ISO 3166, two letters) is where one of those is a country. ``others`` are further names that the text gives
    ("formerly ..."), in the same form. ``form`` is the legal form, as written. ``web`` is the name written as a web address,
    which names the domain as well.
    """

    words: tuple[str, ...] = ()
    spelled: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    country: str | None = None
    others: tuple[CompanyName, ...] = ()
    form: str = ""
    web: str | None = None

    @property
    def squashed(self) -> str:
        """The words without blanks between them, as in a domain."""
        return "".join(self.spelled)


@lru_cache(maxsize=1 << 14)
def company_name(text: str) -> CompanyName:
    """A company's name taken apart; one without words for a text that names none.

    >>> company_name("Müller & Söhne Intl. GmbH (Germany)")
    CompanyName(words=('muller', 'and', 'sohne', 'international'), spelled=('muller', 'and', 'sohne', 'intl'), \
extra=('germany',), country='DE', others=(), form='gmbh', web=None)
    """
    text = _LEADING_CARE_OF.sub("", text[:LONGEST])
    first, *rest = _OTHER_NAME.split(_CARE_OF.sub("", text))
    if not first.strip():
        first, rest = (rest[0], rest[1:]) if rest else ("", [])
    others = tuple(filter(lambda name: name.words, (_name(other) for other in rest)))
    return _name(first, others)


def _name(text: str, others: tuple[CompanyName, ...] = ()) -> CompanyName:
    text = text.strip().translate(_WIDE)
    if web := _web(text):
        label = web.split(".")[0]
        spelled = tuple(canonical.words(label.replace("-", " ")))
        return CompanyName(tuple(_CLASSES.get(w, w) for w in spelled), spelled, others=others, web=web)
    kept, asides = _asides(_ENDING.sub(" ", text))
    written = canonical.words(_CJK_FORMS.sub(" ", kept))
    core, behind = _without_branch(without_forms(written))
    extra = [*behind, *(word for aside in asides for word in without_forms(canonical.words(aside)))]
    core, places = _without_places(core)
    extra += places
    country = next(filter(None, (_country(" ".join(canonical.words(a))) for a in (*asides, " ".join(places)))), None)
    words = tuple(_CLASSES.get(word, word) for word in core)
    return CompanyName(words, tuple(core), tuple(extra), country, others, _form(written, core))


def _form(written: Sequence[str], spelled: Sequence[str]) -> str:
    """What was dropped behind the name: its legal form, where nothing else was."""
    behind = written[len(spelled) :] if tuple(written[: len(spelled)]) == tuple(spelled) else ()
    return "".join(_FORM_CLASSES.get(word, word) for word in behind)


_FORM_CLASSES = {"incorporated": "inc", "limited": "ltd", "corporation": "corp", "company": "co"}
_IN_THE_MIDDLE = frozenset(
    (
        "inc",
        "ltd",
        "llc",
        "gmbh",
        "limited",
        "corp",
        "corporation",
        "incorporated",
        "plc",
        "srl",
        "spa",
        "sas",
        "bv",
        "oy",
        "pty",
        "pvt",
        "llp",
    )
)
_LONGEST_BRANCH = 3


def _without_branch(words: list[str]) -> tuple[list[str], list[str]]:
    """A legal form within a name ends it; what follows is a place or a department ("Acme Inc Milan")."""
    for at in range(1, len(words)):
        if words[at] in _IN_THE_MIDDLE and len(words) - at - 1 <= _LONGEST_BRANCH:
            return without_forms(words[:at]), words[at + 1 :]
    return words, []


def _web(text: str) -> str | None:
    """The domain, of a name that is written as one."""
    if "." not in text or " " in text or not _WEB.match(text):
        return None
    return canonical.domain(text)


def _asides(text: str) -> tuple[str, list[str]]:
    """The name without what stands in brackets, or at the end after a dash or comma, and those pieces."""
    asides: list[str] = []
    if "(" in text or "[" in text:
        outside = _BRACKETED.sub(" ", text)
        if canonical.words(outside):
            asides += _BRACKETED.findall(text)
            text = outside
    behind = _FORM_AND_MORE.search(text)
    if (
        behind
        and without_forms(canonical.words(behind[1]))
        and not _only_forms(behind[1])
        and canonical.words(text[: behind.start()])
    ):
        asides.append(behind[1])
        text = text[: behind.start()]
    tail = _TAIL.search(text)
    if tail and _is_aside(tail[1]) and canonical.words(text[: tail.start()]):
        asides.append(tail[1])
        text = text[: tail.start()]
    return text, asides


def _only_forms(text: str) -> bool:
    """Nothing but a legal form ("Co., Ltd.")."""
    return canonical.without_legal_forms(["x", *canonical.words(text)]) == ["x"]


def _is_aside(text: str) -> bool:
    words = " ".join(without_forms(canonical.words(text)))
    return words in _DEPARTMENTS or words in _REGIONS or _country(words) is not None


@lru_cache(maxsize=1 << 12)
def _country(words: str) -> str | None:
    if len(words) < 4 and words not in ("uk", "usa", "uae"):
        return None
    try:
        return canonical.country(words)
    except ValueError:
        return None


def without_forms(words: Sequence[str]) -> list[str]:
    """Without the legal forms before and behind, as long as a word remains."""
    found = canonical.without_legal_forms(words)
    while len(found) > 1 and _is_misspelt_form(found[-1]):
        found = canonical.without_legal_forms(found[:-1])
    while len(found) > 1 and found[0] in _LEADING_FORMS:
        found = found[1:]
    return found


def _stands(words: list[str]) -> bool:
    """The words are a name by themselves."""
    return any(len(word) > _SHORT and _CLASSES.get(word, word) not in COMMON for word in words)


_SHORT = 3


@lru_cache(maxsize=1 << 14)
def _is_misspelt_form(word: str) -> bool:
    """The word is one of the long legal forms with a typing error in it."""
    return any(abs(len(word) - len(form)) <= 1 and OSA.distance(word, form, score_cutoff=1) == 1 for form in _LONG_FORMS)


_LONG_FORMS = ("limited", "gmbh", "company", "corporation", "incorporated")
_PREPOSITIONS = frozenset(
    ("of", "de", "del", "della", "di", "du", "da", "do", "fuer", "fur", "for", "and", "in", "the", "van", "von")
)


def _without_places(words: list[str]) -> tuple[list[str], list[str]]:
    """Without a country or region at the end ("Acme Germany"), unless it is what the name says ("Bank of China", "Air India")."""
    if not words or words[-1] not in _places_end_on():
        return list(words), []
    for length in (3, 2, 1):
        ending = " ".join(words[-length:])
        if _stands(words[:-length]) and words[-length - 1] not in _PREPOSITIONS and (ending in _REGIONS or _country(ending)):
            return without_forms(words[:-length]), words[-length:]
    return list(words), []


@cache
def _places_end_on() -> frozenset[str]:
    """Whatever the name of a country or region may end on, blanks left out: who ends on nothing of it ends on no place."""
    spelled = {"".join(canonical.words(name)) for name in _REGIONS} | canonical.country_spellings()
    return frozenset(name[at:] for name in spelled for at in range(len(name)))
