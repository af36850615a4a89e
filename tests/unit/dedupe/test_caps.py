"""What keeps a verdict down, by the levels that were found."""

from __future__ import annotations

import pytest

from centri.dedupe.caps import CAPS

# A cap, the levels, and the code of its reason; None where it does not apply.
ROWS = [
    ("name_only", {"company_name": "same"}, None),
    ("name_only", {"company_name": "near"}, "NAME_ONLY"),
    ("name_only", {"company_name": "near", "country": "same"}, None),
    ("name_only", {"company_name": "near", "city": "same"}, None),
    ("name_only", {"company_name": "same_short", "country": "same"}, "NAME_ONLY"),
    ("name_only", {"company_name": "same_short", "city": "same"}, None),
    ("name_only", {"company_name": "close", "city": "same", "country": "same"}, "NAME_ONLY"),
    ("name_only", {"company_name": "close", "domain": "shared"}, "FREE_MAIL_NAME_ONLY"),
    ("name_only", {"company_name": "close", "domain": "label"}, "NAME_ONLY"),
    ("name_only", {"company_name": "close", "domain": "same"}, None),
    ("name_only", {"company_name": "missing", "phone": "same"}, None),
    ("name_only", {"person_name": "same", "city": "same"}, "NAME_ONLY"),
    ("name_only", {"person_name": "same", "email": "same"}, None),
    ("country_differs", {"country": "different"}, "HOMONYM_OTHER_COUNTRY"),
    ("country_differs", {"country": "missing"}, None),
    ("country_differs", {"city": "different"}, None),
    ("name_differs", {"company_name": "different", "domain": "same"}, "NAME_DIFFERS"),
    ("name_differs", {"person_name": "different", "email": "same"}, "NAME_DIFFERS"),
    ("name_differs", {"company_name": "similar", "domain": "different"}, None),
]


@pytest.mark.parametrize(("cap", "levels", "code"), ROWS)
def test_caps(cap, levels, code):
    reason = CAPS[cap](levels)
    assert (reason and reason.code) == code


def test_every_word_is_documented():
    assert all(cap.__doc__ for cap in CAPS.values())
