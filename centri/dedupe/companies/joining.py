"""Put segments together: what was prepared in parts, side by side, becomes one that is searched as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.companies.segment import Keys, Segment, Texts, arrays, of_arrays, postings, slip_keys
from centri.dedupe.companies.text import hashes

Array = NDArray[Any]

_DERIVED = (
    "word_ranks",
    "piece_starts",
    "piece_rows",
    "word_keys.",
    "core_keys.",
    "slip_keys.",
    "acronym_keys.",
    "domain_keys.",
    "label_keys.",
    "place_keys.",
)
"""What is made of the rest once it is together."""

_SHIFTED: Mapping[str, str] = {
    "names.places": "names.number",
    "names.piece_places": "names.pieces",
    "first_name": "owner",
    "domain_places": "domain_number",
}
"""Arrays of places, each with the array whose rows they count."""

_LETTERS: Mapping[str, str] = {"names.start": "names.core", "names.end": "names.core"}
_ROWS = ("owner",)

Parts = Mapping[str, Array]
"""The arrays of a segment by name, without those that :func:`joined` makes anew."""


def parts(segment: Segment) -> dict[str, Array]:
    """What of a segment must be kept to join it to others."""
    return {name: array for name, array in arrays(segment) if not name.startswith(_DERIVED)}


def joined(given: Sequence[Parts]) -> Segment:
    """The segment of all companies of some, in their order: the same, number by number, as if it were made of them at once."""
    kept = {name: _together(name, given) for name in given[0]}
    return of_arrays({**kept, **dict(_derived(kept))})


def _together(name: str, given: Sequence[Parts]) -> Array:
    if name.endswith(".offsets"):
        return _chained([part[name] for part in given])
    if name.endswith(".letters"):
        offsets = name.removesuffix("letters") + "offsets"
        found = np.concatenate([part[name][: part[offsets][-1]] for part in given])
        return found if len(found) else np.zeros(1, dtype=np.uint8)
    if name in _SHIFTED:
        return _chained([part[name] for part in given])
    shifts = _shifts(name, given)
    return np.concatenate(
        [part[name] + part[name].dtype.type(shift) for part, shift in zip(given, shifts, strict=True)]
        if any(shifts)
        else [part[name] for part in given]
    )


def _shifts(name: str, given: Sequence[Parts]) -> list[int]:
    """By how much the numbers of each part move: the letters, or the companies, before it."""
    if name in _LETTERS:
        counts = [int(part[_LETTERS[name] + ".offsets"][-1]) for part in given]
    elif name in _ROWS:
        counts = [len(part["order"]) for part in given]
    else:
        return [0] * len(given)
    return [0, *np.cumsum(counts)[:-1].tolist()]


def _chained(places: Sequence[Array]) -> Array:
    """Places that each begin at 0, one after another."""
    ends = np.cumsum([0, *(int(each[-1]) for each in places)])
    return np.concatenate(
        [places[0][:1], *(each[1:] + each.dtype.type(end) for each, end in zip(places, ends[:-1], strict=True))]
    )


def _derived(kept: Parts) -> Iterator[tuple[str, Array]]:
    everyone = np.arange(len(kept["owner"]))
    companies = np.arange(len(kept["order"]))
    domain_owner = np.repeat(companies, np.diff(kept["domain_places"])).astype(np.int32)
    words = np.repeat(everyone, np.diff(kept["names.places"]))
    word_keys = Keys.of(kept["names.number"], words)
    starts, rows = postings(kept["names.piece_places"], kept["names.pieces"])
    yield from (("piece_starts", starts), ("piece_rows", rows))
    yield "word_ranks", np.searchsorted(word_keys.number, kept["names.number"]).astype(np.int32)
    for name, keys in {
        "word_keys": word_keys,
        "core_keys": Keys.of(kept["core"], everyone),
        "slip_keys": slip_keys(Texts(kept["names.squashed.letters"], kept["names.squashed.offsets"])),
        "acronym_keys": Keys.of(kept["acronym"], everyone),
        "domain_keys": Keys.of(kept["domain_number"], domain_owner),
        "label_keys": Keys.of(_hashed("labels", kept), domain_owner),
        "place_keys": Keys.of(_hashed("cities", kept), companies),
    }.items():
        yield from arrays(keys, name + ".")


def _hashed(name: str, kept: Parts) -> Array:
    texts = Texts(kept[name + ".letters"], kept[name + ".offsets"])
    numbers: Array = hashes(texts.letters, texts.offsets)
    return numbers
