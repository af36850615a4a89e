"""What ``--fail-on`` takes, and when it is passed."""

import pytest

from centri.errors import ConfigError
from centri.sync.thresholds import WORDS, Count, parse, passed

TABLE = [
    ("held=0", 0, 10, False),
    ("held=0", 1, 10, True),
    ("held=3", 3, 10, False),
    ("held=3", 4, 10, True),
    ("held=10%", 1, 10, False),
    ("held=10%", 2, 10, True),
    ("held=10%", 11, 100, True),
    ("held=0%", 0, 0, False),
    ("held=100%", 1, 0, True),
    ("held=0, told=5", 1, 10, True),
]


@pytest.mark.parametrize(("text", "number", "of", "over"), TABLE)
def test_a_threshold_lets_pass_as_much_as_it_says(text, number, of, over):
    counts = dict.fromkeys(WORDS, Count(0, of)) | {"held": Count(number, of)}
    assert bool(list(passed(parse(text), counts))) is over


def test_a_threshold_is_shown_as_it_was_written():
    assert [str(t) for t in parse(" held = 10% ,told=5")] == ["held=10%", "told=5"]


def test_a_list_without_thresholds_is_a_mistake():
    with pytest.raises(ConfigError, match=r"; not nothing$"):
        parse(" , ")


def test_without_thresholds_nothing_is_too_much():
    assert parse(None) == ()


@pytest.mark.parametrize("text", ["", "held", "held=", "held=x", "hold=0", "held=101%", "held=-1", "held=1.5", "held=0;told=1"])
def test_what_is_no_threshold_is_named_with_what_to_write(text):
    with pytest.raises(ConfigError) as raised:
        parse(text)
    assert "--fail-on takes changed, entered, left, held, told" in str(raised.value)
    assert repr(text) in str(raised.value) or not text


def test_everything_wrong_is_named_at_once():
    with pytest.raises(ConfigError, match=r"'hold=0', 'told'$"):
        parse("hold=0,changed=5%,told")
