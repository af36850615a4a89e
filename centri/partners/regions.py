"""The sales region of a country: AMER, APAC, or EMEA for the rest of the world."""

from __future__ import annotations

REGIONS = ("EMEA", "AMER", "APAC")

_AMER_CODES = (
    "AG AI AR AW BB BL BM BO BQ BR BS BZ CA CL CO CR CU CW DM DO EC FK GD GF GL GP GT GY HN HT JM KN KY LC MF MQ MS MX NI PA PE"
    " PM PR PY SR SV SX TC TT US UY VC VE VG VI"
)
_APAC_CODES = (
    "AF AS AU BD BN BT CC CK CN CX FJ FM GU HK HM ID IN IO JP KG KH KI KP KR KZ LA LK MH MM MN MO MP MV MY NC NF NP NR NU NZ PF"
    " PG PH PK PN PW SB SG TH TJ TK TL TM TO TV TW UM UZ VN VU WF WS"
)
_AMER, _APAC = frozenset(_AMER_CODES.split()), frozenset(_APAC_CODES.split())


def region(country: str | None) -> str | None:
    """The region of an ISO 3166 country code; None where the country is not known.

    >>> region("DE"), region("BR"), region(None)
    ('EMEA', 'AMER', None)
    """
    if not country:
        return None
    return "AMER" if country in _AMER else "APAC" if country in _APAC else "EMEA"
