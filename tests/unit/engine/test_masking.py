"""Records masked by what is said of their fields, with a key that stays where it was made."""

from __future__ import annotations

import stat
from dataclasses import replace

import pytest

from centri.descriptions import Description, Field, FieldType
from centri.engine.masking import KEY_VARIABLE, Masked, masking_key
from centri.errors import ConfigError
from centri.mappings.masks import Mask
from centri.records import Record, Ref
from centri.settings import Settings

MASK = Mask(b"key")


def test_a_field_that_nobody_described_is_free_text():
    masked = Masked(MASK, ())
    record = Record(Ref("crm", "Lead", "1"), {"Status": "Open", "Secret": "Open"}, "v")
    assert masked.record(record).values == {"Status": MASK.text("Open"), "Secret": MASK.text("Open")}
    masked.learn(Description("Lead", {"Status": Field("Status", FieldType.CHOICE)}))
    assert masked.record(record) == replace(record, values={"Status": "Open", "Secret": MASK.text("Open")})


def test_the_key_is_made_once_and_for_nobody_else(tmp_path):
    settings = Settings(home=tmp_path / "home")
    key = masking_key(settings)
    assert (len(key), masking_key(settings)) == (64, key)
    assert stat.S_IMODE((tmp_path / "home" / "masking.key").stat().st_mode) == 0o600
    assert masking_key(replace(settings, environment={KEY_VARIABLE: "shared"})) == b"shared"


def test_a_key_that_cannot_be_kept_is_told(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ConfigError, match=KEY_VARIABLE):
        masking_key(Settings(home=tmp_path / "home"))
