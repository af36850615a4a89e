"""Leads as people type them: references to invented companies, right and wrong, with the trouble that forms are full of."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import company_words as words
from anyascii import anyascii
from company_world import Firm, _place_name

from centri import values as canonical
from centri.dedupe.names import company_name


@dataclass(frozen=True)
class Lead:
    """``right`` are the places of the accounts that it means, none where its company is no account."""

    company: str
    email: str
    website: str
    country: str
    city: str
    right: frozenset[int]


_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_FREE = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "gmx.de",
    "aol.com",
    "icloud.com",
    "qq.com",
    "orange.fr",
    "web.de",
    "mail.ru",
    "163.com",
)
_SYNONYMS: Mapping[str, Sequence[str]] = {
    "US": ("US", "USA", "United States", "America", "U.S.A."), "GB": ("GB", "UK", "United Kingdom", "England"), "DE": ("DE",
    "Germany", "Deutschland", "GER"),
    "FR": ("FR", "France"), "CN": ("CN", "China", "PRC"), "JP": ("JP", "Japan"), "KR": ("KR", "South Korea", "Korea"),
    "ES": ("ES", "Spain", "España"),
    "IT": ("IT", "Italy", "Italia"), "CH": ("CH", "Switzerland", "Schweiz"), "BR": ("BR", "Brazil", "Brasil"), "NL": ("NL",
    "The Netherlands", "Netherlands"),
}  # fmt: skip


def typo(rng: random.Random, text: str) -> str:
    """One slip of a typing hand."""
    if len(text) < 2:
        return text
    at, kind = rng.randrange(len(text)), rng.random()
    letter = text[at]
    if kind < 0.25:
        return text[:at] + text[at + 1 :]
    if kind < 0.45 and at + 1 < len(text):
        return text[:at] + text[at + 1] + letter + text[at + 2 :]
    if kind < 0.62:
        return text[:at] + letter + text[at:]
    if kind < 0.72:
        return text[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz ") + text[at:]
    row = next((row for row in _KEYS if letter.lower() in row), "abcdefghijklmnopqrstuvwxyz")
    near = (
        row[max(0, row.find(letter.lower()) - 1) : row.find(letter.lower()) + 2]
        if rng.random() < 0.8
        else "abcdefghijklmnopqrstuvwxyz"
    )
    other = rng.choice(near)
    return text[:at] + (other.upper() if letter.isupper() else other) + text[at + 1 :]


def _legal(rng: random.Random, name: str, firm: Firm) -> str:
    core = _core(name)
    form = (
        rng.choice(words.LEGAL[firm.country or "US"])
        if rng.random() < 0.6
        else rng.choice(words.LEGAL[rng.choice(list(words.LEGAL))])
    )
    return core if rng.random() < 0.35 else f"{core}{form}" if form.startswith(",") else f"{core} {form}"


def _core(name: str) -> str:
    spelled = company_name(name).spelled
    kept = [part for part in re.split(r"[\s,]+", name) if canonical.words(part) and canonical.words(part)[0] in spelled]
    return " ".join(kept) or name


def _case(rng: random.Random, name: str, firm: Firm) -> str:
    return rng.choice((name.upper(), name.lower(), name.title(), name.swapcase() if len(name) < 12 else name.lower()))


def _drop(rng: random.Random, name: str, firm: Firm) -> str:
    parts = _core(name).split()
    if len(parts) < 2:
        return name
    at = rng.choice((len(parts) - 1, len(parts) - 1, rng.randrange(len(parts))))
    return " ".join(parts[:at] + parts[at + 1 :])


_SHORT = {"technology": "Tech", "technologies": "Tech", "systems": "Sys", "international": "Intl", "industries": "Ind.",
"group": "Grp", "services": "Svcs", "solutions": "Sol.",
          "management": "Mgmt", "electronics": "Elec.", "pharmaceuticals": "Pharma", "manufacturing": "Mfg",
          "engineering": "Eng", "laboratories": "Labs", "financial": "Fin.",
          "university": "Univ.", "association": "Assn", "communications": "Comms", "holdings": "Hldgs", "resources": "Res",
          "research": "Res.", "corporation": "Corp",
          "bank": "Bk", "hospital": "Hosp.", "insurance": "Ins.", "networks": "Netwks", "center": "Ctr", "department": "Dept",
          "national": "Natl", "development": "Dev"}  # fmt: skip


def _abbreviate(rng: random.Random, name: str, firm: Firm) -> str:
    parts = name.split()
    told = [_SHORT.get(part.lower().strip(".,"), part) for part in parts]
    if told != parts:
        return " ".join(told)
    at = max(range(len(parts)), key=lambda i: len(parts[i]))
    cut = parts[at][: rng.choice((3, 4, 5))] + rng.choice((".", "")) if len(parts[at]) > 6 and len(parts) > 1 else parts[at]
    return " ".join((*parts[:at], cut, *parts[at + 1 :]))


def _swap(rng: random.Random, name: str, firm: Firm) -> str:
    parts = name.split() if rng.random() < 0.4 else _core(name).split()
    if len(parts) < 2:
        return name
    at = rng.randrange(len(parts) - 1)
    parts[at], parts[at + 1] = parts[at + 1], parts[at]
    return " ".join(parts)


def _join(rng: random.Random, name: str, firm: Firm) -> str:
    if " " in name and rng.random() < 0.75:
        at = rng.choice([i for i, letter in enumerate(name) if letter == " "])
        return name[:at] + name[at + 1 :]
    at = rng.randrange(1, max(2, len(name)))
    return name[:at] + " " + name[at:]


_DEPARTMENTS = (
    "Procurement",
    "HR",
    "IT Dept",
    "R&D",
    "Sales",
    "Finance",
    "Headquarters",
    "Einkauf",
    "Logistics",
    "Customer Service",
    "Purchasing",
)


def _branch(rng: random.Random, name: str, firm: Firm) -> str:
    core = rng.choice((name, _core(name)))
    place = _somewhere(rng, firm) if rng.random() < 0.75 else rng.choice(_DEPARTMENTS)
    form = rng.choice(("", "", " Ltd", " Inc", " GmbH", " Pty Ltd", " S.A.", " Corp"))
    return rng.choice((f"{core} {place}{form}", f"{core} ({place})", f"{core} - {place}", f"{core}, {place}", f"{core} {place}"))


_CITIES = words.cities()


def _somewhere(rng: random.Random, firm: Firm) -> str:
    country = rng.choice(list(words.SHARES)) if rng.random() < 0.7 or not firm.country else firm.country
    return _place_name(country) if rng.random() < 0.45 else rng.choice(_CITIES.get(country, ["Paris"]))


def _initials(rng: random.Random, name: str, firm: Firm) -> str:
    parts = [part for part in canonical.words(name) if part not in ("of", "the", "and")]
    return "".join(part[0] for part in parts).upper() if len(parts) > 2 else name


def _address(rng: random.Random, name: str, firm: Firm) -> str:
    host = firm.website or canonical_label(name) + ".com"
    return rng.choice((f"www.{host}", host, host.split(".")[0]))


def canonical_label(name: str) -> str:
    return "".join(canonical.words(name))[:30] or "none"


def _latin(rng: random.Random, name: str, firm: Firm) -> str:
    return anyascii(name)


def _slip(rng: random.Random, name: str, firm: Firm) -> str:
    return typo(rng, name)


def _slips(rng: random.Random, name: str, firm: Firm) -> str:
    return typo(rng, typo(rng, name))


def _other_word(rng: random.Random, name: str, firm: Firm) -> str:
    """One word more, or one said otherwise."""
    trades = words.TRADES["en"]
    return f"{_core(name)} {rng.choice(('Group', 'International', 'Holding', 'Global', rng.choice(trades)))}"


Noise = Callable[[random.Random, str, Firm], str]

NOISES: Mapping[Noise, float] = {
    _legal: 25, _slip: 16, _slips: 5, _case: 12, _branch: 8, _drop: 6, _abbreviate: 4, _swap: 3, _join: 3, _initials: 1,
    _address: 2, _latin: 1, _other_word: 1,
}  # fmt: skip


def written(rng: random.Random, firm: Firm) -> str:
    """The name as a person writes it."""
    name, kind = firm.name, rng.random()
    if kind < 0.15:
        return name
    if kind < 0.18:
        return rng.choice(("", "n/a", "-", "self", "unknown", "none"))
    for _ in range(1 if rng.random() < 0.8 else 2):
        name = rng.choices(list(NOISES), list(NOISES.values()))[0](rng, name, firm)
    return name


def near_name(rng: random.Random, firm: Firm) -> str:
    """The name of another company that is taken for this one."""
    parts, trades = _core(firm.name).split(), words.TRADES[words.LANGUAGE.get(firm.country, "en")]
    kind = rng.random()
    if kind < 0.4 and len(parts) > 1:
        at = rng.randrange(len(parts))
        parts[at] = rng.choice(trades) if at else words.brand(rng)
        return " ".join(parts)
    if kind < 0.75:
        return f"{parts[0]} {rng.choice(trades)}" if len(parts[0]) > 3 else f"{firm.name} {rng.choice(trades)}"
    first = parts[0]
    at = rng.randrange(1, max(2, len(first)))
    return " ".join((first[:at] + rng.choice("aeiounrstlkm") + first[at + rng.choice((0, 1)) :], *parts[1:]))


def _mail(rng: random.Random, firm: Firm, name: str, wrong: Sequence[Firm]) -> str:
    person = f"{rng.choice('abcdefghijklmnoprstvw')}.{rng.choice(words.HEADS).lower()}{rng.choice(words.MIDDLES)}"
    host = firm.website or (
        f"{canonical_label(_core(firm.name))}.{rng.choice(('com', 'com', 'net', 'org', 'io', (firm.country or 'com').lower()))}"
    )
    kind = rng.random()
    if kind < 0.235:
        return f"{person}@{rng.choice(_FREE)}"
    if kind < 0.37:
        return ""
    if kind < 0.40:
        host = f"{rng.choice(('mail', 'de', 'us', 'corp', 'emea', 'eu'))}.{host}"
    elif kind < 0.425:
        host = f"{host.split('.')[0]}.{rng.choice(('com', 'net', 'org', 'biz', 'info', 'eu', 'io', 'de', 'fr', 'co'))}"
    elif kind < 0.431:
        label, _, ending = host.partition(".")
        host = f"{typo(rng, label).replace(' ', '')}.{ending}"
    elif kind < 0.439 and wrong:
        host = rng.choice(wrong).website or host
    elif kind < 0.46:
        label = rng.choice((canonical_label(name), canonical_label(name)[:6], host.split(".")[0] + "group"))
        host = f"{label}.{rng.choice(('com', 'net', 'org'))}"
    return f"{person}@{host}"


def _where(rng: random.Random, firm: Firm, branch: str) -> tuple[str, str]:
    kind = rng.random()
    country = firm.country
    if kind < 0.2:
        country = ""
    elif kind < 0.28 or not country:
        country = rng.choice(list(words.SHARES)) if rng.random() < 0.6 else ""
    told = rng.choice(_SYNONYMS.get(country, (country,))) if country else ""
    city = (
        firm.city
        if country == firm.country and rng.random() < 0.5
        else rng.choice(_CITIES.get(country, [""]))
        if country and rng.random() < 0.12
        else ""
    )
    return told, typo(rng, city) if city and rng.random() < 0.03 else city


def _site(rng: random.Random, email: str, firm: Firm) -> str:
    host = email.partition("@")[2]
    host = firm.website if not host or host in _FREE else host
    return (
        rng.choice((host, f"www.{host}", f"https://{host}/", f"http://www.{host}/en/home"))
        if host and rng.random() < 0.12
        else ""
    )


def leads(accounts: Sequence[Firm], others: Sequence[Firm], count: int, seed: int) -> list[Lead]:
    """So many leads: seven in ten mean an account. ``others`` are companies that are no accounts."""
    rng = random.Random(seed)
    known = Known(accounts)
    return [_lead(rng, accounts, others, known) for _ in range(count)]


class Known:
    """Which accounts are one company: those of one identity, and those that nobody can tell apart by name and country."""

    def __init__(self, accounts: Sequence[Firm]) -> None:
        self._accounts = accounts
        self._identity: dict[int, list[int]] = {}
        self._called: dict[str, list[int]] = {}
        for at, firm in enumerate(accounts):
            self._identity.setdefault(firm.identity, []).append(at)
            self._called.setdefault(company_name(firm.name).squashed, []).append(at)

    def same(self, firm: Firm) -> frozenset[int]:
        found = set(self._identity.get(firm.identity, ()))
        for at in self._called.get(company_name(firm.name).squashed, ()):
            other = self._accounts[at]
            if not (other.country and firm.country and other.country != firm.country):
                found.add(at)
        return frozenset(found)


def _lead(rng: random.Random, accounts: Sequence[Firm], others: Sequence[Firm], known: Known) -> Lead:
    kind = rng.random()
    at = rng.randrange(len(accounts))
    firm, right, name = accounts[at], known.same(accounts[at]), ""
    if kind >= 0.69:
        right = frozenset()
        if kind < 0.865:
            firm = rng.choice(others)
            right = known.same(firm)
        elif kind < 0.92:
            firm = Firm(
                near_name(rng, firm),
                "",
                firm.country if rng.random() < 0.5 else rng.choice(list(words.SHARES)),
                firm.city if rng.random() < 0.3 else "",
                -1,
            )
        elif kind < 0.93:
            label = canonical_label(_core(firm.name))
            country = rng.choice([c for c in words.SHARES if c != firm.country])
            tail = rng.choice(("group", "tech", "intl", "online", "-solutions", "services", "studio", "industries"))
            firm = Firm(_core(firm.name), f"{label}{tail}.{country.lower()}", country, "", -1)
        elif kind < 0.965:
            parts, more = _core(firm.name).split(), _core(rng.choice(accounts).name).split()
            firm = Firm(
                f"{parts[0]} {more[-1]}" if rng.random() < 0.6 else f"{' '.join(parts[:-1] or parts)} {more[0]}",
                "",
                firm.country if rng.random() < 0.4 else "",
                "",
                -1,
            )
        else:
            junk = "".join(rng.choice("asdfghjklqwe") for _ in range(rng.choice((3, 5, 7))))
            name = rng.choice(("test", "asdf", "n/a", "student", "private", "self employed", "xxx", "-", "none", junk, ""))
            firm = Firm("", "", rng.choice(list(words.SHARES)), "", -1)
    name = name or (written(rng, firm) if firm.name else "")
    email = _mail(rng, firm, name, accounts[:50]) if firm.name else f"x@{rng.choice(_FREE)}"
    country, city = _where(rng, firm, name)
    if right and not email.partition("@")[2] and not canonical.words(name):
        right = frozenset()
    return Lead(name, email, _site(rng, email, firm), country, city, right)
