"""What a token of Verilog can be: the fixed vocabulary of text models.

A token is one lexeme; comments and attributes leave none. An identifier is not spelled out but told by its role in
its module (an input, a register, a memory ...) and by whether it is declared or used here: designers' names carry
little about cost, while roles carry over to any naming habit. Operators with one spelling and two meanings (``<=`` as
an assignment and as a comparison, ``&`` with one operand and with two) are two entries.

Order is part of the format: weights of trained models refer to it.
"""

from __future__ import annotations

from typing import Final

_SPECIAL: Final = ("[pad]", "[mask]", "[start]")
_KEYWORDS: Final = tuple(
    """
    module endmodule input output inout parameter localparam defparam wire reg logic bit tri supply0 supply1 wand wor
    integer genvar int byte shortint longint real time signed unsigned assign always always_ff always_comb
    always_latch initial begin end if else case casez casex endcase default for while repeat forever generate
    endgenerate function endfunction task endtask posedge negedge and nand or nor xor xnor not buf bufif0 bufif1
    notif0 notif1 specify endspecify primitive endprimitive table endtable package endpackage import interface
    endinterface modport typedef enum struct union packed fork join disable wait return unique priority automatic void
    inside
    """.split()  # noqa: SIM905 - words read better than a list of literals
)
#: Every other keyword of the language.
_RARE: Final = ("[keyword]",)
_PUNCTUATION: Final = tuple("( ) [ ] { } ; , . : # @ ? ' +: -: -> => :: .*".split())  # noqa: SIM905
_ASSIGNMENTS: Final = tuple("= <=assign += -= *= /= %= &= |= ^= <<= >>= ++ --".split())  # noqa: SIM905
_BINARY: Final = tuple(
    "** * / % + - << >> <<< >>> < <= > >= == != === !== ==? !=? & ^ ~^ | && ||".split()  # noqa: SIM905
)
_UNARY: Final = tuple("! ~ u+ u- u& u~& u| u~| u^ u~^".split())  # noqa: SIM905
_LITERALS: Final = ("[number]", "[sized number]", "[real]", "[string]", "[macro]")
_SYSTEM: Final = ("$signed", "$unsigned", "$clog2", "[system]")
#: Roles of identifiers; see :data:`USED` and :data:`DECLARED`.
ROLES: Final = (
    "unknown", "input", "output", "output register", "wire", "variable", "register", "memory", "integer", "genvar",
    "constant", "clock", "function", "module", "unknown module", "instance", "port", "label", "type",
)  # fmt: skip
_IDENTIFIERS: Final = tuple(f"{role}, {how}" for how in ("used", "declared") for role in ROLES)

VOCABULARY: Final[tuple[str, ...]] = (
    *_SPECIAL, *_KEYWORDS, *_RARE, *_PUNCTUATION, *_ASSIGNMENTS, *_BINARY, *_UNARY, *_LITERALS, *_SYSTEM, *_IDENTIFIERS
)  # fmt: skip
#: Entry -> its number.
ID: Final[dict[str, int]] = {entry: number for number, entry in enumerate(VOCABULARY)}

#: Number of the first identifier entry: role ``r`` used here is ``USED + r``, declared here ``DECLARED + r``.
USED: Final = ID["unknown, used"]
DECLARED: Final = ID["unknown, declared"]
#: Spellings of keywords, operators and punctuation, as the scanner meets them, to their entry.
SPELLINGS: Final[dict[str, int]] = {
    **{word: ID[word] for word in (*_KEYWORDS, *_PUNCTUATION, *_BINARY, "!", "~", "=")},
    **{word: ID[word] for word in _ASSIGNMENTS if word != "<=assign"},
    "macromodule": ID["module"],
    "~&": ID["u~&"],
    "~|": ID["u~|"],
    "^~": ID["~^"],
    "&&&": ID["&&"],
    "*>": ID["=>"],
}
KEYWORDS: Final = frozenset(_KEYWORDS)

#: Where a lexeme stands.
PLACES: Final = ("declaration", "header", "continuous", "combinational", "clocked", "initial", "function", "instance")
DECLARATION, HEADER, CONTINUOUS, COMBINATIONAL, CLOCKED, INITIAL, FUNCTION, INSTANCE = range(8)
