"""What a word does: operations of words and ports of edges, and how Yosys' names for them translate.

Yosys' cell types are those of its manual, chapter "Cell libraries" (word-level cells).
"""

from __future__ import annotations

from typing import Final

#: Values of the node array ``op`` are positions in this tuple; new ones are added at the end.
OPERATIONS: Final = (
    *("input", "output", "inout", "constant", "instance"),
    *("add", "sub", "mul", "div", "mod", "pow", "neg"),
    *("eq", "ne", "lt", "le", "gt", "ge"),
    *("and", "or", "xor", "xnor", "not"),
    *("reduce_and", "reduce_or", "reduce_xor", "reduce_xnor", "reduce_bool"),
    *("logic_and", "logic_or", "logic_not"),
    *("shl", "shr", "sshl", "sshr", "shift", "shiftx"),
    *("mux", "pmux", "bmux", "demux", "tribuf"),
    *("dff", "dffe", "adff", "adffe", "sdff", "sdffe", "dffsr", "aldff", "dlatch", "adlatch", "sr"),
    *("memory", "memrd", "memwr", "meminit"),
    *("lut", "buf", "other"),
)
OP: Final = {name: number for number, name in enumerate(OPERATIONS)}

#: Values of the edge array ``port``: what the target takes the source as. ``child`` joins an output of a module to
#: the instances of the module, ``parent`` what drives an input of an instance to that instance.
PORTS: Final = (
    *("a", "b", "select", "d", "clock", "enable", "reset", "address", "data", "other", "child", "parent"),
)  # fmt: skip
PORT: Final = {name: number for number, name in enumerate(PORTS)}

#: Types that a module has beside its cells; no cell of Yosys is called so.
INPUT: Final = "$input"
OUTPUT: Final = "$output"
INOUT: Final = "$inout"
MEMORY: Final = "$memory"

_RENAMED: Final = {
    INPUT: "input",
    OUTPUT: "output",
    INOUT: "inout",
    MEMORY: "memory",
    "$pos": "buf",
    "$buf": "buf",
    "$eqx": "eq",
    "$nex": "ne",
    "$divfloor": "div",
    "$modfloor": "mod",
    "$ff": "dff",
    "$_FF_": "dff",
    "$aldffe": "aldff",
    "$dffsre": "dffsr",
    "$sdffce": "sdffe",
    "$dlatchsr": "dlatch",
    "$mem": "memory",
    "$mem_v2": "memory",
    "$memrd_v2": "memrd",
    "$memwr_v2": "memwr",
    "$meminit_v2": "meminit",
}
#: Operations whose outputs do not follow their inputs at once. Latches count among them, as in timing analysis.
REGISTERS: Final = frozenset(
    {"dff", "dffe", "adff", "adffe", "sdff", "sdffe", "dffsr", "aldff", "dlatch", "adlatch", "sr", "memory"}
)
#: Cells that are no hardware: assertions, messages, timing of specify blocks, hints for debuggers.
NO_HARDWARE: Final = frozenset(
    {
        *("$assert", "$assume", "$live", "$fair", "$cover", "$check", "$print"),
        *("$specify2", "$specify3", "$specrule", "$scopeinfo"),
    }
)

_PORT_OF_PIN: Final = {
    **{"A": "a", "B": "b", "C": "b", "S": "select", "D": "d", "Y": "data"},
    **{"CLK": "clock", "WR_CLK": "clock", "RD_CLK": "clock", "EN": "enable", "RD_EN": "enable", "WR_EN": "enable"},
    **{"ARST": "reset", "SRST": "reset", "SET": "reset", "CLR": "reset", "ALOAD": "reset"},
    **{"RD_ARST": "reset", "RD_SRST": "reset", "ADDR": "address", "RD_ADDR": "address", "WR_ADDR": "address"},
    **{"DATA": "data", "WR_DATA": "data", "AD": "data"},
}


def operation(cell_type: str) -> str:
    """Return the operation of a type of Yosys; what does not start with ``$`` is a module.

    >>> operation("$add"), operation("$eqx"), operation("fifo"), operation("$lcu")
    ('add', 'eq', 'instance', 'other')
    """
    if not cell_type.startswith("$") or cell_type.startswith("$paramod"):
        return "instance"
    name = _RENAMED.get(cell_type, cell_type[1:])
    return name if name in OP else "other"


def port_of_pin(pin: str) -> str:
    """Return the port of an edge that ends in a pin of a cell (not of an instance)."""
    return _PORT_OF_PIN.get(pin, "other")
