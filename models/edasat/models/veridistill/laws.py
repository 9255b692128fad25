"""What operations cost before anything is learned: textbook laws that training corrects.

A law is ``log cost = constant + sum of exponent * log(1 + size)`` over the sizes of a node. Areas are in two-input NAND
gates, delays in bits of a ripple-carry adder. The figures are those of plain implementations (a full adder is some
seven NANDs, a two-to-one multiplexer some two, a multiplier one full adder per pair of bits, a lookahead adder's delay
grows slowly with its width); they need to be right within a factor of two, so that operations that training designs
seldom hold, and sizes beyond theirs, start from a sane guess.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from edasat.datasets.design_graphs import LUT_FEATURES, LUT_NODES, NUM_LUT_SIZES, NUM_WORD_SIZES, WORD_FEATURES
from edasat.eda.verilog.operations import OPERATIONS

#: Constant (as a plain number), then exponents by size.
Law = tuple[float, Mapping[str, float]]

_WIDTH: Final = {"log_width": 1.0}
_IN: Final = {"log_in_width": 1.0}
_WIDEST: Final = {"log_max_in_width": 1.0}
#: Wires alone: ports, constants, instances (whose modules stand for themselves).
_NOTHING: Final[Law] = (1e-3, {})

_AREA: Final[Mapping[str, Law]] = {
    **dict.fromkeys(("input", "output", "inout", "constant", "instance", "buf", "meminit"), _NOTHING),
    **dict.fromkeys(("add", "sub", "neg"), (7.0, {**_WIDTH, "log_free": 0.5})),
    # The product of two widths is about a quarter of their sum's square.
    "mul": (1.7, {"log_in_width": 2.0, "log_free": 1.0}),
    "pow": (3.0, {"log_in_width": 2.0, "log_free": 1.0}),
    **dict.fromkeys(("div", "mod"), (9.0, {"log_max_in_width": 2.0, "log_free": 1.0})),
    **dict.fromkeys(("eq", "ne"), (3.0, {**_WIDEST, "log_free": 1.0})),
    **dict.fromkeys(("lt", "le", "gt", "ge"), (4.0, {**_WIDEST, "log_free": 0.7})),
    **dict.fromkeys(("and", "or"), (1.2, {**_WIDTH, "log_free": 1.0})),
    **dict.fromkeys(("xor", "xnor"), (2.3, {**_WIDTH, "log_free": 1.0})),
    "not": (0.5, _WIDTH),
    **dict.fromkeys(("reduce_and", "reduce_or", "reduce_bool", "logic_and", "logic_or", "logic_not"), (1.0, _IN)),
    **dict.fromkeys(("reduce_xor", "reduce_xnor"), (2.3, _IN)),
    # A stage of multiplexers per bit of the amount.
    **dict.fromkeys(("shl", "shr", "sshl", "sshr", "shift", "shiftx"), (3.0, {"log_max_in_width": 1.2})),
    "mux": (2.3, {**_WIDTH, "log_free": 0.5}),
    "pmux": (1.7, {**_WIDTH, "log_cases": 1.0, "log_free": 0.7}),
    "bmux": (1.7, _IN),
    "demux": (1.3, _WIDTH),
    "tribuf": (1.5, _WIDTH),
    **dict.fromkeys(("dff", "sr", "dlatch"), (5.5, _WIDTH)),
    **dict.fromkeys(("adff", "aldff", "dffsr", "adlatch"), (6.5, _WIDTH)),
    **dict.fromkeys(("sdff",), (6.5, _WIDTH)),
    **dict.fromkeys(("dffe", "adffe", "sdffe"), (8.5, _WIDTH)),
    "memory": (8.0, {**_WIDTH, "log_cases": 1.0}),
    "memrd": (1.7, {**_WIDTH, "log_cases": 1.0}),
    "memwr": (0.5, {**_IN, "log_cases": 1.0}),
    **dict.fromkeys(("lut", "other"), (2.0, _WIDTH)),
}
_DELAY: Final[Mapping[str, Law]] = {
    **dict.fromkeys(("input", "output", "inout", "constant", "buf", "meminit"), (0.05, {})),
    "instance": (0.3, {}),
    **dict.fromkeys(("add", "sub", "neg"), (1.8, {"log_width": 0.4})),
    **dict.fromkeys(("mul", "pow"), (4.0, {"log_in_width": 0.4})),
    **dict.fromkeys(("div", "mod"), (2.5, {"log_max_in_width": 1.4})),
    **dict.fromkeys(("eq", "ne"), (1.2, {"log_max_in_width": 0.25})),
    **dict.fromkeys(("lt", "le", "gt", "ge"), (1.5, {"log_max_in_width": 0.35})),
    **dict.fromkeys(("and", "or"), (0.7, {})),
    **dict.fromkeys(("xor", "xnor"), (1.0, {})),
    "not": (0.2, {}),
    **dict.fromkeys(
        ("reduce_and", "reduce_or", "reduce_bool", "logic_and", "logic_or", "logic_not"), (0.6, {"log_in_width": 0.3})
    ),
    **dict.fromkeys(("reduce_xor", "reduce_xnor"), (0.9, {"log_in_width": 0.4})),
    **dict.fromkeys(("shl", "shr", "sshl", "sshr", "shift", "shiftx"), (1.5, {"log_max_in_width": 0.3})),
    **dict.fromkeys(("mux", "bmux", "demux", "tribuf"), (1.0, {})),
    "pmux": (1.0, {"log_cases": 0.3}),
    **dict.fromkeys(
        ("dff", "dffe", "adff", "adffe", "sdff", "sdffe", "dffsr", "aldff", "dlatch", "adlatch", "sr", "memory"),
        (0.3, {}),
    ),
    "memrd": (1.2, {"log_cases": 0.25}),
    "memwr": (0.3, {}),
    **dict.fromkeys(("lut", "other"), (1.0, {})),
}


def word_laws() -> tuple[Tensor, Tensor]:
    """Return the laws of area and of delay per operation, float32, (NUM_WORD_KINDS + 1, 1 + NUM_WORD_SIZES).

    The first column is the logarithm of the constant; the last row stands for an operation that is hidden.
    """
    names = (*OPERATIONS, "other")
    sizes = WORD_FEATURES[:NUM_WORD_SIZES]
    return _table([_AREA[name] for name in names], sizes), _table([_DELAY[name] for name in names], sizes)


def lut_laws() -> tuple[Tensor, Tensor]:
    """Return the laws of LUT nodes, float32, (NUM_LUT_KINDS + 1, 1 + NUM_LUT_SIZES); see :func:`word_laws`."""
    area: dict[str, Law] = {"input": _NOTHING, "constant": _NOTHING, "flip-flop": (6.0, {})}
    delay: dict[str, Law] = {"input": (0.05, {}), "constant": (0.05, {}), "flip-flop": (0.3, {})}
    for inputs in range(len(LUT_NODES) - len(area)):
        area[f"lut{inputs}"] = (0.4 + 0.9 * max(0, inputs - 1), {})
        delay[f"lut{inputs}"] = (0.3 + 0.3 * inputs, {})
    names = (*LUT_NODES, "lut4")
    sizes = LUT_FEATURES[:NUM_LUT_SIZES]
    return _table([area[name] for name in names], sizes), _table([delay[name] for name in names], sizes)


def _table(laws: list[Law], sizes: tuple[str, ...]) -> Tensor:
    return torch.tensor(
        [[math.log(constant), *(exponents.get(size, 0.0) for size in sizes)] for constant, exponents in laws]
    )
