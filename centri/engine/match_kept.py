"""Arrays in a folder, one file each, that several processes read as one memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def keep(folder: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays under their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def kept(folder: Path) -> dict[str, Array]:
    """The arrays of a folder, read as they are needed. Texts are for reading only, as those made in memory are."""
    return {path.name.removesuffix(".npy"): _mapped(path) for path in sorted(folder.glob("*.npy"))}


def _mapped(path: Path) -> Array:
    found: Array = np.load(path, allow_pickle=False)[:0] if _is_empty(path) else np.asarray(np.load(path, mmap_mode="c"))
    if path.name.endswith("letters.npy"):
        found.flags.writeable = False
    return found


def _is_empty(path: Path) -> bool:
    """No byte follows the head, which cannot be mapped."""
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return 0 in read(file)[0]
