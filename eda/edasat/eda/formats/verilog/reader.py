"""Reading structural Verilog: from a file to a flat netlist."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError, Notes
from edasat.core.files import Source, read_padded
from edasat.core.names import Names

from ...library import Library
from ...netlist import Netlist
from .connect import Children, Connector
from .constants import OPEN
from .expressions import read_expressions, read_ranges
from .hierarchy import Flattener
from .limits import MAX_BYTES, check_size
from .messages import GROW, MESSAGES, NOTES
from .resolve import Modules, check_fault, resolve
from .scanner import (
    BAD_ATTRIBUTE,
    BAD_BYTE,
    BAD_COMMENT,
    BAD_ESCAPE,
    BAD_STRING,
    DIRECTIVE,
    END,
    SEMICOLON,
    START,
    STOP,
    Tokens,
    number_identifiers,
    tokenize,
)
from .scanner import GROW as MORE_TOKENS
from .statements import body, header
from .tables import (
    FAULT,
    MODULES,
    PARTS,
    PARTS_NEEDED,
    SKIPPED_PARAMETERS,
    SKIPPED_SPECIFY,
    File,
)

Int32 = npt.NDArray[np.int32]

_BYTES_PER_TOKEN: Final = 4  # expected at least
_SHOWN: Final = 8  # names in a message

#: Directives that say nothing about connections; the rest of their line is skipped. A macro that is defined and not
#: used does no harm either.
_HARMLESS: Final = frozenset(
    b"timescale default_nettype celldefine endcelldefine resetall line define undef pragma nounconnected_drive "
    b"unconnected_drive begin_keywords end_keywords delay_mode_path delay_mode_zero suppress_faults enable_portfaults "
    b"nosuppress_faults disable_portfaults default_decay_time default_trireg_strength".split()
)
_SCAN_FAULTS: Final = {
    BAD_COMMENT: "verilog-comment",
    BAD_ATTRIBUTE: "verilog-attribute",
    BAD_STRING: "verilog-string",
    BAD_ESCAPE: "verilog-escape",
    BAD_BYTE: "verilog-byte",
}
#: First bytes of other formats.
_OTHERS: Final = (
    (re.compile(rb"\s*(/\*.*?\*/\s*)*library\s*\(", re.DOTALL), "a Liberty library"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*VERSION\s[^;]*;[^$]*?\bDESIGN\s"), "a DEF layout"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*(VERSION|MACRO|LAYER|BUSBITCHARS|DIVIDERCHAR)\s"), "LEF or DEF"),
    (re.compile(rb"\s*(//[^\n]*\n\s*)*\*SPEF\b"), "a SPEF file"),
    (re.compile(rb"\s*\(\s*DELAYFILE\b", re.IGNORECASE), "an SDF file"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*\.(model|inputs)\b"), "BLIF"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*(create_clock|set_\w+|current_design|set)\s"), "SDC or Tcl"),
    (re.compile(rb"\s*(--[^\n]*\n\s*)*(library|entity|use)\s+\w", re.IGNORECASE), "VHDL"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*(INPUT|OUTPUT)\s*\(", re.IGNORECASE), "a BENCH netlist"),
    (re.compile(rb"a[ai]g \d+ \d+ "), "an AIGER circuit"),
)


def read_verilog(
    what: str | Path | bytes | Source, *, top: str | None = None, library: Library | None = None
) -> Netlist:
    r"""Read a structural Verilog netlist, plain or compressed, and flatten its hierarchy.

    A module defined in the file is hierarchy, every other master is a library cell. Ports of the top come in the order
    of its header, bits of a vector leftmost first. Nets are declared ones and those only used in a connection.

    Args:
        what: path, ``-`` for standard input, bytes, or a :class:`Source`.
        top: name of the top module; without it the only module that no other uses.
        library: gives the pins of cells that are connected by order, and the bit numbers of bus pins; without it the
            bits of an n-bit connection are n - 1 to 0.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.
        LimitError: for a valid file with more than 2^25 bits of nets.

    >>> netlist = read_verilog(b"module top (a, y); input a; output y; INV u1 (.A(a), .Y(y)); endmodule")
    >>> netlist.instances.to_list(), netlist.nets.to_list(), netlist.pin_net.tolist()
    (['u1'], ['a', 'y'], [0, 1])
    """
    source = what if isinstance(what, Source) else Source(what)
    data, size = read_padded(source, PADDING)
    notes = Notes()
    tokens, symbols = _scan(source, data, size)
    file = _parse(source, data, tokens)
    notes.add("verilog-parameter", NOTES["verilog-parameter"], source.name, int(file.state[SKIPPED_PARAMETERS]))
    notes.add("verilog-specify", NOTES["verilog-specify"], source.name, int(file.state[SKIPPED_SPECIFY]))
    modules = resolve(source, file, symbols)
    undefined = int(np.count_nonzero(modules.bits == OPEN))
    notes.add("verilog-undefined-bit", NOTES["verilog-undefined-bit"], source.name, undefined)
    connector = Connector(source, modules, library, notes)
    children, cells = connector.children(), connector.cells()
    return Flattener(source, modules, children, cells, notes).flatten(_top(source, modules, children, top))


def _scan(source: Source, data: npt.NDArray[np.uint8], size: int) -> tuple[Tokens, Names]:
    check_size(source.name, size, "bytes", MAX_BYTES)
    for room in (size // _BYTES_PER_TOKEN + 64, size + 1):
        kind = np.empty(room, np.uint8)
        span = np.empty((3, room), np.int32)
        state, count, offset = tokenize(data, size, kind, span)
        if state != MORE_TOKENS:
            break
    other = next((name for pattern, name in _OTHERS if pattern.match(data[: min(size, 4096)].tobytes())), "")
    if other:
        raise source.fail(MESSAGES["verilog-wrong-file"], 0, what=other)
    if state in _SCAN_FAULTS:
        raise source.fail(MESSAGES[_SCAN_FAULTS[state]], offset, byte=int(data[offset]))
    kind, span = kind[: count + 1], span[:, : count + 1]
    directives = np.flatnonzero(kind == DIRECTIVE)
    for token in directives.tolist():
        word = data[span[START, token] + 1 : span[STOP, token]].tobytes()
        if word not in _HARMLESS:
            shown = "'`" + word.decode("ascii", "replace") + "'"
            raise source.fail(MESSAGES["verilog-directive"], int(span[START, token]), token=shown)
    if len(directives):
        keep = kind != DIRECTIVE
        kind, span = kind[keep], span[:, keep]
    span = np.ascontiguousarray(span)  # one memory layout, so that nothing is compiled twice
    return number_identifiers(data, kind, span)


def _parse(source: Source, data: npt.NDArray[np.uint8], tokens: Tokens) -> File:
    file = File.of(data, tokens)
    i = 0
    while i >= 0 and file.kind[i] != END:
        if file.kind[i] == SEMICOLON:
            i += 1
            continue
        i = header(file, i)
        if i >= 0:
            i = body(file, i)
    if not file.state[FAULT]:
        read_ranges(file)
    if not file.state[FAULT]:
        read_expressions(file)
    while file.state[FAULT] == GROW:
        check_size(source.name, int(file.state[PARTS_NEEDED]), "parts of expressions")
        file = file._replace(parts=np.empty((4, 2 * int(file.state[PARTS_NEEDED])), np.int32))
        file.state[[FAULT, PARTS]] = 0
        read_expressions(file)
    check_fault(source, file)
    if not file.state[MODULES]:
        raise InputError.of(MESSAGES["verilog-empty"], source.name)
    return file


def _top(source: Source, modules: Modules, children: Children, top: str | None) -> int:
    """Find the top module."""
    names = [modules.name(m) for m in range(modules.num_modules)]
    if top is not None:
        if top in names:
            return names.index(top)
        close = difflib.get_close_matches(top, names, 1)
        hint = f"did you mean '{close[0]}'?" if close else "modules are " + ", ".join(names[:_SHOWN])
        raise InputError.of(MESSAGES["verilog-top-missing"], source.name, top=top, hint=hint)
    used = np.zeros(modules.num_modules, np.bool_)
    used[children.module] = True
    free = np.flatnonzero(~used).tolist()
    if len(free) == 1:
        return int(free[0])
    if not free:
        raise InputError.of(MESSAGES["verilog-top-none"], source.name)
    shown = ", ".join(names[m] for m in free[:_SHOWN]) + (", ..." if len(free) > _SHOWN else "")
    raise InputError.of(MESSAGES["verilog-top-unclear"], source.name, count=len(free), names=shown)
