"""What area and delay of Verilog are predicted from without a neural network.

Every baseline takes features of each sample's design and conditions (library and script), and learns logarithms of area
and delay in the library's units, (rows, 2). Counts add up over a design, their logarithms do not: an additive model of
the counts comes first where asked for, and boosted trees learn what is left; trees alone cannot go beyond the largest
design of the training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from edasat.core.graph import Graph
from edasat.eda.verilog.gate_network import GATE_KINDS, GateNetwork
from edasat.eda.verilog.luts import LutNetwork
from edasat.eda.verilog.operations import OPERATIONS

Float = npt.NDArray[np.float64]
#: Features of one design by name; a name that is not there counts as 0.
Features = Mapping[str, float]

_AREA: Final = 0  # column of the targets
_ITERATIONS: Final = 300
_LEAST: Final = 1e-3  # of an additive estimate, in gates: its logarithm is taken


class QorBaseline(Protocol):
    """Anything that learns quality from features."""

    def fit(self, features: Sequence[Features], conditions: Float, logs: Float) -> Self:
        """Learn from (rows, ...) samples; NaN among the targets marks what was not measured."""
        ...

    def predict(self, features: Sequence[Features], conditions: Float) -> Float:
        """Return logarithms of area and delay, (rows, 2)."""
        ...


class Median:
    """The median of the training samples, whatever the design."""

    def fit(self, features: Sequence[Features], conditions: Float, logs: Float) -> Self:
        """Keep the medians."""
        self._median = np.nanmedian(logs, axis=0)
        return self

    def predict(self, features: Sequence[Features], conditions: Float) -> Float:
        """Return them for every sample."""
        return np.tile(self._median, (len(features), 1))


class LogLinear:
    """Linear regression on the logarithm of one feature, and the conditions.

    Args:
        feature: its name.
    """

    def __init__(self, feature: str) -> None:
        self.feature = feature

    def fit(self, features: Sequence[Features], conditions: Float, logs: Float) -> Self:
        """Solve least squares for both targets."""
        x = self._columns(features, conditions)
        solutions = []
        for target in logs.T:
            known = np.isfinite(target)
            solutions.append(np.linalg.lstsq(x[known], target[known], rcond=None)[0])
        self._weights = np.stack(solutions, axis=1)
        return self

    def predict(self, features: Sequence[Features], conditions: Float) -> Float:
        """Return the fitted lines' values."""
        predicted: Float = self._columns(features, conditions) @ self._weights
        return predicted

    def _columns(self, features: Sequence[Features], conditions: Float) -> Float:
        count = np.log1p([row.get(self.feature, 0.0) for row in features])
        return np.column_stack([np.ones(len(count)), count, conditions])


class Boosting:
    """Gradient-boosted trees on all features, after an additive model of the area.

    Args:
        additive: features whose weighted sum (weights of at least 0) is the first estimate of the area; the trees learn
            the logarithm of what it leaves. None: trees alone.
        seed: of the trees.
    """

    def __init__(self, additive: Sequence[str] = (), seed: int = 0) -> None:
        self.additive = tuple(additive)
        self.seed = seed

    def fit(self, features: Sequence[Features], conditions: Float, logs: Float) -> Self:
        """Fit the additive model, then trees for each target."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        self._names = sorted({name for row in features for name in row})
        self._weights = self._additive_weights(features, logs[:, _AREA])
        x, offset = self._columns(features, conditions)
        self._models = []
        for target in (logs - offset).T:
            known = np.isfinite(target)
            model = HistGradientBoostingRegressor(
                max_iter=_ITERATIONS, learning_rate=0.07, l2_regularization=1.0, random_state=self.seed
            )
            self._models.append(model.fit(x[known], target[known]))
        return self

    def predict(self, features: Sequence[Features], conditions: Float) -> Float:
        """Return the sums of both models."""
        x, offset = self._columns(features, conditions)
        return offset + np.stack([model.predict(x) for model in self._models], axis=1)

    def _additive_weights(self, features: Sequence[Features], log_area: Float) -> Float:
        """Return weights that minimise squared relative errors of the area."""
        from scipy.optimize import lsq_linear

        known = np.isfinite(log_area)
        counts = _table(features, self.additive)[known]
        shares = counts / np.exp(log_area[known])[:, None]
        weights: Float = lsq_linear(shares, np.ones(len(shares)), bounds=(0, np.inf)).x
        return weights

    def _columns(self, features: Sequence[Features], conditions: Float) -> tuple[Float, Float]:
        """Return the trees' inputs, and what is added to their outputs, (rows, 2)."""
        offset = np.zeros((len(features), 2))
        columns = [_table(features, self._names), conditions]
        if self.additive:
            estimate = _table(features, self.additive) @ self._weights
            offset[:, _AREA] = np.log(np.maximum(estimate, _LEAST))
            columns.append(offset[:, :1])
        return np.column_stack(columns), offset


def _table(features: Sequence[Features], names: Sequence[str]) -> Float:
    """Return the named features as (rows, names)."""
    return np.array([[row.get(name, 0.0) for name in names] for row in features]).reshape(len(features), len(names))


def word_features(graph: Graph) -> dict[str, float]:
    """Return what boosting reads of a word-level graph.

    Of every operation, summed over the flattened design: how often it stands (``count/add``), its output bits
    (``bits/add``), and the products of its widths where logic grows with them (``product/mul``). Besides these the
    depth: levels, and levels weighted with the depth of adders, multipliers and selectors (:func:`_depths`).

    Args:
        graph: of :func:`edasat.eda.verilog.word_graph.word_graph`.
    """
    words = graph.nodes["word"]
    operation, width, copies = (words.arrays[name] for name in ("op", "width", "copies"))
    bits = copies * np.maximum(width, words.arrays["max_in_width"])
    inner = bits * np.maximum(1.0, np.minimum(width, words.arrays["max_in_width"]))
    selected = copies * width * words.arrays["cases"]
    found: dict[str, float] = {}
    for number in np.unique(operation):
        name, of = OPERATIONS[number], operation == number
        found[f"count/{name}"] = float(copies[of].sum())
        found[f"bits/{name}"] = float(bits[of].sum())
        if name in _PRODUCTS:
            found[f"product/{name}"] = float(inner[of].sum())
        if selected[of].any():
            found[f"cases/{name}"] = float(selected[of].sum())
    level = words.level if words.level is not None else np.zeros(words.count, np.int32)
    found["levels"] = float(level.max(initial=0))
    found["depth"], found["mean_depth"] = _depths(graph, operation, width, level)
    return found


def gate_features(gates: GateNetwork, tables: LutNetwork) -> dict[str, float]:
    """Return what boosting reads of a design's gates before synthesis, and of the tables that they map on.

    Gates of each kind (``count/and``), inputs and outputs among them; tables of each number of inputs
    (``count/lut4``); ``levels`` of gates (an XOR or multiplexer counts for two) and ``lut_levels``, the longest and the
    mean over what ends paths.

    Args:
        gates: of :func:`edasat.eda.verilog.gate_network.gate_network`.
        tables: of :func:`edasat.eda.verilog.lut_mapping.map_luts`.
    """
    found: dict[str, float] = {}
    for number, count in enumerate(np.bincount(gates.kind, minlength=len(GATE_KINDS))):
        found[f"count/{GATE_KINDS[number]}"] = float(count)
    found["count/output"] = float(len(gates.outputs))
    for inputs, count in enumerate(np.bincount(tables.fanin_counts(), minlength=1)):
        found[f"count/lut{inputs}"] = float(count)
    ends = np.concatenate([gates.outputs, gates.next_state]) >> 1
    table_ends = np.concatenate([tables.outputs, tables.flip_flops[:, 0]])
    for name, level, at in (("levels", gates.levels(), ends), ("lut_levels", tables.levels(), table_ends)):
        found[name] = float(level[at].max(initial=0))
        found[f"mean_{name}"] = float(level[at].mean()) if len(at) else 0.0
    return found


#: Operations whose logic grows with the product of two widths.
_PRODUCTS: Final = frozenset({"mul", "div", "mod", "pow", "shl", "sshl", "shr", "sshr", "shift", "shiftx"})
#: Operations that take levels of gates in proportion to the logarithm of their width; a multiplier has two such trees,
#: a divider one per bit.
_LOGARITHMIC: Final = frozenset(
    {*("add", "sub", "neg", "eq", "ne", "lt", "le", "gt", "ge"), *("shl", "sshl", "shr", "sshr", "shift", "shiftx")}
)


def _depths(
    graph: Graph, operation: npt.NDArray[np.int16], width: npt.NDArray[np.float32], level: npt.NDArray[np.int32]
) -> tuple[float, float]:
    """Return the longest path in rough gate levels, and its mean over the nodes that end paths."""
    edges = graph.edges["word", "drives", "word"]
    words = graph.nodes["word"]
    log_width = np.log2(1 + np.maximum(width, words.arrays["max_in_width"]))
    own = np.zeros(words.count)
    for number in np.unique(operation):
        name, of = OPERATIONS[number], operation == number
        if name in _LOGARITHMIC or name.startswith("reduce"):
            own[of] = log_width[of]
        elif name == "mul":
            own[of] = 3 * log_width[of]
        elif name in {"div", "mod"}:
            own[of] = width[of] * log_width[of]
        elif name in {"pmux", "bmux", "demux", "memrd"}:
            own[of] = np.log2(2 + words.arrays["cases"][of])
        elif name in {"and", "or", "xor", "xnor", "not", "mux"} or name.startswith("logic"):
            own[of] = 1
    through = np.flatnonzero((edges.arrays["crosses_register"] == 0) & (level[edges.index[0]] < level[edges.index[1]]))
    through = through[np.argsort(level[edges.index[1, through]], kind="stable")]
    bounds = np.flatnonzero(np.diff(level[edges.index[1, through]])) + 1
    arrival = own.copy()
    for part in np.split(through, bounds):
        source, target = edges.index[:, part]
        latest = np.zeros(words.count)
        np.maximum.at(latest, target, arrival[source])
        reached = np.unique(target)
        arrival[reached] = own[reached] + latest[reached]
    ends = np.ones(words.count, dtype=bool)
    ends[edges.index[0, through]] = False
    return float(arrival.max(initial=0.0)), float(arrival[ends].mean()) if ends.any() else 0.0
