"""Invented people at invented companies, and the ways in which the same person is written down twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from anyascii import anyascii
from people_names import LOCALES, WORDS, cities, family_name, given_name, names, one_name, renamed, slip

OTHER_COUNTRIES = WORDS["other_countries"]
COUNTRY_NAMES = WORDS["country_names"]
FORMS = WORDS["forms"]
ANY_FORMS = WORDS["any_forms"]
TRADES = WORDS["trades"]
QUALITIES = WORDS["qualities"]
PLACES = WORDS["places"]
SHORTENED = WORDS["shortened"]
BRANCHES = WORDS["branches"]
DEPARTMENTS = WORDS["departments"]
SYLLABLES = WORDS["syllables"]
ENDINGS = WORDS["endings"]
FREE = WORDS["free"]
TOPS = WORDS["tops"]
NOBODYS = WORDS["nobodys"]
HOUSES = ("City Council", "University", "School District", "Hospital")
AND = ("of", "and", "&")
NO_COMPANIES = WORDS["no_companies"]


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    form: str
    other: str
    """Another name it goes by; "" for none."""
    domain: str
    country: str
    city: str
    switchboard: str


@dataclass(frozen=True, slots=True)
class Human:
    """A person who exists, whatever is written of them."""

    given: str
    family: str
    company: Company
    phone: str


@dataclass(frozen=True, slots=True)
class Habits:
    """How often what happens in a world: shares of 1."""

    free_mail: float = 0.25
    no_mail: float = 0.25
    same_mail: float = 0.45
    name_noise: float = 0.4
    company_noise: float = 0.75
    no_company: float = 0.06
    other_country: float = 0.12
    no_country: float = 0.3
    city: float = 0.3
    website: float = 0.15
    phone: float = 0.0
    common_surname: float = 0.06


Row = dict[str, str]


class Invention:
    """Draws people, companies and records, the same for the same seed."""

    def __init__(self, seed: int, habits: Habits) -> None:
        self.draw = random.Random(seed)
        self.habits = habits
        self.crowd = [(family_name(self.draw, code), code) for code in self.draw.sample(sorted(LOCALES), 4)]

    # --- who there is ---

    def company(self) -> Company:
        country = self.draw.choice([*LOCALES, *OTHER_COUNTRIES, "US", "US", "GB", "DE"])
        name, other = self._company_name(country), ""
        if self.draw.random() < 0.18:
            other = self._brand() if self.draw.random() < 0.6 else self._company_name(country)
        base = other if other and self.draw.random() < 0.5 else self._brand() if self.draw.random() < 0.05 else name
        city = self.draw.choice(cities(country))
        form = self.draw.choice(FORMS.get(country, ANY_FORMS)) if self.draw.random() < 0.85 else ""
        return Company(name, form, other, self._domain(base, country), country, city, self._phone(country))

    def _brand(self) -> str:
        word = "".join(self.draw.choices(SYLLABLES, k=self.draw.choice((1, 2, 2, 3)))) + self.draw.choice((*ENDINGS, "", ""))
        return word.capitalize() if len(word) > 3 else word.upper()

    def _company_name(self, country: str) -> str:
        draw, trade = self.draw, self.draw.choice(TRADES)
        person = names(country)[1]
        styles: Sequence[Callable[[], str]] = (
            lambda: f"{self._brand()} {trade}",
            lambda: f"{self._brand()} {trade}",
            self._brand,
            lambda: f"{self._brand()} {draw.choice(TRADES)} {trade}",
            lambda: f"{draw.choice(QUALITIES)} {draw.choice(TRADES)} {trade}",
            lambda: f"{draw.choice(PLACES)} {self._brand()} {trade}",
            lambda: f"{draw.choice(cities(country))} {draw.choice((*HOUSES, trade))}",
            lambda: f"{draw.choice(person)} & {draw.choice(person)}",
            lambda: f"{draw.choice(person)} {trade}",
            lambda: f"{draw.choice(('The', 'La', 'El'))} {self._brand()} {draw.choice(TRADES)} {draw.choice(AND)} {trade}",
            lambda: (
                "".join(draw.choices("ABCDEFGHIKLMNOPRSTUVX", k=draw.choice((2, 3, 3, 4)))) + draw.choice(("", "", f" {trade}"))
            ),
        )
        return draw.choice(styles)()

    def _domain(self, name: str, country: str) -> str:
        words = anyascii(name).lower().replace("&", " and ").replace("'", "").split()
        words = ["".join(c for c in w if c.isalnum()) for w in words]
        style = self.draw.random()
        if style < 0.12 and len(words) > 1:
            label = "".join(w[0] for w in words if w)
        elif style < 0.4 and len(words) > 1:
            label = words[0] if words[0] != "the" else words[1]
        else:
            label = ("-" if style > 0.85 else "").join(words)
        own = {"GB": "co.uk", "US": "com", "JP": "co.jp", "AU": "com.au", "KR": "co.kr", "BR": "com.br"}.get(
            country, country.lower()
        )
        return f"{label or 'company'}.{self.draw.choice((*TOPS[:5], own, own))}"

    def _phone(self, country: str) -> str:
        code = {"US": "1312", "GB": "4420", "DE": "4930", "FR": "331", "IN": "9122", "ES": "3491", "IT": "3906"}.get(
            country, "46855"
        )
        return f"+{code}{self.draw.randrange(10**6, 10**7)}"

    def human(self, company: Company) -> Human:
        country = (
            company.country if company.country in LOCALES and self.draw.random() < 0.5 else self.draw.choice(sorted(LOCALES))
        )
        family = family_name(self.draw, country)
        if self.draw.random() < self.habits.common_surname:
            family, country = self.draw.choice(self.crowd)
        return Human(given_name(self.draw, country), family, company, self._phone(company.country))

    def relative(self, of: Human, kind: str) -> Human:
        """Somebody else who is easily taken for ``of``."""
        country = self.draw.choice(sorted(LOCALES))
        other = replace(of, given=self._other_given(of, country, kind), phone=self._phone(of.company.country))
        if kind == "given":
            return replace(other, given=of.given, family=family_name(self.draw, country))
        if kind == "namesake":
            return replace(other, given=of.given, company=self.company())
        return replace(other, family=family_name(self.draw, country)) if kind == "colleague" else other

    def _other_given(self, of: Human, country: str, kind: str) -> str:
        """Another given name; of the same initial for "initial". No form of the same name."""
        for _ in range(400):
            name = given_name(self.draw, country)
            same_letter = anyascii(name)[:1].lower() == anyascii(of.given)[:1].lower()
            if name != of.given and not one_name(name, of.given) and (kind != "initial" or same_letter):
                return name
        return f"{of.given[:1]}ab{self.draw.choice(SYLLABLES)}"

    # --- how it is written down ---

    def record(self, of: Human) -> Row:
        """One record of a person, written anew."""
        given, family = of.given, of.family
        if self.draw.random() < self.habits.name_noise:
            given, family = renamed(self.draw, given, family, light=True)
        address = self.address(of, *((given, family) if self.draw.random() < 0.5 else (of.given, of.family)))
        given, family = self._filled_in(given, family, address)
        return {"first_name": given, "last_name": family, "email": address, "phone": self._phone_of(of), **self.workplace(of)}

    def _filled_in(self, given: str, family: str, address: str) -> tuple[str, str]:
        """A name in the fields of a form: now and then all in one of them, or left out."""
        chance = self.draw.random()
        if chance < 0.01:
            return "", f"{given} {family}"
        if chance < 0.015:
            return "", f"{family}, {given}"
        if chance < 0.03:
            return "", family
        return ("", "") if chance < 0.045 and address else (given, family)

    def workplace(self, of: Human) -> Row:
        draw, company = self.draw, of.company
        country = draw.choice([*LOCALES, *OTHER_COUNTRIES]) if draw.random() < self.habits.other_country else company.country
        known = draw.random() >= self.habits.no_country
        city = company.city if known and country == company.country and draw.random() < self.habits.city else ""
        return {
            "company": "" if draw.random() < self.habits.no_company else self.company_text(company),
            "website": self._website(company.domain) if draw.random() < self.habits.website else "",
            "country": draw.choice(COUNTRY_NAMES.get(country, (country,))) if known else "",
            "city": slip(self.draw, city) if city and draw.random() < 0.1 else city,
        }

    def again(self, row: Row, of: Human) -> Row:
        """The record typed in once more: the company as it was, the name and the address changed a little."""
        given, family = (row["first_name"], row["last_name"]) if self.draw.random() < 0.5 else (of.given, of.family)
        if self.draw.random() < 0.8:
            given, family = renamed(self.draw, given, family)
        mail, chance = row["email"], self.draw.random()
        if chance < 0.2:
            mail = ""
        elif chance < 0.45:
            mail = self.local(given, family) + "@" + self.draw.choice(FREE)
        elif chance < 0.6 and "@" in mail:
            mail = self.local(given, family) + mail[mail.index("@") :]
        elif chance < 0.7 and mail:
            mail = slip(self.draw, mail.split("@")[0]) + mail[mail.index("@") :]
        blank = {name: "" for name in ("country", "city", "website") if self.draw.random() < 0.3}
        return {**row, "first_name": given, "last_name": family, "email": mail, "phone": self._phone_of(of), **blank}

    def other_row(self, row: Row, of: Human) -> Row:
        """Somebody else in the words of a record that is there already, often with the same kind of address."""
        mail, given, family = row["email"], of.given, of.family
        host = (
            mail[mail.index("@") :] if mail else "@" + (of.company.domain if self.draw.random() < 0.5 else self.draw.choice(FREE))
        )
        local = self.local(given, family)
        mail = "" if self.draw.random() < 0.3 else (local + host)
        blank = {name: "" for name in ("country", "city", "website") if self.draw.random() < 0.3}
        if self.draw.random() < 0.1:
            given, family = renamed(self.draw, given, family)
        return {**row, "first_name": given, "last_name": family, "email": mail, "phone": self._phone_of(of), **blank}

    def _phone_of(self, of: Human) -> str:
        if self.draw.random() >= self.habits.phone:
            return ""
        return of.company.switchboard if self.draw.random() < 0.3 else of.phone

    def _website(self, domain: str) -> str:
        return self.draw.choice(("www.{}", "https://{}/en/home", "http://www.{}", "{}", "https://www.{}/contact")).format(domain)

    def address(self, of: Human, given: str, family: str) -> str:
        chance, habits = self.draw.random(), self.habits
        if chance < habits.no_mail:
            return ""
        local = self.local(given, family)
        if chance < habits.no_mail + habits.free_mail:
            return f"{local}@{self.draw.choice(FREE)}"
        domain, odd = of.company.domain, self.draw.random()
        if odd < 0.06:
            domain = domain.split(".")[0] + "." + self.draw.choice(TOPS)
        elif odd < 0.1:
            domain = (
                domain.split(".")[0]
                + self.draw.choice(("-services", "-group", "group", "-" + of.company.country.lower()))
                + ".com"
            )
        elif odd < 0.14:
            domain = self.draw.choice(("it.", "mail.", "emea.", "us.", "corp.")) + domain
        elif odd < 0.17:
            domain = self._domain(of.company.name, of.company.country)
        return f"{local}@{domain}"

    def local(self, given: str, family: str) -> str:
        g, f = ("".join(c for c in anyascii(x).lower() if c.isalnum()) for x in (given, family))
        g, f = g or f or "x", f or g or "x"
        draw = self.draw
        form = draw.choice(
            (
                "{g}.{f}",
                "{g}.{f}",
                "{g}_{f}",
                "{g}{f}",
                "{i}{f}",
                "{i}.{f}",
                "{g}",
                "{g}{j}",
                "{f}.{g}",
                "{f}.{i}",
                "{i}{j}",
                "{g}.{f}{n}",
                "{g}{n}",
                "{f}",
                "{i}_{f}",
                "{f}{i}",
            )
        )
        return form.format(g=g, f=f, i=g[0], j=f[0], n=draw.randrange(1, 100))

    def company_text(self, company: Company) -> str:
        """The company's name as somebody types it."""
        draw = self.draw
        name = company.other if company.other and draw.random() < 0.35 else company.name
        form = company.form if draw.random() < 0.6 else ""
        if draw.random() >= self.habits.company_noise:
            return f"{name} {form}".strip()
        for _ in range(draw.choice((1, 1, 2))):
            name, form = self._mistaken(name, form, company)
        text = (
            f"{form} {name}"
            if form and draw.random() < 0.05
            else f"{name}{draw.choice((' ', ' ', ', '))}{form}"
            if form
            else name
        )
        return draw.choice((str.lower, str.upper, str, str, str))(text).strip(" ,")

    def _mistaken(self, name: str, form: str, company: Company) -> tuple[str, str]:
        draw, words = self.draw, name.split()
        chance = draw.random()
        if chance < 0.2:
            return name, draw.choice(ANY_FORMS)
        if chance < 0.42:
            return slip(self.draw, slip(self.draw, name) if draw.random() < 0.4 else name), form
        if chance < 0.52 and len(words) > 1:
            return " ".join(words[:-1] if draw.random() < 0.7 else words[1:]), form
        if chance < 0.57 and len(words) > 1:
            return " ".join(words[::-1]), form
        if chance < 0.67:
            where = draw.choice(BRANCHES)
            return draw.choice((f"{name} - {where}", f"{name} ({where})", f"{name} {where}")), form
        if chance < 0.79:
            return " ".join(draw.choice(SHORTENED[w]) if w in SHORTENED else w for w in words), form
        if chance < 0.82 and len(words) > 1:
            return "".join(w[0] for w in words).upper(), ""
        if chance < 0.86:
            return draw.choice((company.domain, f"www.{company.domain}")), ""
        if chance < 0.9:
            return f"{name}, {draw.choice(DEPARTMENTS)}", form
        if chance < 0.94:
            return draw.choice((name.replace("&", "and"), name.replace(" ", ""), name.replace(" ", "-"))), form
        return draw.choice(NO_COMPANIES) if chance > 0.98 else name, form
