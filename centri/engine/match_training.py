"""Train a model on leads whose company is known, and say on leads held back what it gains before it is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from centri.dedupe.companies import measures
from centri.dedupe.companies.learning import Examples, learn
from centri.dedupe.companies.measures import Measures, Outcomes, measure
from centri.dedupe.companies.model import Model, default_model
from centri.dedupe.companies.rules import CompanyRules
from centri.engine.match_columns import open_columns
from centri.engine.match_examples import Gathered, gathered, in_parts, known_accounts, labels, questions
from centri.engine.match_files import built, spread
from centri.engine.match_models import save_model
from centri.engine.match_pool import Pool
from centri.engine.match_world import Progress, silent
from centri.errors import ConfigError
from centri.settings import Settings

FOLDS = 3
"""Each lead is held back once, from a model that the others teach."""

_NO_WORSE = 0.001
"""F1 by which a model may be worse, where what its scores are worth is truer."""


@dataclass(frozen=True)
class TrainFiles:
    """Files to learn from, and where the model goes."""

    accounts: Path
    leads: Path
    labels: Path
    out: Path
    columns: Sequence[str] = ()
    processes: int | None = None
    accept: float = CompanyRules().accept


@dataclass(frozen=True)
class Trial:
    """What training gains: the default model, and models that others taught, on the same leads. Nothing is written yet."""

    examples: Examples = field(repr=False)
    about: Mapping[str, Any]
    before: Measures
    after: Measures

    @property
    def better(self) -> bool:
        """More is found, or as much and the scores are truer."""
        gain = self.after.best.f1 - self.before.best.f1
        truer = self.after.calibration_error < self.before.calibration_error
        return gain > 0 or (gain >= -_NO_WORSE and truer)


def try_files(wanted: TrainFiles, *, progress: Progress = silent) -> Trial:
    """What a model learned from files would gain. Raises ConfigError."""
    files = {"accounts": wanted.accounts, "leads": wanted.leads, "labels": wanted.labels}
    opened = open_columns(files, wanted.columns)
    right = labels(opened["labels"])
    with spread(files.values(), wanted.processes) as workers, built(opened["accounts"], workers, None, progress) as world:
        known_accounts(right, world.facts.__contains__, str(wanted.labels))
        found = gathered(world, workers, questions(opened["leads"], right, progress))
        about = {"accounts": len(world), "trained on": ", ".join(path.name for path in files.values())}
        return trial(found, about, wanted.accept, workers, progress=progress)


def try_decisions(settings: Settings, accept: float = CompanyRules().accept, *, progress: Progress = silent) -> Trial:
    """What a model learned from what people decided in the store would gain. Raises ConfigError."""
    from centri.engine.match_stored import decided, world_of

    with world_of(settings) as world:
        rows, right = decided(world.engine)
        if not rows:
            raise ConfigError("nobody has decided on a lead yet: centri match review asks, and --labels takes a labelled file")
        found = gathered(world, Pool(), in_parts(rows, right, progress))
        about = {"accounts": len(world), "trained on": "decisions of people in the store"}
    return trial(found, about, accept, Pool(), progress=progress)


def trial(found: Gathered, about: Mapping[str, Any], accept: float, workers: Pool, *, progress: Progress = silent) -> Trial:
    """What a model learned from some examples would gain on leads held back. Raises ConfigError where they are too few."""
    before = measure(_outcomes(default_model(), found), accept)
    after = measure(_held_back(found, workers, progress), accept)
    told = {
        **about,
        "leads": len(found),
        "candidates": len(found.examples.query),
        "held back": {name: _figures(measured) for name, measured in (("default model", before), ("this model", after))},
    }
    return Trial(found.examples, told, before, after)


def take(done: Trial, out: Path) -> Model:
    """Learn from all examples and write the model. Raises ConfigError where it cannot be written."""
    model = replace(_learned(done.examples), about=dict(done.about))
    save_model(model, out)
    return model


def _figures(measured: Measures) -> dict[str, float]:
    told = measures.as_json(measured)
    return {
        "f1": told["best"]["f1"],
        "recall at precision 0.99": told["recall_at_precision"]["0.99"],
        "calibration error": told["calibration_error"],
    }


def _outcomes(model: Model, found: Gathered) -> Outcomes:
    """What a model makes of the leads: the score of the best candidate of each, and whether it is right."""
    examples = found.examples
    likely = model.judge(examples.evidence, examples.query, examples.name).probability
    order = np.lexsort((-likely, examples.query))
    query = examples.query[order]
    first = order[np.r_[True, query[1:] != query[:-1]]] if len(order) else order
    score, right = np.zeros(len(found)), np.zeros(len(found), dtype=bool)
    score[examples.query[first]], right[examples.query[first]] = likely[first], examples.right[first]
    return Outcomes(score, right, found.answerable)


def _held_back(found: Gathered, workers: Pool, progress: Progress) -> Outcomes:
    """The same of models that did not see the leads they are asked, each taught by a process of its own."""
    fold = np.random.default_rng(11).permutation(len(found)) % FOLDS
    whole = Outcomes(np.zeros(len(found)), np.zeros(len(found), dtype=bool), found.answerable)
    taught = (found.examples.where(fold[found.examples.query] != held) for held in range(FOLDS))
    for held, model in enumerate(workers.each(_learned, taught)):
        mine = fold == held
        theirs = _outcomes(model, replace(found, examples=found.examples.where(mine[found.examples.query])))
        whole.score[mine], whole.right[mine] = theirs.score[mine], theirs.right[mine]
        progress("folds", 1)
    return whole


def _learned(examples: Examples) -> Model:
    """A model of some examples, made by one thread: several wait for one another wherever processors are few."""
    import sklearn.ensemble  # noqa: F401 - only what is loaded can be limited
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1):
            return learn(examples, prior=default_model())
    except ValueError as error:
        raise ConfigError(f"too little to learn from: {error}; label more leads, those of no account too") from error
