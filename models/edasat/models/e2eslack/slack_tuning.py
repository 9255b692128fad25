"""The last part of training: errors of end points' slack, through the differentiable timing layer.

Training on nets (:mod:`.module`) weighs all nets alike; this weighs them by what they do to slack, end to end: the
gradient runs from the slacks of all end points, setup and hold, through arrivals, slews, delays and wires into the
network. Wires of extraction, timed by the same layer, are the target, so that nothing but the wires is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from edasat.core.progress import Progress
from edasat.datasets.timing.samples import TimingSample
from edasat.datasets.timing.wires import LabelledNets, PlacedWires, wire_labels
from edasat.eda.timing.graph import EARLY, LATE

from ..layers.timing import TimingLayer
from ..layers.wires import RcWires
from .module import wire_loss
from .network import WireNetwork

#: Weight of hold against setup.
_HOLD: Final = 0.3
#: Slack errors count in shares of the slack's deviation, by their square below this one.
_LARGE: Final = 0.04
_SHARE: Final = 0.02


class TimedDesign(NamedTuple):
    """What a step needs of one design.

    Attributes:
        nets: all its nets with labels.
        layer: its timing.
        rc: its wires.
        resistors: int64: tree nodes that have a resistor, in the order of ``rc``.
        slack: [EARLY, LATE]: of end points with extracted wires, ns.
    """

    nets: LabelledNets
    layer: TimingLayer
    rc: RcWires
    resistors: Tensor
    slack: tuple[Tensor, Tensor]


def timed_design(sample: TimingSample, library: int) -> TimedDesign:
    """Lay out one labelled layout; ``library`` is the number that the network has for its library."""
    design = sample.design
    placed = PlacedWires.of(design)
    layer = TimingLayer(design.timer)
    golden = RcWires(design.timer, sample.golden)
    trees = placed.trees
    with torch.no_grad():
        slack = layer(golden(golden.capacitance[None], golden.resistance[None])).endpoint_slack
    return TimedDesign(
        LabelledNets(placed.forest(library), wire_labels(design.graph, trees, sample.golden)),
        layer,
        RcWires(design.timer, trees.network(trees.length, trees.length, "")),
        torch.as_tensor(trees.wires),
        slack,
    )


def slack_loss(network: WireNetwork, design: TimedDesign) -> Tensor:
    """Return the loss over the end points of one design."""
    wires = network(design.nets.forest)
    loads = design.rc(wires.capacitance.double()[None], wires.resistance.double()[design.resistors][None])
    found = design.layer(loads).endpoint_slack
    total = wires.capacitance.new_zeros(())
    for early_late, weight in ((LATE, 1.0), (EARLY, _HOLD)):
        wanted, got = design.slack[early_late], found[early_late]
        known = wanted.isfinite() & got.isfinite()
        if int(known.sum()) < 2:
            continue
        error = (got - wanted)[known] / (wanted[known].std() * _SHARE)
        total = total + weight * F.huber_loss(error, torch.zeros_like(error), delta=_LARGE / _SHARE)
    return total


def tune_on_slack(
    network: WireNetwork, designs: Sequence[TimedDesign], steps: int = 20, learning_rate: float = 1e-3
) -> None:
    """Train a network further, in place; every step sees all designs.

    Args:
        network: trained on nets.
        designs: laid out for it.
        steps: of AdamW, with one cycle of the learning rate.
        learning_rate: the highest one.
    """
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=max(steps, 2))
    with Progress("tuning on slack", steps) as progress:
        for _ in range(steps):
            optimizer.zero_grad()
            for design in designs:
                loss = slack_loss(network, design) + wire_loss(network, design.nets)
                (loss / len(designs)).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            progress.step("")
    network.eval()
