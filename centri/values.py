"""One canonical form for each kind of value that people write in many ways: phone, e-mail, domain, name, country, money, time.

Every function takes what a person or a CRM wrote and returns text; all but :func:`company_name` and :func:`domain` raise
ValueError, with a message for people, where the text cannot be understood. None of them touches the network or the disk
beyond the data that their libraries bring along.
"""

from __future__ import annotations

import datetime as dt
import gettext
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import phonenumbers
import pycountry
import tldextract
from anyascii import anyascii
from cleanco import termdata
from phonenumbers import PhoneNumberFormat, ValidationResult

_EMAIL = re.compile(r"[^@\s,;<>()\[\]]+@[^@\s,;<>()\[\]]+\.[^@\s,;<>()\[\].]+")
_DOTTED = re.compile(r"\b(?:\w\.){2,}")
_SPACED_LETTERS = re.compile(r"\b\w(?: \w\b)+")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_MONEY = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+")

_public_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

# Everyday legal forms that cleanco's lists lack or know only with dots.
_MORE_LEGAL_FORMS = (
    "gmbh", "mbh", "ggmbh", "ug", "ug haftungsbeschrankt", "gbr", "ohg", "ek", "eg", "ev", "se", "sas", "sca", "scop", "sl",
    "slu", "sau", "spa", "srls", "bv", "cv", "as", "sro", "doo", "zoo", "spzoo", "kft", "pvt", "pty", "pte", "sdn", "bhd",
    "kk", "gk", "ltd sti", "sti", "dba", "llc", "lc", "pc", "pa", "aktiengesellschaft",
    "gesellschaft mit beschrankter haftung", "kommanditgesellschaft",
)  # fmt: skip

_COUNTRY_LANGUAGES = ("de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "fi", "cs")
_COUNTRY_SYNONYMS: Mapping[str, str] = {
    "UK": "GB", "Great Britain": "GB", "Britain": "GB", "England": "GB", "Scotland": "GB", "Wales": "GB",
    "Northern Ireland": "GB", "Großbritannien": "GB", "Grande-Bretagne": "GB", "Gran Bretaña": "GB", "America": "US",
    "United States of America": "US", "U.S.": "US", "US of A": "US", "Estados Unidos de América": "US", "BRD": "DE",
    "Federal Republic of Germany": "DE", "D": "DE", "Holland": "NL", "The Netherlands": "NL", "Schweiz": "CH",
    "Suisse": "CH", "Svizzera": "CH", "UAE": "AE", "Emirates": "AE", "Korea": "KR", "South Korea": "KR",
    "Republic of Korea": "KR", "North Korea": "KP", "Russia": "RU", "Czech Republic": "CZ", "Ivory Coast": "CI",
    "Macedonia": "MK", "Turkey": "TR", "Türkei": "TR", "Turquie": "TR", "PRC": "CN", "China PR": "CN",
    "Hong Kong SAR": "HK", "Vatican": "VA", "Laos": "LA", "Syria": "SY", "Brunei": "BN", "Cape Verde": "CV",
    "Swaziland": "SZ", "Kosovo": "XK", "Taiwan": "TW", "Vietnam": "VN", "Tanzania": "TZ", "Bolivia": "BO",
    "Venezuela": "VE", "Iran": "IR", "Moldova": "MD", "Palestine": "PS", "Micronesia": "FM",
}  # fmt: skip


@lru_cache(maxsize=1 << 14)
def phone(text: str, region: str | None = None) -> str:
    """A telephone number in E.164. ``region`` (ISO 3166 two letters) is where a number without ``+`` or ``00`` is dialled.

    >>> phone("089 5550101", "DE")
    '+49895550101'
    """
    try:
        number = _parsed(text, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not text.strip().startswith("+"):
            raise ValueError(f"the phone number {text!r} has no country code, and no country is known for it") from error
        raise ValueError(f"{text!r} is not a phone number") from error
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise ValueError(f"the phone number {text!r} is too short or too long")
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber:
    """The number; a leading 00 is read as + where that makes a valid number and reading it as it stands does not."""
    abroad = _as_plus(text)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        if abroad is None:
            raise
        return abroad
    return abroad if abroad and not phonenumbers.is_valid_number(number) else number


def _as_plus(text: str) -> phonenumbers.PhoneNumber | None:
    if not text.strip().startswith("00"):
        return None
    try:
        number = phonenumbers.parse("+" + text.strip()[2:])
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def email(text: str) -> str:
    """An e-mail address in small letters.

    >>> email(" Mia.Wong@Umbrella-Health.example ")
    'mia.wong@umbrella-health.example'
    """
    address = text.strip().lower()
    if not _EMAIL.fullmatch(address) or ".." in address:
        raise ValueError(f"{text!r} is not an e-mail address")
    return address


def email_domain(address: str) -> str:
    """The part of an e-mail address behind the ``@``, as written there, in small letters.

    >>> email_domain("Jean.Petit@mail.NouvelleBanque.example")
    'mail.nouvellebanque.example'
    """
    return email(address).rpartition("@")[2]


@lru_cache(maxsize=1 << 16)
def domain(url_or_host: str) -> str | None:
    """The domain that somebody registered, of a web address, a host name or an e-mail address; None where there is none.

    >>> domain("https://www.foo.co.uk/about")
    'foo.co.uk'
    >>> domain("umbrella-health.example")
    'umbrella-health.example'
    """
    text = url_or_host.strip().lower()
    if re.search(r"\s", text):
        return None
    parts = _public_suffixes(text)
    if parts.suffix:
        return parts.top_domain_under_public_suffix or None
    labels = [label for label in f"{parts.subdomain}.{parts.domain}".split(".") if label]
    if len(labels) < 2 or _is_address(".".join(labels)) or not re.fullmatch(r"[\w-]+", labels[-1]):
        return None
    return ".".join(labels[-2:])  # a top level that is no public suffix: example, test, an intranet's own


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1 << 16)
def company_name(text: str) -> str:
    """The core of a company's name, for comparison: plain letters, legal form and punctuation dropped, never emptied.

    >>> company_name("Müller & Söhne GmbH & Co. KG")
    'muller and sohne'
    >>> company_name("A.G.")
    'ag'
    """
    return " ".join(without_legal_forms(words(text))) or text.strip().casefold()


def words(text: str) -> list[str]:
    """The words of a name in plain small letters; dotted and spaced-out abbreviations are one word ("A.G." is "ag")."""
    return list(_words(text))


@lru_cache(maxsize=1 << 12)
def _words(text: str) -> tuple[str, ...]:
    plain = (text if text.isascii() else anyascii(text)).casefold().replace("&", " and ").replace("'", "")
    joined = _DOTTED.sub(lambda m: m[0].replace(".", "") + " ", plain) if "." in plain else plain
    spaced = _NOT_WORD.sub(" ", joined).strip()
    return tuple(_SPACED_LETTERS.sub(lambda m: m[0].replace(" ", ""), spaced).split())


def without_legal_forms(words: Sequence[str]) -> list[str]:
    """The words of a company's name without the legal forms at their end, as long as a word remains."""
    found = list(words)
    while (shorter := _without_legal_form(found)) != found:
        found = shorter
    return found


_LEGAL_FORMS = frozenset(
    tuple(words(term)) for terms in (*termdata.terms_by_type.values(), _MORE_LEGAL_FORMS) for term in terms
) - {()}
_LONGEST_FORM = max(map(len, _LEGAL_FORMS))
_FORMS_END_ON = frozenset(form[-1] for form in _LEGAL_FORMS) | {"and"}


def _without_legal_form(words: list[str]) -> list[str]:
    """Without the longest legal form (or a dangling "and") at the end, as long as a word remains."""
    if not words or words[-1] not in _FORMS_END_ON:
        return words
    for length in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        ending = tuple(words[-length:])
        if ending in _LEGAL_FORMS or ending == ("and",):
            return words[:-length]
    return words


@lru_cache(maxsize=1 << 12)
def country(text: str) -> str:
    """The ISO 3166 two-letter code of a country, from its code or its name in one of a dozen languages.

    >>> country("Deutschland"), country("U.S.A."), country("gb")
    ('DE', 'US', 'GB')
    """
    try:
        return _countries()[_country_key(text)]
    except KeyError:
        raise ValueError(f"no country is called {text!r}") from None


def country_spellings() -> frozenset[str]:
    """Every code and name that :func:`country` knows, as it compares them: small letters and digits without blanks."""
    return frozenset(_countries())


def country_codes() -> frozenset[str]:
    """Every two-letter code that :func:`country` answers."""
    return frozenset(_countries().values())


@lru_cache(maxsize=512)
def country_name(code: str) -> str:
    """The everyday English name of a country, from its two-letter code.

    >>> country_name("KR")
    'South Korea'
    """
    entry = pycountry.countries.get(alpha_2=code)
    if entry is None:
        raise ValueError(f"no country has the code {code!r}")
    return str(getattr(entry, "common_name", entry.name))


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    found = {_country_key(name): code for name, code in _COUNTRY_SYNONYMS.items()}
    for name, code in _country_names():
        found.setdefault(_country_key(name), code)
    return found


def _country_names() -> Iterator[tuple[str, str]]:
    """Codes first, then English names, then other languages: what comes first wins where two countries share a spelling."""
    for entry in pycountry.countries:
        yield from ((code, entry.alpha_2) for code in (entry.alpha_2, entry.alpha_3))
    for entry in pycountry.countries:
        names = (entry.name, getattr(entry, "common_name", ""), getattr(entry, "official_name", ""))
        yield from ((name, entry.alpha_2) for name in names if name)
    for language in _COUNTRY_LANGUAGES:
        translated = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True).gettext
        yield from ((translated(entry.name), entry.alpha_2) for entry in pycountry.countries)


def _country_key(text: str) -> str:
    return _NOT_WORD.sub("", anyascii(text).casefold())


@lru_cache(maxsize=1 << 12)
def subdivision(text: str, country: str) -> str:
    """The ISO 3166-2 code of a state or province, without the country's before it, from that code or its name there.

    >>> subdivision("California", "US"), subdivision("de-by", "DE")
    ('CA', 'BY')
    """
    found = _subdivisions(country).get(_country_key(text))
    if found is None:
        raise ValueError(f"no part of {country} is called {text!r}")
    return found


@lru_cache(maxsize=1 << 12)
def subdivision_name(code: str, country: str) -> str:
    """The name of a state or province as it is called there; its code, where another part is called the same.

    >>> subdivision_name("BY", "DE"), subdivision_name("10", "BD")
    ('Bayern', '10')
    """
    entry: Any = _parts_of(country).get(code)
    if entry is None:
        raise ValueError(f"no part of {country} has the code {code!r}")
    return str(entry.name) if _subdivisions(country).get(_country_key(entry.name)) == code else code


@lru_cache(maxsize=256)
def _subdivisions(country: str) -> Mapping[str, str]:
    """Each part by its code and its name; a name that two parts share names neither."""
    parts = _parts_of(country)
    names = [_country_key(entry.name) for entry in parts.values()]
    found = {name: code for name, code in zip(names, parts, strict=True) if names.count(name) == 1}
    for code, entry in parts.items():
        found |= {_country_key(code): code, _country_key(entry.code): code}
    return found


@lru_cache(maxsize=256)
def _parts_of(country: str) -> Mapping[str, Any]:
    prefix = f"{country}-"
    return {e.code.removeprefix(prefix): e for e in pycountry.subdivisions if e.code.startswith(prefix)}


def money(value: Any) -> str:
    """An amount as a decimal string with at least two decimals; more only where they say something.

    >>> money("48000"), money(1234.5), money("0.125000")
    ('48000.00', '1234.50', '0.125')
    """
    text = str(value).strip()
    if isinstance(value, bool) or not (isinstance(value, int | float | Decimal) or _MONEY.fullmatch(text)):
        raise ValueError(f"{value!r} is not an amount; write it like 48000.00")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not an amount; write it like 48000.00") from None
    if not amount.is_finite():
        raise ValueError(f"{value!r} is not an amount")
    whole, _, decimals = f"{amount:f}".partition(".")
    canonical = f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
    return canonical.removeprefix("+") if Decimal(canonical) else "0.00"


def date(text: str) -> str:
    """A calendar date as ``YYYY-MM-DD``; of a date and time, the date that is written.

    >>> date("2026-03-02T23:30:00-08:00")
    '2026-03-02'
    """
    try:
        return dt.datetime.fromisoformat(text.strip()).date().isoformat()
    except (ValueError, AttributeError):
        raise ValueError(f"{text!r} is not a date; write it like 2026-03-02") from None


def datetime_utc(text: str) -> str:
    """A moment as ``YYYY-MM-DDTHH:MM:SSZ`` in UTC, with microseconds only where there are some.

    >>> datetime_utc("2026-03-02T12:00:00.000+0100")
    '2026-03-02T11:00:00Z'
    """
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except (ValueError, AttributeError):
        raise ValueError(f"{text!r} is not a date and time; write it like 2026-03-02T11:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone; write it like 2026-03-02T11:00:00Z")
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"


def currency(code: str) -> str:
    """The ISO 4217 code of a currency, in capitals. Raises ValueError.

    >>> currency(" eur ")
    'EUR'
    """
    found = pycountry.currencies.get(alpha_3=code.strip().upper())
    if found is None:
        raise ValueError(f"{code!r} is no currency code of ISO 4217")
    return str(found.alpha_3)


def choices(found: Iterable[str]) -> list[str]:
    """Several choices: each once, without blanks around it, in one order, for a CRM keeps its own, and order says nothing.

    >>> choices(["security", " backup", "security", ""])
    ['backup', 'security']
    """
    return sorted({choice.strip() for choice in found} - {""})
