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
    NAME_PLUS_DOMAIN = "NAME_PLUS_DOMAIN"
    EXACT_DOMAIN = "EXACT_DOMAIN"
    """The domain is the same; the name is missing or says otherwise."""
    NAME_PLUS_PLACE = "NAME_PLUS_PLACE"
    NAME = "NAME"

    NAME_ONLY = "NAME_ONLY"
    FREE_MAIL_NAME_ONLY = "FREE_MAIL_NAME_ONLY"
    HOMONYM_OTHER_COUNTRY = "HOMONYM_OTHER_COUNTRY"
    NAME_DIFFERS = "NAME_DIFFERS"
    DOMAIN_MULTI_ACCOUNT = "DOMAIN_MULTI_ACCOUNT"
    """Several candidates have the domain, and nothing sets one of them clearly apart."""
    AMBIGUOUS = "AMBIGUOUS"
    BELOW_ACCEPT = "BELOW_ACCEPT"

    BELOW_REVIEW = "BELOW_REVIEW"
    NO_CANDIDATE = "NO_CANDIDATE"
