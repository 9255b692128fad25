"""The methods that :mod:`edasat.tools.evaluate_e2eslack` compares: trained on some layouts, asked about another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edasat.datasets.timing.samples import GoldenEnds, TimingSample
from edasat.eda.timing.analysis import Timing
from edasat.eda.timing.calibrated import CalibratedTree, Extracted, fit_tree
from edasat.eda.timing.estimate import layer_rc, node_positions, placement_wires
from edasat.eda.timing.wires import Lumped, RcNetwork, no_wires
from edasat.models.e2eslack.prediction import EndTimes, SlackPrediction
from edasat.models.e2eslack.predictor import SYSTEM, PredictedSlack, SlackPredictor, WirePredictor, weights_of
from edasat.models.e2eslack.published import SYSTEM as PUBLISHED_SYSTEM
from edasat.models.e2eslack.published import PublishedConfig, PublishedModel, train_published
from edasat.models.e2eslack.release import fit_networks, tune
from edasat.models.training.weights import save_weights

from .slack_names import CALIBRATED, ENGINE, MODEL, PUBLISHED


@dataclass(frozen=True, eq=False)
class Answer:
    """What one method says of one design.

    Attributes:
        ends: end points.
        timing: the analysis behind them; None where there is none.
        predicted: the model's own record; None for other methods.
    """

    ends: SlackPrediction
    timing: Timing | None = None
    predicted: PredictedSlack | None = None


@dataclass(frozen=True, eq=False)
class FittedTree:
    """A tree fitted to layouts of one library, which can be carried over to another by the technology files.

    Attributes:
        tree: fitted.
        ohm_per_um, ff_per_um: of the library's technology file.
    """

    tree: CalibratedTree
    ohm_per_um: float
    ff_per_um: float

    def for_technology(self, ohm_per_um: float, ff_per_um: float) -> CalibratedTree:
        """Return the tree of another library: values scaled as those of the technology files."""
        ohm, ff = ohm_per_um / self.ohm_per_um, ff_per_um / self.ff_per_um
        return replace(
            self.tree,
            ohm_per_um=tuple(value * ohm for value in self.tree.ohm_per_um),
            ff_per_um=tuple(value * ff for value in self.tree.ff_per_um),
        )


@dataclass(frozen=True, eq=False)
class Trained:
    """All methods, fitted to the same layouts.

    Attributes:
        model: networks and engine.
        trees, stars: by library.
        mean_slack: setup and hold slack as a share of the period, over all designs.
        published: the published kind of network, or None.
    """

    model: SlackPredictor
    trees: Mapping[str, FittedTree]
    stars: Mapping[str, FittedTree]
    mean_slack: tuple[float, float]
    published: PublishedModel | None


def train_without(
    arguments: Sequence[str],
    work: Path,
    samples: Sequence[TimingSample],
    held_out: Sequence[str],
    members: int,
    *,
    published: int,
) -> Trained:
    """Fit all methods.

    Args:
        arguments: of LightningCLI.
        work: folder where networks are kept and looked for.
        samples: the layouts.
        held_out: groups that the data module leaves out; the rest is ``samples``.
        members: networks of the ensemble.
        published: epochs of the published kind of network; 0: none.
    """
    return Trained(
        model=SlackPredictor(_networks(arguments, work, samples, held_out, members)),
        trees=_fit_trees(samples, {}),
        stars=_fit_trees(samples, {"alpha": 1.0, "knots": (1.0,)}),
        mean_slack=_mean_slack(samples),
        published=_published(work, samples, published) if published else None,
    )


def _networks(
    arguments: Sequence[str], work: Path, samples: Sequence[TimingSample], held_out: Sequence[str], members: int
) -> WirePredictor:
    if (work / f"{SYSTEM}.json").exists():
        return SlackPredictor.load(work).wires
    networks, data = fit_networks(arguments, work, held_out, members)
    tune(networks, samples, data.libraries)
    card = {"members": len(networks), "config": networks[0].config.to_dict(), "calibration": None}
    save_weights(work, SYSTEM, weights_of(networks), card)
    return WirePredictor(networks)


def _published(work: Path, samples: Sequence[TimingSample], epochs: int) -> PublishedModel:
    if (work / f"{PUBLISHED_SYSTEM}.json").exists():
        return PublishedModel.load(work)
    model = train_published(samples, PublishedConfig(epochs=epochs))
    model.save(work, {"designs": [sample.id for sample in samples]})
    return model


def _fit_trees(samples: Sequence[TimingSample], options: Mapping[str, Any]) -> dict[str, FittedTree]:
    trees = {}
    for library in sorted({sample.library for sample in samples}):
        layouts, rc = [], (0.0, 0.0)
        for sample in samples:
            if sample.library == library:
                design = sample.design
                assert design.lef is not None
                layouts.append(Extracted(design.graph, *node_positions(design.graph, design.lef), sample.golden))
                rc = layer_rc(design.lef)
        trees[library] = FittedTree(fit_tree(layouts, **options), *rc)
    return trees


def _mean_slack(samples: Sequence[TimingSample]) -> tuple[float, float]:
    """Return mean setup and hold slack as shares of the period."""
    shares: tuple[list[float], list[float]] = ([], [])
    for sample in samples:
        for side, ends in enumerate(sample.ends):
            if len(ends):
                shares[side].append(float(ends.slack.mean()) / sample.period)
    return float(np.mean(shares[1])), float(np.mean(shares[0]))


def answers(sample: TimingSample, trained: Trained) -> dict[str, Answer]:
    """Ask all methods about one design."""
    design = sample.design
    graph, timer, lef = design.graph, design.timer, design.lef
    assert lef is not None
    x, y = node_positions(graph, lef)
    ohm, ff = layer_rc(lef)
    setup, hold = trained.mean_slack
    wires: dict[str, Lumped | RcNetwork] = {
        "no wires": no_wires(graph),
        "star": _tree(trained.stars, sample.library, ohm, ff).wires(graph, x, y),
        "tree, technology file": placement_wires(graph, x, y, ohm, ff),
        CALIBRATED: _tree(trained.trees, sample.library, ohm, ff).wires(graph, x, y),
        ENGINE: sample.golden,
    }
    found = {"constant": Answer(SlackPrediction(_constant(sample, 0, hold), _constant(sample, 1, setup)))}
    for name, network in wires.items():
        timing = timer.run(network)
        found[name] = Answer(SlackPrediction.of(timing.ends), timing)
    if trained.published is not None:
        found[PUBLISHED] = Answer(trained.published.predict(design))
    predicted = trained.model.predict(design, sample.library)
    found[MODEL] = Answer(predicted.ends, predicted.result.timing, predicted)
    return found


def _tree(trees: Mapping[str, FittedTree], library: str, ohm: float, ff: float) -> CalibratedTree:
    return trees[library].tree if library in trees else next(iter(trees.values())).for_technology(ohm, ff)


def _constant(sample: TimingSample, side: int, share: float) -> EndTimes:
    golden: GoldenEnds = sample.ends[side]
    slack = np.full(len(golden), share * sample.period)
    return EndTimes(golden.node, slack, golden.required.mean() - slack, np.full(len(golden), golden.required.mean()))
