"""Invents companies, people and leads out of word lists, with the dirt that people leave; knows no CRM."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from anyascii import anyascii
from ruamel.yaml import YAML

TYPING_ERRORS = 0.08
SURNAMES_IN_SMALL_LETTERS = 0.03
NO_REAL_NUMBER = 0.015
NO_REAL_COUNTRY = 0.01


@dataclass(frozen=True, slots=True)
class Company:
    """A company as its own letterhead has it. ``kind`` is partner, customer, prospect or competitor."""

    name: str
    form: str
    domain: str
    kind: str
    industry: str
    employees: int
    country: dict[str, Any]
    city: str
    parent: int | None = None
    """The position of the parent in the same list."""

    @property
    def full_name(self) -> str:
        return f"{self.name} {self.form}".strip()


@dataclass(frozen=True, slots=True)
class Person:
    first_name: str
    last_name: str
    title: str
    email: str
    phone: str


@cache
def words() -> dict[str, Any]:
    text = files("centri.sandbox").joinpath("seed_words.yaml").read_text("utf-8")
    return dict(YAML(typ="safe").load(text))


class Inventor:
    """Everything it makes follows from its random source; no two companies get one domain."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.words = words()
        self._domains: set[str] = set()

    # -- companies -----------------------------------------------------------------------------------------------------

    def company(self, kind: str) -> Company:
        """A company with a domain that no other has."""
        country = self.random.choices(self.words["countries"], weights=(8, 5, 3, 2, 2, 2, 2))[0]
        industry = "Technology" if kind == "partner" else self.random.choice(list(self.words["trades"]))
        trades = self.words["partner_trades"] if kind == "partner" else self.words["trades"][industry]
        while True:
            name = f"{self.random.choice(self.words['stems'])} {self.random.choice(trades)}"
            if self.random.random() < 0.3:
                name = f"{self.random.choice(self.words['stems'])} & {name}"
            domain = f"{slug(name)}.example"
            if domain not in self._domains:
                self._domains.add(domain)
                break
        size = int(self.random.lognormvariate(4.5, 1.4)) + 1
        city = self.random.choice(list(country["cities"]))
        return Company(name, self.random.choice(country["forms"]), domain, kind, industry, size, country, city)

    def companies(self, kinds: dict[str, int]) -> list[Company]:
        """So many of each kind, mixed, about one in eight of them the child of one before it."""
        made = [self.company(kind) for kind, many in kinds.items() for _ in range(many)]
        self.random.shuffle(made)
        return [self._below(made, place) if place and self.random.random() < 0.125 else one for place, one in enumerate(made)]

    def known_as(self, company: Company) -> Company:
        """The same company under the name that other people keep it by."""
        shortened = company.name.replace(" & ", " and ").replace("Systems", "Sys.").replace("Consulting", "Cons.")
        name, form = self.random.choice([(company.name, ""), (company.name.upper(), company.form), (shortened, company.form)])
        return replace(company, name=name, form=form, parent=None)

    def as_typed(self, company: Company) -> str:
        """The company's name as somebody types it into a form."""
        name = self.random.choices([company.name, company.full_name, self.known_as(company).full_name], weights=(4, 4, 2))[0]
        if self.random.random() < 0.08:
            name = name.lower()
        return self.mistyped(name) if self.random.random() < TYPING_ERRORS else name

    def _below(self, made: list[Company], place: int) -> Company:
        """The company as a branch of one of its kind before it, if there is one."""
        child = made[place]
        parents = [number for number in range(place) if made[number].kind == child.kind]
        if not parents:
            return child
        parent = self.random.choice(parents)
        return replace(child, name=f"{made[parent].name} {child.city}", parent=parent)

    # -- people --------------------------------------------------------------------------------------------------------

    def person(self, company: Company) -> Person:
        """Somebody at a company, with a mail address there."""
        first, last = self.random.choice(self.words["first_names"]), self.random.choice(self.words["last_names"])
        email = f"{slug(first)}.{slug(last)}@{company.domain}"
        return Person(first, last, self.random.choice(self.words["titles"]), email, self.phone(company))

    def phone(self, company: Company, *, from_abroad: bool = False) -> str:
        """A number in one of the ways in which people of that country write it, for others or among themselves.

        Now and then it is none, since somebody put a remark where the number goes or stopped half-way.
        """
        if self.random.random() < NO_REAL_NUMBER:
            return str(self.random.choice(self.words["no_numbers"]))
        area, dial = company.country["cities"][company.city], company.country["dial"]
        line = self._line(company.country["line"])
        bare, groups = area.removeprefix("0"), f"{line[:3]}-{line[3:]}"
        ways = [f"+{dial} {bare} {line}", f"00{dial}{bare}{line}", f"+{dial}-{bare}-{groups}"]
        if not from_abroad and company.country["code"] == "US":
            ways += [f"({area}) {groups}", f"{area}.{line[:3]}.{line[3:]}"]
        elif not from_abroad:
            ways += [f"{area}/{line}", f"({area}) {line[:3]} {line[3:]}", f"{area} {line}"]
        return self.random.choice(ways)

    def _line(self, pattern: str) -> str:
        """A number within a place; each # of the pattern is any digit."""
        return "".join(str(self.random.randrange(10)) if sign == "#" else sign for sign in pattern)

    def address(self, company: Company) -> dict[str, str]:
        """Where a company is, as its account says."""
        street = f"{self.random.choice(self.words['streets'])} {self.random.randrange(1, 180)}"
        code = f"{self.random.randrange(10_000, 99_999)}"
        return {"street": street, "city": company.city, "postal_code": code, "country": self.country(company)}

    def country(self, company: Company) -> str:
        wrong = self.random.random() < NO_REAL_COUNTRY
        return str(self.random.choice(self.words["no_countries"] if wrong else company.country["spellings"]))

    # -- leads ---------------------------------------------------------------------------------------------------------

    def lead(self, company: Company) -> dict[str, Any]:
        """A person who filled in a form, or whose card somebody typed in; what they left out is not there."""
        person = self.person(company)
        surname = person.last_name.lower() if self.random.random() < SURNAMES_IN_SMALL_LETTERS else person.last_name
        country = self.maybe(0.88, self.country(company))
        phone = person.phone if country else self.phone(company, from_abroad=True)
        return {
            "first_name": self.maybe(0.93, person.first_name),
            "last_name": surname,
            "company": self.as_typed(company),
            "email": self.email(person),
            "phone": self.maybe(0.75, phone),
            "title": self.maybe(0.7, person.title),
            "website": self.maybe(0.3, self.website(company)),
            "city": self.maybe(0.6, company.city),
            "country": country,
            "industry": self.maybe(0.5, company.industry),
            "employees": self.maybe(0.4, company.employees),
        }

    def again(self, lead: dict[str, Any], company: Company) -> dict[str, Any]:
        """The same person a second time, written otherwise."""
        written = {"company": self.as_typed(company), "phone": self.phone(company), "country": self.country(company)}
        return {**lead, **written, "last_name": lead["last_name"].upper()}

    def email(self, person: Person) -> str | None:
        """Mostly of the company, often a free one, sometimes none."""
        free = f"{slug(person.first_name)}{slug(person.last_name)}{self.random.randrange(100)}@{self._free_mail()}"
        return self.random.choices([person.email, free, None], weights=(68, 20, 12))[0]

    def website(self, company: Company) -> str:
        ways = (f"https://www.{company.domain}", f"http://{company.domain}/", f"www.{company.domain}", company.domain)
        return self.random.choice(ways)

    def mistyped(self, text: str) -> str:
        """Two letters swapped, one left out, or one twice."""
        if len(text) < 4:
            return text
        at = self.random.randrange(1, len(text) - 1)
        ways = (
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
        )
        return self.random.choice(ways)

    def maybe(self, share: float, value: Any) -> Any:
        """The value in this share of cases, else None."""
        return value if self.random.random() < share else None

    def _free_mail(self) -> str:
        return str(self.random.choice(self.words["free_mail"]))


def slug(text: str) -> str:
    """Small plain letters and digits, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", anyascii(text).lower().replace("'", "").replace(" & ", "-")).strip("-")
