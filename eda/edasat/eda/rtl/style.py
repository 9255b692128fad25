"""How a designer writes: names, layout, comments and idioms, drawn from a seed and without effect on the function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Final

#: Keywords of Verilog-2005 and of SystemVerilog up to IEEE 1800-2017 that an English word may hit.
KEYWORDS: Final = frozenset(
    """
    accept_on alias always and assert assign assume automatic before begin bind bins binsof bit break buf bufif0 bufif1
    byte case casex casez cell chandle checker class clocking cmos config const constraint context continue cover
    covergroup coverpoint cross deassign default defparam design disable dist do edge else end endcase endfunction
    endgenerate endmodule endprimitive endspecify endtable endtask enum event eventually expect export extends extern
    final first_match for force foreach forever fork function generate genvar global highz0 highz1 if iff ifnone
    ignore_bins implements implies import incdir include initial inout input inside instance int integer interconnect
    interface intersect join large let liblist library local localparam logic longint macromodule matches medium
    modport module nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or output package
    packed parameter pmos posedge primitive priority program property protected pull0 pull1 pulldown pullup
    pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime ref reg reject_on
    release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until
    s_until_with scalared sequence shortint shortreal showcancelled signed small soft solve specify specparam static
    string strong strong0 strong1 struct super supply0 supply1 sync_accept_on sync_reject_on table tagged task this
    throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union
    unique unique0 unsigned until until_with untyped use uwire var vectored virtual void wait wait_order wand weak
    weak0 weak1 while wildcard wire with within wor xnor xor
    """.split()  # noqa: SIM905 - ninety names read better as words than as a list of literals
)

#: Usual short forms of words in names: the common one, then a terse one.
_SHORT: Final[dict[str, tuple[str, str]]] = {
    "accumulator": ("acc", "ac"),
    "acknowledge": ("ack", "ak"),
    "address": ("addr", "a"),
    "busy": ("busy", "bsy"),
    "channel": ("chan", "ch"),
    "clear": ("clr", "clr"),
    "coefficient": ("coef", "c"),
    "command": ("cmd", "cmd"),
    "compare": ("cmp", "cmp"),
    "control": ("ctrl", "ctl"),
    "count": ("count", "cnt"),
    "counter": ("counter", "ctr"),
    "current": ("curr", "cur"),
    "data": ("data", "d"),
    "destination": ("dest", "dst"),
    "difference": ("diff", "df"),
    "divider": ("div", "dv"),
    "enable": ("en", "e"),
    "error": ("err", "er"),
    "grant": ("grant", "gnt"),
    "index": ("idx", "ix"),
    "input": ("in", "i"),
    "instruction": ("instr", "ins"),
    "interrupt": ("irq", "irq"),
    "level": ("level", "lvl"),
    "memory": ("mem", "m"),
    "operand": ("opnd", "op"),
    "operation": ("oper", "op"),
    "output": ("out", "o"),
    "overflow": ("ovf", "ov"),
    "packet": ("pkt", "pk"),
    "parity": ("par", "p"),
    "pixel": ("pix", "px"),
    "pointer": ("ptr", "p"),
    "previous": ("prev", "prv"),
    "product": ("prod", "pr"),
    "quotient": ("quot", "q"),
    "read": ("rd", "r"),
    "ready": ("ready", "rdy"),
    "receive": ("rx", "rx"),
    "register": ("reg", "rg"),
    "remainder": ("rem", "rm"),
    "request": ("req", "rq"),
    "response": ("resp", "rsp"),
    "result": ("res", "rs"),
    "select": ("sel", "s"),
    "shift": ("shift", "sh"),
    "source": ("src", "sc"),
    "stage": ("stage", "st"),
    "start": ("start", "go"),
    "status": ("status", "sts"),
    "symbol": ("sym", "sy"),
    "threshold": ("thresh", "th"),
    "transmit": ("tx", "tx"),
    "valid": ("valid", "vld"),
    "value": ("value", "val"),
    "weight": ("weight", "wt"),
    "width": ("width", "w"),
    "window": ("window", "win"),
    "word": ("word", "wd"),
    "write": ("wr", "w"),
}


@dataclass(frozen=True)
class Style:
    """One designer's habits.

    Attributes:
        case: of names: ``snake``, ``camel``, ``pascal`` or ``upper``.
        brevity: 0 for full words, 1 for the usual short forms, 2 for terse ones.
        marks: (prefix of inputs, prefix of outputs, suffix of inputs, suffix of outputs).
        register_suffix: suffix of registers that are not ports.
        clock, reset: names; an active-low reset gets ``_n`` or its like.
        indent: one level.
        ansi: ports are declared in the header (Verilog-2001), not below it (Verilog-1995).
        parameters: widths are parameters where the design allows it.
        new_line_begin: ``begin`` stands on a line of its own.
        always_begin: even a single statement stands between ``begin`` and ``end``.
        split_else: ``end`` and ``else`` stand on separate lines.
        star: sensitivity list of combinational blocks.
        base: of sized numbers: ``d``, ``h`` or ``b``.
        inline_wires: a wire is declared where it is assigned.
        aligned: declarations and assignments are aligned in columns.
        comments: share of possible comments that are written.
        banner: header comment: 0 none, 1 line comments, 2 a block, 3 a ruled box.
    """

    case: str
    brevity: int
    marks: tuple[str, str, str, str]
    register_suffix: str
    clock: str
    reset: str
    indent: str
    ansi: bool
    parameters: bool
    new_line_begin: bool
    always_begin: bool
    split_else: bool
    star: str
    base: str
    inline_wires: bool
    aligned: bool
    comments: float
    banner: int

    def identifier(self, words: str) -> str:
        """Return a name for ``words``, which may be a keyword or taken: the sheet sees to that.

        >>> draw_style(Random(3)).identifier("write data valid")
        'wr_data_valid'
        """
        parts = [self._shortened(word) for word in words.split()]
        if self.case == "camel":
            return parts[0] + "".join(part.capitalize() for part in parts[1:])
        if self.case == "pascal":
            return "".join(part.capitalize() for part in parts)
        joined = "_".join(parts)
        return joined.upper() if self.case == "upper" else joined

    def _shortened(self, word: str) -> str:
        if self.brevity == 0 or word not in _SHORT:
            return word
        return _SHORT[word][self.brevity - 1]

    def constant(self, words: str) -> str:
        """Return a name for a parameter, a local parameter or a state, in capitals."""
        return "_".join(self._shortened(word) for word in words.split()).upper()


_MARKS: Final = (
    ("", "", "", ""),
    ("", "", "", ""),
    ("i_", "o_", "", ""),
    ("", "", "_i", "_o"),
    ("", "", "_in", "_out"),
)


def draw_style(rng: Random) -> Style:
    """Draw a designer's habits."""
    case = rng.choice(("snake", "snake", "snake", "snake", "camel", "pascal", "upper"))
    return Style(
        case=case,
        brevity=rng.choice((0, 0, 1, 1, 1, 2)),
        marks=rng.choice(_MARKS) if case in {"snake", "upper"} else _MARKS[0],
        register_suffix=rng.choice(("", "", "", "_r", "_q", "_reg", "_ff")) if case == "snake" else "",
        clock=rng.choice(("clk", "clk", "clk", "clock", "CLK", "clk_i", "i_clk", "sys_clk")),
        reset=rng.choice(("rst", "rst", "reset", "rst", "RST", "arst", "sys_rst")),
        indent=rng.choice(("  ", "  ", "    ", "    ", "   ", "\t")),
        ansi=rng.random() < 0.75,
        parameters=rng.random() < 0.6,
        new_line_begin=rng.random() < 0.25,
        always_begin=rng.random() < 0.45,
        split_else=rng.random() < 0.4,
        star=rng.choice(("@*", "@(*)")),
        base=rng.choice("ddhb"),
        inline_wires=rng.random() < 0.5,
        aligned=rng.random() < 0.5,
        comments=rng.choice((0.0, 0.3, 0.7, 1.0)),
        banner=rng.choice((0, 1, 1, 2, 3)),
    )


#: Habits for comparing functions: two modules of one function have the same text in this style.
PLAIN: Final = Style(
    case="snake",
    brevity=0,
    marks=_MARKS[0],
    register_suffix="",
    clock="clk",
    reset="rst",
    indent="  ",
    ansi=True,
    parameters=False,
    new_line_begin=False,
    always_begin=True,
    split_else=False,
    star="@*",
    base="d",
    inline_wires=False,
    aligned=False,
    comments=0.0,
    banner=0,
)


def legal(name: str) -> str:
    """Return a name that is neither a keyword nor starts with a digit."""
    name = re.sub(r"\W", "_", name)
    return f"{name}_x" if name in KEYWORDS or name[0].isdigit() else name
