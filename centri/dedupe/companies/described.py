"""What the evidence is called where people read it."""

from __future__ import annotations

from collections.abc import Mapping

BASE = "before anything is known"
REST = "all together"

MEANING: Mapping[str, str] = {
    BASE: "how rarely a candidate is right, before anything is compared",
    "lead_words": "how much of the lead's name is found in the account's, rare words counting more",
    "account_words": "how much of the account's name is found in the lead's, rare words counting more",
    "rarest_word": "how rare the rarest word is that both names have",
    "lead_word_missing": "the weightiest word of the lead's name that the account's lacks",
    "account_word_missing": "the weightiest word of the account's name that the lead's lacks",
    "first_word": "whether the names begin with the same word",
    "exact_words": "how much of the names agrees letter by letter, typing errors not forgiven",
    "domain": "how the domains are related: the same, the same name with another ending, none known, different",
    "lead_domain_name": "whether the lead's domain says the account's name",
    "account_domain_name": "whether the account's domain says the lead's name",
    "domain_sharers": "how many accounts have the same domain",
    "country": "whether the countries agree or differ",
    "domain_country": "whether the ending of a domain is that of the other's country",
    "city": "whether the cities agree or differ",
    "namesakes": "how many accounts have the candidate's very name",
    "acronym": "whether one name is the first letters of the other's words",
    "beside_name": "whether what stands around the names agrees: a branch's place, a department",
    "slips": "how many letters must be changed to make one name of the other",
    "slip_share": "those letters as a share of the name",
    "name_pieces": "how many pieces of three letters the names share, rare ones counting more",
    "legal_form": "whether the legal forms agree: GmbH, Ltd, Inc",
    "lead_place_missing": "a place in the lead's name that the account does not have",
    "lead_domain_cover": "how much of the lead's domain the account's name explains",
    "account_domain_cover": "how much of the account's domain the lead's name explains",
    "lead_domain_own": "whether the lead's domain says the lead's own name",
    "account_domain_own": "whether the account's domain says the account's own name",
    "name_weight": "how much the lead's name says at all: rare words more than common ones",
    "named": "whether both have a name",
    "name_ratio": "how alike the names are, letter by letter",
    "name_start": "how alike the names are, their beginnings counting more",
    "name_sorted": "how alike the names are, the order of their words aside",
    "name_partial": "how alike the shorter name is to the best part of the longer one",
    "squashed_ratio": "how alike the names are, written without blanks",
    "lead_domain_ratio": "how alike the lead's domain and the account's name are",
    "account_domain_ratio": "how alike the account's domain and the lead's name are",
    "letters": "how long the lead's name is",
    "ahead": "how far it is ahead of the next candidate, or behind the best",
    "ahead_of_other_names": "how far it is ahead of candidates of another name, or behind them",
    "ahead_of_third": "how far it is ahead of all but one of the others",
    "as_near": "how many candidates are about as near",
    "same_domain": "how many candidates have the lead's domain",
    "same_name": "how many candidates are called the same",
    "ahead_in_domain": "how much nearer its domain is than that of any other candidate",
    "ahead_in_name_pieces": "how many more rare pieces of the name it shares than any other candidate",
    "ahead_in_lead_words": "how much more of the lead's name it has than any other candidate",
    "ahead_in_account_words": "how much more of its own name the lead has than that of any other candidate",
    "ahead_in_slip_share": "how many fewer letters must be changed than for any other candidate",
    "ahead_in_lead_domain_cover": "how much more of the lead's domain it explains than any other candidate",
    "ahead_in_city": "whether its city agrees and that of the others does not",
    "same_person": "whether another lead of the same person means this account",
    REST: "what the evidence says in company that no piece of it says alone",
}
"""Each piece of evidence, and what it tells."""

FOUND_BY: Mapping[str, str] = {
    "domain": "they have a domain in common",
    "domain_name": "their domains are called the same, with another ending, or a domain says the name",
    "name": "their names are the same, written without blanks",
    "slip": "their names are short and differ by one letter, or by two letters that changed places",
    "acronym": "one is called by the first letters of the other's name",
    "rare_word": "their names share rare words",
    "letters": "their names share rare pieces of three letters",
    "domain_letters": "the lead's domain and the account's name share rare pieces of three letters",
}
"""Each blocking key, and why it leads from a lead to a candidate."""


def meaning(part: str) -> str:
    """What a piece of evidence tells; its own name where no words are known for it."""
    return MEANING.get(part, part.replace("_", " "))
