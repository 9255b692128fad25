"""How well area and delay of Verilog are predicted, by networks and without them.

``edasat evaluate veridistill --table FOLDER --data DATA --work DIR -o results/veridistill.json`` scores the shipped
networks, the networks that are compared with them (trained into DIR, and reused) and the baselines on four parts that
no training saw: new modules of known families, modules of held-out families, hand-written designs of ours, and real RTL
of other people (``DATA/rtl``; measured once, and kept in DIR). Everything that is trained sees the same modules.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.progress import Progress
from edasat.core.threads import set_threads
from edasat.datasets.design_batches import TokenArrays
from edasat.datasets.qor_rtl_data import VIEWS, Designs, LabelledDesign, View, load_designs
from edasat.eda.synthesis.known_libraries import known_units
from edasat.models.evaluation.qor import TARGETS, QorRows, QorScore, best_method, gain, score_qor
from edasat.models.evaluation.qor_baselines import Boosting, Features, LogLinear, Median, QorBaseline
from edasat.models.veridistill.ensemble import QorEnsemble
from edasat.models.veridistill.predictor import Predictor

from .qor_designs import real_designs
from .qor_features import GATES, SYNTAX, WORDS, additive, design_features, of_source
from .qor_real import label_real, left_out, load_real
from .results import write_result

Float = npt.NDArray[np.float64]

TEACHER: Final = "teacher"
_TAUGHT: Final = "--data.teacher={teacher}"
_TEN: Final = "--trainer.max_epochs=10"
#: Networks beside the shipped ones: folder in DIR -> title, members and LightningCLI arguments. ``{teacher}`` is the
#: file of the teacher's latents.
VARIANTS: Final[Mapping[str, tuple[str, int, tuple[str, ...]]]] = {
    TEACHER: ("teacher (reads the result of synthesis)", 1, ("--model.network=teacher", "--trainer.max_epochs=8")),
    "text-labels": ("text, without teacher", 3, ("--model.network=text",)),
    "text-distilled": ("text, with teacher", 3, ("--model.network=text", _TAUGHT)),
    "text-published": (
        "text, with teacher, published loss",
        3,
        ("--model.network=text", _TAUGHT, "--model.loss=mse"),
    ),
    "ast": ("syntax tree, graph network", 3, ("--model.network=syntax",)),
    "graph-labels": ("graph, without teacher", 3, ("--model.network=graph",)),
    "graph-distilled": ("graph, with teacher", 3, ("--model.network=graph", _TAUGHT)),
    "gates-labels": ("gates, without teacher", 3, ("--model.network=gates", _TEN)),
    "gates-distilled": ("gates, with teacher", 3, ("--model.network=gates", _TEN, _TAUGHT)),
}
#: What distillation gains: networks that differ in nothing else.
PAIRS: Final = (
    ("text-distilled", "text-labels"),
    ("graph-distilled", "graph-labels"),
    ("gates-distilled", "gates-labels"),
)
CONSTANT: Final = "constant"
LINE_OF_TOKENS: Final = "token count, linear"
SYNTAX_BOOSTING: Final = "syntax-tree features, boosting"
WORD_BOOSTING: Final = "word-graph features, boosting"
GATE_BOOSTING: Final = "gate features, boosting"
#: The last two read what our own elaboration finds.
BASELINES: Final = (CONSTANT, LINE_OF_TOKENS, SYNTAX_BOOSTING, WORD_BOOSTING, GATE_BOOSTING)
#: Parts as the labelled set calls them; "real" is that of other people's RTL.
PARTS: Final = ("test", "held-out", "hand-written", "real")
LIBRARIES: Final = ("nangate45", "sky130hd", "osu018", "edasat45")
_TOKENS: Final = "tokens"
_TRAINED: Final = ("train", "validation")
_CHUNK: Final = 16  # designs per batch
_CHUNK_SIZE: Final = 60_000  # nodes or tokens per batch; a larger design is a batch of its own


@dataclass(frozen=True, eq=False)
class Part:
    """The designs of one part, and their samples: each design's questions in order, one design after the other."""

    designs: Sequence[LabelledDesign]

    @property
    def rows(self) -> QorRows:
        """Return the samples."""
        owners = [one for one in self.designs for _ in one.libraries]
        libraries = [library for one in self.designs for library in one.libraries]
        units = np.array([[known_units()[name].area_um2, known_units()[name].delay_ps] for name in libraries])
        logs = np.concatenate([np.stack([one.log_area, one.log_delay], axis=1) for one in self.designs])
        return QorRows(
            [one.name for one in owners],
            [one.name if one.family == "hand-written" else one.family for one in owners],
            libraries,
            [script for one in self.designs for script in one.scripts],
            np.nan_to_num(np.exp(logs.astype(np.float64))) * units,
            units,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, required=True, help="folder of `edasat data build qor-rtl`")
    parser.add_argument("--data", type=Path, required=True, help="folder with rtl/ and libs/ of other people")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made on the way; reused")
    parser.add_argument("-o", "--out", type=Path, required=True, help="result file (JSON)")
    parser.add_argument("--weights", type=Path, default=None, help="weights; default: those that ship")
    given = parser.parse_args(arguments)
    set_threads(1)
    given.work.mkdir(parents=True, exist_ok=True)
    labels = label_real(real_designs(given.data), LIBRARIES, given.data, given.work / "real")
    views: tuple[View, ...] = ("tokens", "words", "gates", "luts", "syntax")
    designs = load_designs(given.table, views) + load_real(given.data, given.work / "real", labels, views)
    parts = {part: Part([one for one in designs if one.part == part]) for part in PARTS}
    found = evaluate(parts, [one for one in designs if one.part in _TRAINED], given)
    found["refused"] = {name: why for name, label in labels.items() if (why := left_out(label)) is not None}
    write_result(
        given.out,
        found,
        command="edasat evaluate veridistill " + " ".join(arguments if arguments is not None else sys.argv[1:]),
        seed=0,
        packages=("numpy", "torch", "scikit-learn", "pyosys", "pyslang"),
    )
    return 0


def evaluate(parts: Mapping[str, Part], known: Sequence[LabelledDesign], given: argparse.Namespace) -> dict[str, Any]:
    """Return scores of all methods on all parts, and what they gain over each other."""
    predictions: dict[str, dict[str, Float]] = {part: {} for part in parts}
    intervals: dict[str, dict[str, Float]] = {part: {} for part in parts}
    for name, method in baselines(known, given).items():
        for part, designs in parts.items():
            predictions[part][name] = method(designs)
    shipped = Predictor.load(given.weights)
    networks: dict[str, QorEnsemble] = {**shipped.ensembles, **variants(given.work / "networks", given.table)}
    flagged: dict[str, float] = {}
    for name, ensemble in networks.items():
        for part, designs in parts.items():
            logs, strange = answers(ensemble, designs.designs)
            predictions[part][name] = logs
            if name in shipped.ensembles:
                half = np.array(ensemble.settings.half_widths)
                intervals[part][name] = np.stack([logs - half, logs + half], axis=2)
            if name == max(shipped.ensembles, key=len):  # the network that answers where Yosys is
                flagged[part] = float(strange.mean())
    return {
        "titles": {name: title for name, (title, *_) in VARIANTS.items()},
        "samples": {part: _counts(one) for part, one in parts.items()},
        "trained_on": len(known),
        "coverage": next(iter(shipped.ensembles.values())).settings.coverage,
        "flagged": flagged,
        **summary(parts, predictions, intervals),
    }


def summary(
    parts: Mapping[str, Part],
    predictions: Mapping[str, Mapping[str, Float]],
    intervals: Mapping[str, Mapping[str, Float]],
) -> dict[str, Any]:
    """Return scores by part and method, gains over the best baseline, and gains by distillation."""
    scores: dict[str, dict[str, dict[str, Any]]] = {}
    gains: dict[str, dict[str, dict[str, Any]]] = {}
    distillation: dict[str, dict[str, dict[str, Any]]] = {}
    for part, found in predictions.items():
        rows = parts[part].rows
        scored: dict[str, dict[str, QorScore]] = {
            name: score_qor(rows, guess, intervals[part].get(name)) for name, guess in found.items()
        }
        scores[part] = {
            name: {target: one.to_dict() for target, one in score.items()} for name, score in scored.items()
        }
        simple: dict[str, dict[str, QorScore]] = {name: scored[name] for name in BASELINES if name in scored}
        best = {target: best_method(simple, target) for target in TARGETS}
        gains[part] = {
            name: {
                target: {"over": best[target], **_gains(rows, guess, found[best[target]])[target]} for target in TARGETS
            }
            for name, guess in found.items()
            if name not in BASELINES
        }
        distillation[part] = {
            f"{taught} over {alone}": _gains(rows, found[taught], found[alone])
            for taught, alone in PAIRS
            if taught in found and alone in found
        }
    return {"scores": scores, "gains": gains, "distillation": distillation}


def _gains(rows: QorRows, guess: Float, other: Float) -> dict[str, dict[str, Any]]:
    """Return the share by which errors shrink, with intervals over clusters and over designs."""
    over_clusters = gain(rows, guess, other)
    over_designs = gain(rows, guess, other, over="designs")
    return {
        target: {"clusters": vars(over_clusters[target]), "designs": vars(over_designs[target])} for target in TARGETS
    }


def _counts(part: Part) -> dict[str, Any]:
    rows = part.rows
    return {
        "designs": len(part.designs),
        "samples": len(rows),
        "clusters": len(set(rows.clusters)),
        "libraries": sorted(set(rows.libraries)),
        "gates": [float(value) for value in np.quantile(rows.gates, (0, 0.5, 1))] if len(rows) else [],
    }


def baselines(known: Sequence[LabelledDesign], given: argparse.Namespace) -> dict[str, Callable[[Part], Float]]:
    """Fit the baselines on the training designs."""
    features = design_features(given.table, given.data, given.work)
    logs = np.concatenate([np.stack([one.log_area, one.log_delay], axis=1) for one in known]).astype(np.float64)
    own: dict[str, tuple[QorBaseline, Callable[[LabelledDesign], Features]]] = {
        CONSTANT: (Median(), _token_count),
        LINE_OF_TOKENS: (LogLinear(_TOKENS), _token_count),
        SYNTAX_BOOSTING: (Boosting(additive(features, SYNTAX)), lambda one: of_source(features[one.name], SYNTAX)),
        WORD_BOOSTING: (Boosting(additive(features, WORDS)), lambda one: of_source(features[one.name], WORDS)),
        GATE_BOOSTING: (Boosting(additive(features, GATES)), lambda one: of_source(features[one.name], GATES)),
    }
    found: dict[str, Callable[[Part], Float]] = {}
    with Progress("baselines", len(own)) as progress:
        for name, (model, read) in own.items():
            model.fit(_repeated(known, read), _conditions(known), logs)
            found[name] = partial(_predict_baseline, model, read)
            progress.step(name)
    return found


def _predict_baseline(model: QorBaseline, read: Callable[[LabelledDesign], Features], part: Part) -> Float:
    return model.predict(_repeated(part.designs, read), _conditions(part.designs))


def _repeated(designs: Sequence[LabelledDesign], read: Callable[[LabelledDesign], Features]) -> list[Features]:
    """Return the features of every question's design."""
    return [features for one in designs for features in [read(one)] * len(one.libraries)]


def _token_count(design: LabelledDesign) -> Features:
    tokens = design.views["tokens"]
    assert isinstance(tokens, TokenArrays)
    return {_TOKENS: float(len(tokens.ids))}


def _conditions(designs: Sequence[LabelledDesign]) -> Float:
    return np.concatenate([one.conditions for one in designs]).astype(np.float64)


def variants(folder: Path, table: Path) -> dict[str, QorEnsemble]:
    """Load the networks that are compared; train those that are not there."""
    from edasat.models.veridistill.release import LATENTS, train

    found = {}
    for name, (_, members, options) in VARIANTS.items():
        if not (folder / name / "veridistill.json").exists():
            words = [option.format(teacher=folder / TEACHER / LATENTS) for option in options]
            train([*words, f"--data.folder={table}"], output=folder / name, members=members)
        (ensemble,) = Predictor.load(folder / name).ensembles.values()
        found[name] = ensemble
    return found


def answers(ensemble: QorEnsemble, designs: Sequence[LabelledDesign]) -> tuple[Float, npt.NDArray[np.bool_]]:
    """Return logarithms for every question, (questions, 2), and which designs are unlike the training's."""
    batches = Designs([_only(one, VIEWS[ensemble.settings.config.network]) for one in designs])
    logs, strange = [np.zeros((0, 2))], [np.zeros(0, bool)]
    for chunk in _chunks([one.size for one in batches.designs]):
        found = ensemble.answer(batches.batch(chunk))
        logs.append(found.logs)
        strange.append(found.distance > 1)
    return np.concatenate(logs), np.concatenate(strange)


def _only(design: LabelledDesign, views: Sequence[View]) -> LabelledDesign:
    return replace(design, views={view: design.views[view] for view in views})


def _chunks(sizes: Sequence[int]) -> list[list[int]]:
    """Cut a list into runs that are neither too many nor too large together.

    >>> _chunks([10, 59_990, 1, 1])
    [[0, 1], [2, 3]]
    """
    chunks: list[list[int]] = []
    total = 0
    for number, size in enumerate(sizes):
        if not chunks or len(chunks[-1]) == _CHUNK or total + size > _CHUNK_SIZE:
            chunks.append([])
            total = 0
        chunks[-1].append(number)
        total += size
    return chunks


if __name__ == "__main__":
    sys.exit(main())
