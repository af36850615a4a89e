"""Why a text stands for what it does: the code, and the phrase, rule or list that decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from centri import values as canonical
from centri.dedupe import standards
from centri.dedupe.dictionaries import Dictionaries, Dictionary
from centri.dedupe.standardize import LONGEST, company_size, segment


@dataclass(frozen=True, slots=True)
class Reason:
    """One standard value of a text, None where nothing is known, and what decided that."""

    what: str
    value: str | None
    because: str


Explain = Callable[[str, Dictionaries, str | None], list[Reason]]


def explain(text: str, kind: str, dictionaries: Dictionaries, region: str | None = None) -> list[Reason]:
    """What a text stands for as a title, an industry ...; ``kind`` is one of :data:`KINDS`, ``region`` is for phones."""
    return KINDS[kind](text[:LONGEST], dictionaries, region)


def _looked_up(what: str, text: str, dictionary: Dictionary) -> Reason:
    found = dictionary.find(text)
    if found is None:
        return Reason(what, None, "no phrase of the dictionary is in it")
    whose = "the mapping's" if found.own else "the package's"
    means = "" if found.code else ", which says that it means nothing here"
    return Reason(what, found.code, f"{found.phrase!r} is in {whose} dictionary{means}")


def _title(text: str, dictionaries: Dictionaries, region: str | None) -> list[Reason]:
    level = _looked_up("title_level_code", text, dictionaries.levels)
    more = Reason("priority", str(standards.priority(level.value, None)), "by the title's level; a named account adds to it")
    return [level, _looked_up("job_function_code", text, dictionaries.functions), more]


def _industry(text: str, dictionaries: Dictionaries, region: str | None) -> list[Reason]:
    return [_looked_up("industry_code", text, dictionaries.industries)]


def _size(text: str, dictionaries: Dictionaries, region: str | None) -> list[Reason]:
    size = company_size(text, dictionaries)
    if dictionaries.sizes.named.find(text):
        found = _looked_up("company_size_code", text, dictionaries.sizes.named)
    elif size:
        found = Reason("company_size_code", size, "the number lies in this band")
    else:
        found = Reason("company_size_code", None, "there is no number, or no one band, that it names")
    part = segment(size, dictionaries)
    return [found, Reason("segment_code", part, "the segment of that size" if part else "no size is known")]


def _country(text: str, dictionaries: Dictionaries, region: str | None) -> list[Reason]:
    return [_understood("country_code", lambda: canonical.country(text), "a code or a name of ISO 3166")]


def _phone(text: str, dictionaries: Dictionaries, region: str | None) -> list[Reason]:
    where = standards.country(region)
    dialled = f"dialled in {where}" if where else "with the code of its country"
    return [_understood("phone_e164", lambda: canonical.phone(text, where), f"a number {dialled}")]


def _email(text: str, dictionaries: Dictionaries, region: str | None) -> list[Reason]:
    found = _understood("email_norm", lambda: canonical.email(text), "an address, in small letters")
    return [found, *(_domain(found.value, dictionaries, region) if found.value else ())]


def _domain(text: str, dictionaries: Dictionaries, region: str | None) -> list[Reason]:
    found = canonical.domain(text)
    if found is None:
        return [Reason("domain", None, "there is no domain in it that somebody can register")]
    if found in dictionaries.free_mail:
        because = "free mail, which says nothing about a company"
    elif found in dictionaries.shared_pages:
        because = "a site on which many have a page, which says nothing about a company"
    else:
        because = "registered by somebody, as the list of public suffixes tells"
    return [Reason("domain", found, because)]


def _company(text: str, dictionaries: Dictionaries, region: str | None) -> list[Reason]:
    if standards.blank(text):
        return [Reason("company_norm", None, "there is no word in it")]
    cleaned = canonical.company_name(text)
    if cleaned in dictionaries.junk_names:
        return [Reason("company_norm", None, f"{cleaned!r} is what people write who name no company")]
    forms = canonical.words(text)[len(cleaned.split()) :]
    dropped = f"without the legal form {' '.join(forms)!r}" if forms else "in plain small letters"
    return [Reason("company_norm", cleaned, dropped)]


def _understood(what: str, read: Callable[[], str], because: str) -> Reason:
    try:
        return Reason(what, read(), because)
    except ValueError as error:
        return Reason(what, None, str(error))


KINDS: Mapping[str, Explain] = {
    "title": _title, "industry": _industry, "size": _size, "country": _country, "phone": _phone, "company": _company,
    "domain": _domain, "email": _email,
}  # fmt: skip
"""What a text may be looked at as."""
