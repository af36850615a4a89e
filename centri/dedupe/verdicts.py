"""The closed sets of answers that matching gives: what to do, and the code of the reason."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What to do with the best candidate."""

    MATCH = "match"
    REVIEW = "review"
    """A person decides."""
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for none, 1 for review, 2 for match."""
        return (Verdict.NONE, Verdict.REVIEW, Verdict.MATCH).index(self)


class Code(StrEnum):
    """Why a verdict was given, for reports and filters."""

    SAME_EMAIL = "SAME_EMAIL"
    """The e-mail address is the same."""
    NAME_PLUS_DOMAIN = "NAME_PLUS_DOMAIN"
    """Name and domain agree."""
    EXACT_DOMAIN = "EXACT_DOMAIN"
    """The domain is the same; the name is missing or says otherwise."""
    NAME_PLUS_PLACE = "NAME_PLUS_PLACE"
    """The name agrees, and country or city with it."""
    NAME = "NAME"
    """The name agrees, and nothing contradicts it."""

    NAME_ONLY = "NAME_ONLY"
    """Only the name speaks for it, and it is too weak to stand alone."""
    FREE_MAIL_NAME_ONLY = "FREE_MAIL_NAME_ONLY"
    """Only the name speaks for it; the address is of free mail."""
    HOMONYM_OTHER_COUNTRY = "HOMONYM_OTHER_COUNTRY"
    """It is in another country."""
    NAME_DIFFERS = "NAME_DIFFERS"
    """Something agrees, but the name is clearly different."""
    DOMAIN_MULTI_ACCOUNT = "DOMAIN_MULTI_ACCOUNT"
    """Several candidates have the domain, and nothing sets one of them clearly apart."""
    AMBIGUOUS = "AMBIGUOUS"
    """Another candidate is about as likely."""
    BELOW_ACCEPT = "BELOW_ACCEPT"
    """Likely, but not likely enough."""

    BELOW_REVIEW = "BELOW_REVIEW"
    """The best candidate is too unlikely."""
    NO_CANDIDATE = "NO_CANDIDATE"
    """Nothing shares a key with it."""
    JUNK_NAME = "JUNK_NAME"
    """The company's name is none, such as "n/a", and nothing else names one."""

    ALIAS = "ALIAS"
    """It is known by this name, though it is called otherwise."""
    ACRONYM = "ACRONYM"
    """One is called by the first letters of the other's name."""
    PARENT_CHILD = "PARENT_CHILD"
    """Several companies of one family fit; the one in the lead's country was taken, else their parent."""
    TIE_BREAKER = "TIE_BREAKER"
    """Several fit equally well, and the first tie-breaker that tells them apart decided."""
    COMPETITOR = "COMPETITOR"
    """It is a competitor."""
    ALWAYS = "ALWAYS"
    """A person said that it is this one."""
    NEVER = "NEVER"
    """A person said that it is not the one that fits best."""
