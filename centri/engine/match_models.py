"""Files of models: read with an error that says what to do, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import orjson

from centri.dedupe.companies.model import Model, default_model
from centri.errors import ConfigError

_TRAIN = "centri match train makes one"


def load_model(path: Path | None = None) -> Model:
    """The model of a file; without one, that of the package. Raises ConfigError where it holds none of this version."""
    if path is None:
        return default_model()
    try:
        told = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: the model cannot be read ({error.strerror}); {_TRAIN}") from error
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{path}: this is no model: it is no JSON ({error}); {_TRAIN}") from error
    try:
        return Model.of_json(told)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    except (AttributeError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise ConfigError(f"{path}: the model is damaged ({type(error).__name__}: {error}); {_TRAIN}") from error


def save_model(model: Model, path: Path) -> None:
    """Write a model in the place of what was there. Raises ConfigError where that cannot be."""
    text = orjson.dumps(model.as_json(), option=orjson.OPT_SORT_KEYS)
    replace_file(path, text)


def replace_file(path: Path, content: bytes) -> None:
    """The file with its new content, in one step or not at all. Raises ConfigError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be written ({error.strerror})") from error
