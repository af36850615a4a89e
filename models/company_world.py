"""An invented world of companies, with families, namesakes and neighbours like those of a real market."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import company_words as words


@dataclass(frozen=True)
class Firm:
    """``identity`` is one number for all entries of one company: lists have some of them twice."""

    name: str
    website: str
    country: str
    city: str
    identity: int = 0


def world(count: int, seed: int) -> list[Firm]:
    """So many companies. About a fifth are near others: one family, one brand in other hands, one trade in the next town."""
    rng = random.Random(seed)
    places, people = words.cities(), words.surnames()
    firms: list[Firm] = []
    while len(firms) < count:
        if firms and rng.random() < 0.15:
            firms.append(_neighbour(rng, rng.choice(firms), len(firms), places, people))
        else:
            firms.append(replace(_firm(rng, places, people), identity=len(firms)))
    return [_as_known(rng, firm) for firm in firms]


def _country(rng: random.Random) -> str:
    return rng.choices(list(words.SHARES), list(words.SHARES.values()))[0]


def _city(rng: random.Random, country: str, places: dict[str, list[str]]) -> str:
    known = places.get(country) or [""]
    return known[min(int(rng.expovariate(0.03)), len(known) - 1)]


def _firm(rng: random.Random, places: dict[str, list[str]], people: Sequence[str]) -> Firm:
    country = _country(rng)
    city = _city(rng, country, places)
    core = _core(rng, country, city, people, places)
    return _dressed(rng, core, country, city)


def _dressed(rng: random.Random, core: str, country: str, city: str) -> Firm:
    name = core if rng.random() < 0.42 else _with_form(rng, core, country)
    if rng.random() < 0.03:
        name = (
            f"{core} ({rng.choice((_place_name(country), city))})"
            if rng.random() < 0.6
            else f"{core} {_place_name(country)} {_form(rng, country)}".strip()
        )
    if rng.random() < 0.05:
        name = name.upper()
    return Firm(name, _website(rng, core, country), country, city)


def _form(rng: random.Random, country: str) -> str:
    return rng.choice(words.LEGAL[country])


def _with_form(rng: random.Random, core: str, country: str) -> str:
    form = _form(rng, country)
    if form in ("OOO", "PJSC", "JSC") and rng.random() < 0.7:
        return f"{form} {core}"
    return f"{core}{form}" if form.startswith(",") else f"{core} {form}".strip()


_COUNTRY_NAMES = {"US": "USA", "GB": "UK", "DE": "Germany", "FR": "France", "CN": "China", "IN": "India", "JP": "Japan",
"KR": "Korea", "BR": "Brasil", "ES": "Spain",
                  "IT": "Italia", "CA": "Canada", "AU": "Australia", "CH": "Switzerland", "SE": "Sweden", "NL": "Netherlands",
                  "MX": "Mexico", "PL": "Poland",
                  "SG": "Singapore", "HK": "Hong Kong", "TH": "Thailand", "MY": "Malaysia", "ZA": "South Africa",
                  "TR": "Türkiye", "AT": "Österreich"}  # fmt: skip


def _place_name(country: str) -> str:
    return _COUNTRY_NAMES.get(country, country)


_PUBLIC = (
    "District",
    "School District",
    "County",
    "Public Schools",
    "Community College",
    "Hospital",
    "Housing Authority",
    "Water District",
)


def _core(rng: random.Random, country: str, city: str, people: Sequence[str], places: dict[str, list[str]]) -> str:
    trades = words.TRADES[words.LANGUAGE.get(country, "en")] if rng.random() < 0.8 else words.TRADES["en"]
    kind = rng.random()
    if country in ("CN", "TW", "HK") and kind < 0.55:
        pinyin = "".join(rng.choice(words.PINYIN) for _ in range(rng.choice((2, 2, 3))))
        start = f"{city} " if rng.random() < 0.45 else ""
        if rng.random() < 0.12:
            return "".join(rng.choice(words.HANZI) for _ in range(rng.choice((2, 3, 4, 4, 5))))
        return f"{start}{pinyin.capitalize()} {rng.choice(trades)}"
    if country in ("JP", "KR") and kind < 0.5:
        if rng.random() < 0.2:
            return "".join(rng.choice(words.HANZI) for _ in range(rng.choice((2, 3, 4))))
        kana = "".join(rng.choice(words.KANA) for _ in range(rng.choice((2, 2, 3)))).capitalize()
        return kana if rng.random() < 0.4 else f"{kana} {rng.choice(trades)}"
    if country in ("RU", "UA") and kind < 0.5:
        return rng.choice(words.CYRILLIC) + rng.choice(words.CYRILLIC).lower()
    if kind < 0.33:
        return words.brand(rng)
    if kind < 0.58:
        return f"{words.brand(rng)} {rng.choice(trades)}"
    if kind < 0.64:
        return f"{words.brand(rng)} {rng.choice(trades)} {rng.choice(trades)}"
    if kind < 0.73:
        return f"{rng.choice(people)} {rng.choice(trades)}"
    if kind < 0.77:
        return f"{rng.choice(people)} {rng.choice(('&', 'and', '-', 'und'))} {rng.choice(people)}"
    if kind < 0.80:
        return rng.choice(people)
    if kind < 0.86:
        return f"{city} {rng.choice(trades)}"
    if kind < 0.91:
        head = rng.choice(
            (
                "City of",
                "Bank of",
                "University of",
                "Town of",
                "Sparkasse",
                "Stadtwerke",
                "Ville de",
                "Museum of",
                "Friends of",
                "Hotel",
                "Diocese of",
            )
        )
        return f"{head} {_city(rng, country, places) if rng.random() < 0.5 else city}"
    if kind < 0.95:
        return f"{city} {rng.choice(_PUBLIC)}"
    return f"{rng.choice(words.ENGLISH)} {rng.choice(words.ENGLISH)} {rng.choice(trades)}"


def _neighbour(rng: random.Random, of: Firm, identity: int, places: dict[str, list[str]], people: Sequence[str]) -> Firm:
    """A company that is easily taken for another: of its family, its namesake, of a name alike."""
    kind = rng.random()
    if kind > 0.94:
        return replace(of, name=rng.choice((of.name.upper(), of.name, _with_form(rng, of.name, of.country))))
    return replace(_other(rng, of, kind, places, people), identity=identity)


def _other(rng: random.Random, of: Firm, kind: float, places: dict[str, list[str]], people: Sequence[str]) -> Firm:
    parts = of.name.split()
    country = of.country if rng.random() < 0.5 else _country(rng)
    city = _city(rng, country, places)
    trades = words.TRADES[words.LANGUAGE.get(country, "en")]
    first = parts[0] if len(parts[0]) > 3 or len(parts) == 1 else " ".join(parts[:2])
    if kind < 0.35:
        return _dressed(rng, f"{first} {rng.choice(trades)}", country, city)
    if kind < 0.47:
        firm = _dressed(rng, first, country, city)
        return replace(firm, website=_website(rng, first, country))
    if kind < 0.60:
        core = " ".join(
            p for p in parts if p.strip(",.").lower() not in ("inc", "ltd", "limited", "llc", "gmbh", "corp", "co", "ag", "sa")
        )
        return _dressed(rng, core, country, city)
    if kind < 0.72 and len(first) > 4:
        at = rng.randrange(1, len(first))
        return _dressed(
            rng,
            f"{first[:at]}{rng.choice('aeioulnrst')}{first[at + rng.choice((0, 1)) :]} {' '.join(parts[1:2])}".strip(),
            country,
            city,
        )
    if kind < 0.82:
        return replace(_dressed(rng, f"{first} {_place_name(country)}", country, city), website=_website(rng, first, country))
    if kind < 0.90 and len(parts) > 1:
        return _dressed(rng, f"{rng.choice(people)} {' '.join(parts[1:])}", of.country, of.city if rng.random() < 0.5 else city)
    return _dressed(rng, f"{words.brand(rng)} {' '.join(parts[1:]) or rng.choice(trades)}", of.country, city)


_ENDINGS = {"GB": ("co.uk", "com", "uk"), "JP": ("co.jp", "jp", "com"), "KR": ("co.kr", "com"), "AU": ("com.au", "com"),
"BR": ("com.br", "com"), "IN": ("in", "co.in", "com"),
            "NZ": ("co.nz",), "ZA": ("co.za",), "CN": ("com.cn", "cn", "com"), "TW": ("com.tw", "com"), "HK": ("com.hk",
            "com"), "SG": ("com.sg", "com"), "MX": ("com.mx",),
            "TR": ("com.tr",), "IL": ("co.il", "com"), "AR": ("com.ar",), "MY": ("com.my",), "TH": ("co.th",), "US": ("com",
            "com", "com", "net", "org", "io")}  # fmt: skip


def _website(rng: random.Random, core: str, country: str) -> str:
    from centri.values import words as plain

    parts = plain(core)
    if not parts:
        return ""
    kind = rng.random()
    if kind < 0.60:
        label = "".join(parts)
    elif kind < 0.72:
        label = "-".join(parts)
    elif kind < 0.82:
        label = parts[0] + (rng.choice(("group", "inc", "corp", "online", "global", "hq", "")) if rng.random() < 0.5 else "")
    elif kind < 0.88 and len(parts) > 2:
        label = "".join(part[0] for part in parts)
    elif kind < 0.93:
        label = parts[0] + "".join(part[: rng.choice((1, 3, 4))] for part in parts[1:])
    else:
        label = words.brand(rng).lower().replace(" ", "")
    endings = _ENDINGS.get(country, (country.lower(), country.lower(), "com"))
    host = f"{label[:40]}.{rng.choice(endings) if rng.random() < 0.8 else rng.choice(('com', 'com', 'net', 'org', 'io', 'co'))}"
    if rng.random() < 0.04:
        host = f"{rng.choice(('group', 'corporate', country.lower(), 'shop', 'home'))}.{host}"
    return host


def _as_known(rng: random.Random, firm: Firm) -> Firm:
    """As a list knows it: with gaps."""
    return replace(
        firm,
        website="" if rng.random() < 0.28 else firm.website,
        country="" if rng.random() < 0.18 else firm.country,
        city="" if rng.random() < 0.42 else firm.city,
    )
