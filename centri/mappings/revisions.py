"""A mapping file as it was at a revision in git, or as another file has it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os.path import normpath
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from centri.errors import ConfigError, Problem
from centri.mappings.source import Source, read


@contextmanager
def source_at(given: str, mapping: Path) -> Iterator[Source]:
    """``given`` names a file, or a revision of the repository that ``mapping`` lies in. Faults are told as REVISION:FILE.

    Files that the mapping reads come from the same revision; they are there within the context. Raises ConfigError where
    git, the revision or the file in it is missing, or the file is no YAML.
    """
    if Path(given).is_file():
        yield read(Path(given))
        return
    folder = mapping.resolve().parent
    root = Path(
        _git(folder, "rev-parse", "--show-toplevel", problem=f"{given!r} is no file, and {folder} is in no git repository")
    )
    unknown = f"git knows no revision {given!r}, and no file is called that; in a shallow clone fetch it first: git fetch origin"
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{given}^{{commit}}", problem=unknown)
    name = PurePosixPath((folder / mapping.name).relative_to(root))
    with TemporaryDirectory(prefix="centri-") as made:
        copy = Path(made) / name
        if not _copy(root, commit, name, copy):
            raise ConfigError(Problem("is not there at that revision; name one that has it", f"{given}:{name}"))
        try:
            source = read(copy)
            for table in _tables(source, name):
                _copy(root, commit, table, Path(made) / table)
            yield source
        except ConfigError as error:
            raise ConfigError(*(_shown(p, f"{made}/", f"{given}:") for p in error.problems)) from error


def _shown(problem: Problem, folder: str, revision: str) -> Problem:
    """The problem, naming the revision in place of the folder that its files are in for now."""
    return Problem(problem.message.replace(folder, revision), problem.file.replace(folder, revision), problem.line)


def _tables(source: Source, name: PurePosixPath) -> Iterator[PurePosixPath]:
    """The files that value maps are read from, by their place in the repository."""
    choices = source.data.get("choices") if isinstance(source.data, Mapping) else None
    for block in choices.values() if isinstance(choices, Mapping) else ():
        if isinstance(block, Mapping) and isinstance(block.get("file"), str):
            path = PurePosixPath(normpath(name.parent / block["file"]))
            if not path.is_absolute() and ".." not in path.parts:
                yield path


def _copy(root: Path, commit: str, name: PurePosixPath, to: Path) -> bool:
    """Whether it is there."""
    done = _run(root, "show", f"{commit}:{name}")
    if done.returncode == 0:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(done.stdout)
    return done.returncode == 0


def _git(folder: Path, *words: str, problem: str) -> str:
    done = _run(folder, *words)
    if done.returncode:
        raise ConfigError(problem)
    return done.stdout.decode().rstrip("\n")


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)  # noqa: S603, S607 - git of the PATH
    except OSError as error:
        raise ConfigError("git cannot be run; install it, or name two files instead of revisions") from error
