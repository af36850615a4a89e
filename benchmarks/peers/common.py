"""What every peer is given the same of: its arguments, the tables read, names cleaned, domains and countries made comparable.

Asks for pandas, anyascii and cleanco alone (and pycountry, where countries are compared), so that it goes into any environment.
"""

import argparse
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd
from anyascii import anyascii
from cleanco.clean import prepare_default_terms

TOP = 10  # how many accounts are written for a lead
FREE_MAIL_LABELS = """
gmail googlemail outlook hotmail live msn yahoo ymail rocketmail icloud me mac aol gmx web t-online freenet mail inbox
list bk yandex ya rambler ukr proton protonmail pm tutanota zoho fastmail hey libero virgilio tiscali alice laposte
orange wanadoo free sfr bluewin seznam centrum wp o2 onet interia naver daum hanmail qq 163 126 sina sohu foxmail
rediffmail uol bol terra comcast verizon att sbcglobal bellsouth cox charter btinternet sky ntlworld shaw rogers bigpond
telenet skynet ziggo kpnmail
"""
COUNTRIES = """
GB: uk, england, scotland, great britain; US: usa, america, united states of america, us; DE: deutschland, allemagne;
ES: espana; IT: italia; AT: osterreich; CH: schweiz, suisse; NL: holland, the netherlands, nederland; RU: russia; KR:
south korea, korea; CN: prc, mainland china, pr china; BR: brasil; PL: polska; TR: turkey, turkiye; VN: viet nam,
vietnam; CZ: czech republic; AE: uae, emirates; HK: hong kong, hong kong sar; TW: taiwan; IR: iran; BE: belgique,
belgie; DK: danmark; SE: sverige; NO: norge; FI: suomi; JP: nippon
"""
ENDINGS = """
and, co, s a, group, gruppe, groupe, holding, holdings, tbk, jsc, pjsc, ojsc, ao, pao, publ, pty, bhd, berhad, sdn bhd,
public, joint stock, societe anonyme, sociedad anonima, aktiengesellschaft, kabushiki kaisha, reit, company, private,
pvt, pcl
"""  # of names, as people write them, that the lists of legal forms lack
FREE_MAIL = frozenset(FREE_MAIL_LABELS.split())
COUNTRY_WORDS = {word: line[:2] for line in " ".join(COUNTRIES.split()).split("; ") for word in line[4:].split(", ")}
EVERYDAY = tuple(" ".join(ENDINGS.split()).split(", "))
SECOND_LEVEL = frozenset(("co", "com", "org", "net", "ac", "gov", "gob", "edu", "or", "ne", "go", "gouv", "govt"))
BEGINNINGS = frozenset(("the", "pt", "ooo", "oao", "zao", "pao", "ao"))
WORD = re.compile(r"[a-z0-9]+")


def arguments(**more: dict[str, object]) -> argparse.Namespace:
    """``--accounts``, ``--leads``, ``--out``, ``--train`` (a folder of accounts, leads and gold), and what the peer adds."""
    parser = argparse.ArgumentParser()
    for name in ("accounts", "leads", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--train", type=Path)
    for name, settings in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **settings)  # type: ignore[arg-type]  # the settings of all options are in one dictionary
    return parser.parse_args()


def table(path: Path) -> pd.DataFrame:
    """The rows of a CSV file as text, nothing guessed."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def accounts(path: Path, *, countries: bool = False) -> pd.DataFrame:
    """``id``, ``name`` (cleaned), ``domain``, ``city`` and, where asked for, ``country``."""
    return _prepared(table(path), "account_id", "name", countries=countries)


def leads(path: Path, *, countries: bool = False) -> pd.DataFrame:
    """As the accounts; the domain is the website's, else that of an e-mail address that is no free one."""
    return _prepared(table(path), "lead_id", "company", countries=countries)


def training(folder: Path, *, countries: bool = False) -> tuple[pd.DataFrame, pd.DataFrame, set[tuple[str, str]]]:
    """Accounts, leads and right pairs (lead, account) of the split that is there to learn from."""
    gold = table(folder / "gold.csv.gz")
    right = {(lead, one) for lead, ids in zip(gold.lead_id, gold.gold_ids, strict=True) for one in ids.split("|") if one}
    return (
        accounts(folder / "accounts.csv.gz", countries=countries),
        leads(folder / "leads.csv.gz", countries=countries),
        right,
    )


def _prepared(rows: pd.DataFrame, id: str, name: str, *, countries: bool) -> pd.DataFrame:
    email = rows.email if "email" in rows else [""] * len(rows)
    made = pd.DataFrame(
        {
            "id": rows[id],
            "name": [cleaned(one) for one in rows[name]],
            "domain": [site_domain(site) or mail_domain(address) for site, address in zip(rows.website, email, strict=True)],
            "city": [plain(one) for one in rows.city],
        }
    )
    if countries:
        made["country"] = [country(one) for one in rows.country]
    return made


def plain(text: str) -> str:
    """Lower case, without accents and punctuation, in Latin letters."""
    folded = anyascii(unicodedata.normalize("NFKC", text)).lower().replace("&", " and ").replace("'", "")
    return " ".join(WORD.findall(re.sub(r"\b(\w)\.(?=\w\b)", r"\1", folded)))


def cleaned(name: str) -> str:
    """The plain name less legal forms, as cleanco lists them, and their like; a name of nothing else stays whole."""
    words = plain(name).split()
    left = words[1:] if words and words[0] in BEGINNINGS else words
    while left and (ending := _ending(left)):
        left = left[:-ending]
    return " ".join(left or words)


def _ending(words: list[str]) -> int:
    return next((count for count in range(min(5, len(words)), 0, -1) if tuple(words[-count:]) in _legal_forms()), 0)


@cache
def _legal_forms() -> frozenset[tuple[str, ...]]:
    listed = (" ".join(words) for _, words in prepare_default_terms())
    return frozenset(tuple(plain(form).split()) for form in (*listed, *EVERYDAY) if plain(form))


def site_domain(website: str) -> str:
    """The domain that was registered, of a website with or without scheme, ``www`` and path; empty for none."""
    host = re.sub(r"^[a-z]+://", "", website.strip().lower()).split("/")[0].split(":")[0].split("?")[0]
    return _registered(host) if "." in host else ""


def mail_domain(address: str) -> str:
    """The domain of an e-mail address; empty for a free one."""
    host = address.strip().lower().rpartition("@")[2]
    return "" if "." not in host or _registered(host).split(".")[0] in FREE_MAIL else _registered(host)


def _registered(host: str) -> str:
    labels = host.strip(".").split(".")
    return ".".join(labels[-3:] if len(labels) > 2 and labels[-2] in SECOND_LEVEL and len(labels[-1]) == 2 else labels[-2:])


@cache
def country(text: str) -> str:
    """The two letters of a country in any usual spelling; empty for what is not known."""
    import pycountry

    word = plain(text)
    if not word or word in COUNTRY_WORDS:
        return COUNTRY_WORDS.get(word, "")
    try:
        return str(pycountry.countries.lookup(text.strip()).alpha_2)
    except LookupError:
        return ""


def write(pairs: pd.DataFrame, out: Path) -> None:
    """Writes the best accounts of each lead; ``pairs`` has lead_id, account_id and score."""
    best = pairs[["lead_id", "account_id", "score"]].sort_values(["lead_id", "score"], ascending=[True, False], kind="stable")
    best = best.groupby("lead_id", sort=False).head(TOP)
    best.assign(score=best.score.astype(float).round(6)).to_csv(out, index=False)  # a cosine may be 1.0000001


def pairs(found: Iterable[tuple[str, str, float]]) -> pd.DataFrame:
    """A table as ``write`` takes it."""
    return pd.DataFrame(list(found), columns=["lead_id", "account_id", "score"])
