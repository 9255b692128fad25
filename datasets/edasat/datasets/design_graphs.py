"""Word-level graphs, LUT networks and syntax trees as the arrays that models read.

Numeric features are logarithms or shares: widths span three decades, and what hardware costs is close to a power of
them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.graph import Graph
from edasat.eda.verilog.gate_balancing import balance
from edasat.eda.verilog.gate_network import GateNetwork
from edasat.eda.verilog.hierarchy import modules_below
from edasat.eda.verilog.lut_mapping import map_luts
from edasat.eda.verilog.luts import LUT_KINDS, MAX_INPUTS, lut_graph
from edasat.eda.verilog.operations import OP, OPERATIONS, PORT
from edasat.eda.verilog.syntax_tree import NODE_KINDS
from edasat.eda.verilog.words import Words

from .design_batches import INSIDE, NO_PATH, PATH, GraphArrays

FloatArray = npt.NDArray[np.float32]

#: Numeric features of words. The sizes stand first, see :data:`NUM_WORD_SIZES`.
WORD_FEATURES: Final = (
    "log_width",  # output bits that something takes
    "log_in_width",  # bits of all inputs
    "log_max_in_width",  # bits of the widest input
    "log_cases",  # of a parallel multiplexer, words of a memory or of the memory that a port belongs to
    "log_free",  # share of the input bits that are not constant
    "log_load",  # pins per output bit: a bit that selects or enables a word drives all of it
    "log_ones",  # input bits that are the constant 1
    "signed",
)
#: Leading features whose powers the cost of an operation may follow.
NUM_WORD_SIZES: Final = 7
NUM_WORD_KINDS: Final = len(OPERATIONS)
#: Relations that message passing tells apart: what is computed on, what controls, and the hierarchy.
WORD_RELATIONS: Final = ("data", "control", "hierarchy")
_CONTROL: Final = ("select", "clock", "enable", "reset", "address")
_HIERARCHY: Final = ("child", "parent")
_RELATION_OF_PORT: Final = np.array(
    [1 if name in _CONTROL else 2 if name in _HIERARCHY else 0 for name in PORT], dtype=np.int8
)

#: Kinds of LUT nodes: input, constant, flip-flop, then LUTs by number of inputs.
LUT_NODES: Final = (*LUT_KINDS[:-1], *(f"lut{count}" for count in range(MAX_INPUTS + 1)))
NUM_LUT_KINDS: Final = len(LUT_NODES)
LUT_FEATURES: Final = (
    "log_fan_out",
    "ones",  # share of ones in the truth table, the rarer value counted
    "sensitivity",  # inputs that flip the output, averaged over all assignments
    "balance",  # of the sensitivities: 1 if all inputs matter alike
    "unate",  # share of the inputs that only ever raise, or only ever lower, the output
)
#: All of them: what a LUT costs in gates is learned per number of inputs.
NUM_LUT_SIZES: Final = 5
LUT_RELATIONS: Final = ("drives", "next")

NUM_SYNTAX_KINDS: Final = len(NODE_KINDS)
#: Numeric features of the nodes of syntax trees. The sizes stand first.
SYNTAX_FEATURES: Final = (
    "log_width",  # bits of a declared name, literal or expression
    "log_widest",  # bits of the widest child: what comparisons and reductions cost follows their operands
    "log_value",  # of constants; words of a memory
    "log_children",
    "position",  # among its parent's children, in eighths, at most 1
    "depth",  # in sixteenths
)
NUM_SYNTAX_SIZES: Final = 4
SYNTAX_RELATIONS: Final = ("child", "refers")


def word_arrays(graph: Graph) -> GraphArrays:
    """Return the arrays of a word-level graph of :func:`edasat.eda.verilog.word_graph`."""
    words = graph.nodes["word"]
    edges = graph.edges["word", "drives", "word"]
    source, target = edges.index.astype(np.int32)
    op = words.arrays["op"]
    port = edges.arrays["port"]
    level = words.level if words.level is not None else np.zeros(words.count, np.int32)
    width = words.arrays["used_bits"]
    wide = np.isin(port, [PORT[name] for name in ("select", "enable", "reset")])
    pins = np.where(wide, np.maximum(edges.arrays["bits"], width[target]), edges.arrays["bits"])
    load = np.bincount(source, weights=pins, minlength=words.count)
    cases = words.arrays["cases"].copy()
    # What a port of a memory costs depends on the memory's words.
    for port_op, memory_end, port_end in (("memrd", source, target), ("memwr", target, source)):
        edge = (op[port_end] == OP[port_op]) & (op[memory_end] == OP["memory"])
        cases[port_end[edge]] = cases[memory_end[edge]]
    sizes = [
        np.log1p(width),
        np.log1p(words.arrays["in_width"]),
        np.log1p(words.arrays["max_in_width"]),
        np.log1p(cases),
        np.log1p(-words.arrays["constant_share"] * 0.98),
        np.log1p(load / np.maximum(width, 1)),
        np.log1p(words.arrays["ones"]),
    ]
    x = np.stack([*sizes, words.arrays["signed"]], axis=1).astype(np.float32)
    path = np.where(port == PORT["child"], INSIDE, PATH).astype(np.int8)
    # Edges against the levels close combinational cycles, which the graph has broken there.
    path[(edges.arrays["crosses_register"] > 0) | (level[source] >= level[target])] = NO_PATH
    return GraphArrays(
        kind=op.astype(np.int16),
        x=x,
        log_copies=np.log(np.maximum(words.arrays["copies"], 1)).astype(np.float32),
        order=np.argsort(level, kind="stable").astype(np.int32),
        source=source,
        target=target,
        relation=_RELATION_OF_PORT[port],
        path=path,
        line=words.arrays["line"].astype(np.int32),
        file=words.arrays["file"].astype(np.int16),
    )


def lut_arrays(graph: Graph) -> GraphArrays:
    """Return the arrays of a LUT network of :func:`edasat.eda.verilog.lut_graph`."""
    luts = graph.nodes["lut"]
    edges = graph.edges["lut", "drives", "lut"]
    after = graph.edges["lut", "next", "lut"]
    source, target = np.concatenate([edges.index, after.index], axis=1).astype(np.int32)
    level = luts.level if luts.level is not None else np.zeros(luts.count, np.int32)
    inputs = luts.arrays["num_inputs"].astype(np.int64)
    kind = luts.arrays["kind"].astype(np.int16)
    kind = np.where(kind == LUT_KINDS.index("lut"), kind + inputs, kind).astype(np.int16)
    fan_out = np.bincount(edges.index[0], minlength=luts.count)
    x = np.column_stack([np.log1p(fan_out), truth_features(luts.arrays["truth"].view("<u8")[:, 0])])
    path = np.full(len(source), PATH, np.int8)
    path[edges.count :] = NO_PATH
    path[level[source] >= level[target]] = NO_PATH
    return GraphArrays(
        kind=kind,
        x=x.astype(np.float32),
        log_copies=np.zeros(luts.count, np.float32),
        order=np.argsort(level, kind="stable").astype(np.int32),
        source=source,
        target=target,
        relation=np.repeat(np.array([0, 1], np.int8), [edges.count, after.count]),
        path=path,
        line=np.full(luts.count, -1, np.int32),
        file=np.zeros(luts.count, np.int16),
    )


def syntax_arrays(graph: Graph) -> GraphArrays:
    """Return the arrays of a syntax tree of :func:`edasat.eda.verilog.syntax.syntax_graph`.

    Signals do not travel along a tree: no edge is part of a path.
    """
    nodes = graph.nodes["node"]
    tree, refers = (graph.edges["node", relation, "node"].index for relation in SYNTAX_RELATIONS)
    source, target = np.concatenate([tree, refers], axis=1).astype(np.int32)
    width = nodes.arrays["width"]
    widest = np.zeros(nodes.count, np.float32)
    np.maximum.at(widest, tree[0], width[tree[1]])
    depth = nodes.level if nodes.level is not None else np.zeros(nodes.count, np.int32)
    columns = [
        np.log1p(width),
        np.log1p(widest),
        nodes.arrays["value"] * np.log(2),
        np.log1p(np.bincount(tree[0], minlength=nodes.count)),
        np.minimum(nodes.arrays["position"] / 8, 1),
        depth / 16,
    ]
    return GraphArrays(
        kind=nodes.arrays["kind"],
        x=np.stack(columns, axis=1).astype(np.float32),
        log_copies=np.log(np.maximum(nodes.arrays["copies"], 1e-3)).astype(np.float32),
        order=np.arange(nodes.count, dtype=np.int32),
        source=source,
        target=target,
        relation=np.repeat(np.array([0, 1], np.int8), [tree.shape[1], refers.shape[1]]),
        path=np.full(len(source), NO_PATH, np.int8),
        line=nodes.arrays["line"],
        file=nodes.arrays["file"],
    )


def gate_arrays(gates: GateNetwork, words: Words) -> GraphArrays:
    """Return the arrays of the LUT network that a design's gates map on, without synthesis.

    Args:
        gates: of :func:`edasat.eda.verilog.gate_network.gate_network`.
        words: the design that they were made of.
    """
    words, _ = modules_below(words)
    mapped = map_luts(balance(gates))
    arrays = lut_arrays(lut_graph(mapped.network))
    known, word = mapped.word >= 0, np.maximum(mapped.word, 0)
    return replace(
        arrays,
        line=np.where(known, words.line[word], -1).astype(np.int32),
        file=np.where(known, words.file[word], -1).astype(np.int16),
    )


#: For input i, the positions of a 64-entry truth table where it is 0.
_LOW: Final = tuple(np.uint64(sum(1 << row for row in range(64) if not row >> variable & 1)) for variable in range(6))


def truth_features(truth: npt.NDArray[np.uint64]) -> FloatArray:
    """Return what the function of each LUT is like, float32, (num_luts, 4): see :data:`LUT_FEATURES`.

    Args:
        truth: 64-entry truth tables, repeated where there are fewer than six inputs.

    >>> xor, conjunction = 0x6666666666666666, 0x8888888888888888
    >>> truth_features(np.array([xor, conjunction], np.uint64)).tolist()
    [[0.5, 2.0, 1.0, 0.0], [0.25, 1.0, 1.0, 1.0]]
    """
    ones = np.bitwise_count(truth) / 64
    sensitivity = np.zeros((6, len(truth)))
    unate = np.zeros((6, len(truth)), bool)
    for variable, low in enumerate(_LOW):
        shift = np.uint64(1 << variable)
        off, on = truth & low, truth >> shift & low
        sensitivity[variable] = np.bitwise_count(off ^ on) / 32
        unate[variable] = ((on & ~off) == 0) | ((off & ~on) == 0)
    used = sensitivity > 0
    count = np.maximum(used.sum(axis=0), 1)
    total = sensitivity.sum(axis=0)
    balance = np.where(total > 0, total / count / np.maximum(sensitivity.max(axis=0), 1e-9), 1.0)
    monotone = (unate & used).sum(axis=0) / count
    return np.column_stack([np.minimum(ones, 1 - ones), total, balance, monotone]).astype(np.float32)
