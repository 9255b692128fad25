"""Designs at word level: the netlist that Yosys writes as JSON before it maps anything to gates.

A word is an operation on whole vectors: an adder, a comparison, a register, a memory. Yosys keeps the hierarchy, the
width of every operation and the line that it comes from. The format is that of ``write_json`` (Yosys manual, command
reference); :func:`read_words` flattens it into columns, and :mod:`.word_graph` makes a graph of these.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError
from edasat.core.files import Source

from .messages import MESSAGES
from .operations import INOUT, INPUT, MEMORY, NO_HARDWARE, OUTPUT

#: Bits that are no nets.
ZERO: Final = -1
ONE: Final = -2
UNKNOWN: Final = -3
HIGH_IMPEDANCE: Final = -4
_CONSTANTS: Final[dict[Any, int]] = {"0": ZERO, "1": ONE, "x": UNKNOWN, "z": HIGH_IMPEDANCE}
#: Yosys numbers nets from here: 0 and 1 would look like constants.
_FIRST_NET: Final = 2
_PORT_TYPES: Final = {"input": INPUT, "output": OUTPUT, "inout": INOUT}

Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Words:
    r"""The words of all modules of a design, each module once.

    Words are the ports, memories and cells of a module, in this order; pins are their connections, grouped by word.

    Attributes:
        modules: names as Yosys has them: a module with parameters is called ``$paramod\fifo\DEPTH=...``.
        top: row of ``modules``, or -1 if none is marked.
        black_box: bool, (num_modules,): the content is not known.
        types: types that words have: Yosys' cell types, names of modules, and :data:`.operations.INPUT` and the like.
        files: Verilog files.
        names: (num_words,) of ports, memories and cells.
        module, type: int32, (num_words,): rows of ``modules`` and ``types``.
        child: int32, (num_words,): row of ``modules`` for instances, else -1.
        memory: int32, (num_words,): the memory that a port of memory belongs to, else -1.
        file: int16, (num_words,): row of ``files``, -1 where unknown.
        line: int32, (num_words,): counted from 1, -1 where unknown.
        signed: int8, (num_words,): 1 if the first operand is signed.
        signed_amount: int8, (num_words,): 1 if the second operand is signed: shifts that may go the other way.
        clocked: int8, (num_words,): 1 for ports of memory that wait for a clock.
        depth: int32, (num_words,): number of words of a memory, else 0.
        memory_width: int32, (num_words,): bits of each word of a memory, else 0.
        pin_names: names of pins.
        pin_offsets: int64, (num_words + 1,): pins of each word.
        pin_name: int32, (num_pins,): row of ``pin_names``.
        pin_drives: bool, (num_pins,): the word drives this pin's nets: outputs of cells, inputs of modules.
        bit_offsets: int64, (num_pins + 1,): bits of each pin, the least significant first.
        bits: int32, (num_bits,): net numbered over all modules, or a constant such as :data:`ZERO`.
        num_nets: nets of all modules.
    """

    modules: tuple[str, ...]
    top: int
    black_box: npt.NDArray[np.bool_]
    types: tuple[str, ...]
    files: tuple[str, ...]
    names: tuple[str, ...]
    module: Int32
    type: Int32
    child: Int32
    memory: Int32
    file: npt.NDArray[np.int16]
    line: Int32
    signed: Int8
    signed_amount: Int8
    clocked: Int8
    depth: Int32
    memory_width: Int32
    pin_names: tuple[str, ...]
    pin_offsets: Int64
    pin_name: Int32
    pin_drives: npt.NDArray[np.bool_]
    bit_offsets: Int64
    bits: Int32
    num_nets: int

    @property
    def num_words(self) -> int:
        """Number of words of all modules."""
        return len(self.names)


def read_words(what: str | Path | bytes) -> Words:
    """Read what Yosys' ``write_json`` wrote: a path, ``-``, or the content.

    Raises:
        InputError: if it is something else.
    """
    source = Source(what)
    with source.open() as stream:
        data = stream.read()
    with _no_collection():
        try:
            modules = json.loads(_without_names(data))["modules"]
        except json.JSONDecodeError as error:
            if not data.lstrip().startswith(b"{"):
                raise InputError.of(MESSAGES["words-wrong-file"], source.name) from None
            raise InputError.of(MESSAGES["words-json"], source.name, why=error.msg) from None
        except (UnicodeDecodeError, RecursionError, KeyError, TypeError):
            raise InputError.of(MESSAGES["words-wrong-file"], source.name) from None
        reader = _Reader()
        try:
            for name, module in modules.items():
                reader.add(name, module)
            return reader.finish()
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            why = f"{type(error).__name__} {error}"
            raise InputError.of(MESSAGES["words-content"], source.name, why=why) from None


def _without_names(data: bytes) -> bytes:
    """Cut out the names of nets: half of the text, and nothing here needs them.

    Yosys indents the sections of a module by six blanks; a line end inside a string would be escaped.
    """
    parts = []
    start = 0
    while (section := data.find(b'\n      "netnames": {\n', start)) >= 0:
        if (end := data.find(b"\n      }", section)) < 0:
            break
        parts += [data[start:section], b'\n"netnames": {']
        start = end
    return b"".join([*parts, data[start:]]) if parts else data


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from visiting the parsed objects again and again: none of them is garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Table:
    """Strings numbered in the order of their first use."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}

    def __getitem__(self, text: str) -> int:
        return self.rows.setdefault(text, len(self.rows))

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)


class _Reader:
    """Collects columns as plain lists, module by module."""

    def __init__(self) -> None:
        self.modules: list[str] = []
        self.marked: list[bool] = []
        self.black_box: list[bool] = []
        self.types, self.files, self.pin_names = _Table(), _Table(), _Table()
        self.places: dict[str, tuple[int, int]] = {}
        self.names: list[str] = []
        #: module, type, memory, file, line, signed, signed amount, clocked, depth, width of each word, in a row
        self.words: list[int] = []
        self.pin_counts: list[int] = []
        self.pin_name: list[int] = []
        self.pin_drives: list[bool] = []
        self.bit_counts: list[int] = []
        self.bits: list[Any] = []
        self.module_bits: list[int] = [0]

    def add(self, name: str, module: Mapping[str, Any]) -> None:
        """Append the words of one module."""
        number = len(self.modules)
        attributes = module.get("attributes", {})
        self.modules.append(name)
        self.marked.append(bool(_flag(attributes.get("top"))))
        self.black_box.append(bool(_flag(attributes.get("blackbox"))))
        place = self._place(attributes)
        for port_name, port in module.get("ports", {}).items():
            kind = _PORT_TYPES[port["direction"]]
            self.names.append(port_name)
            self.words += (number, self.types[kind], -1, *place, _flag(port.get("signed")), 0, 0, 0, 0)
            self.pin_counts.append(2 if kind == INOUT else 1)
            for drives in (True, False) if kind == INOUT else (kind == INPUT,):
                self._pin(port_name, drives, port["bits"])
        memories: dict[str, int] = {}
        for memory_name, memory in module.get("memories", {}).items():
            memories[memory_name] = len(self.names)
            self.names.append(memory_name)
            here = self._place(memory.get("attributes", {}))
            row = (number, self.types[MEMORY], -1, *here, 0, 0, 0, int(memory["size"]), int(memory["width"]))
            self.words += row
            self.pin_counts.append(0)
        for cell_name, cell in module.get("cells", {}).items():
            self._cell(number, cell_name, cell, memories)
        self.module_bits.append(len(self.bits))

    def _cell(self, module: int, name: str, cell: Mapping[str, Any], memories: Mapping[str, int]) -> None:
        kind = cell["type"]
        if kind in NO_HARDWARE:
            return
        parameters = cell.get("parameters", {})
        memory = -1
        if "MEMID" in parameters:
            memory = memories.get(parameters["MEMID"].removeprefix("\\"), -1)
        signed, signed_amount = _flag(parameters.get("A_SIGNED")), _flag(parameters.get("B_SIGNED"))
        clocked = _flag(parameters.get("CLK_ENABLE"))
        depth = width = 0
        if kind in ("$mem", "$mem_v2"):
            depth, width = (int(str(parameters[key]), 2) for key in ("SIZE", "WIDTH"))
        self.names.append(name)
        place = self._place(cell.get("attributes", {}))
        self.words += (module, self.types[kind], memory, *place, signed, signed_amount, clocked, depth, width)
        directions = cell.get("port_directions", {})
        connections = cell["connections"]
        count = 0
        for pin, bits in connections.items():
            direction = directions.get(pin, "input")
            if direction == "inout":
                self._pin(pin, True, bits)
                count += 1
            self._pin(pin, direction == "output", bits)
            count += 1
        self.pin_counts.append(count)

    def _pin(self, name: str, drives: bool, bits: list[Any]) -> None:
        self.pin_name.append(self.pin_names[name])
        self.pin_drives.append(drives)
        self.bit_counts.append(len(bits))
        self.bits += bits

    def _place(self, attributes: Mapping[str, Any]) -> tuple[int, int]:
        """Return file and line of ``src="rtl0.v:12.5-14.8|..."``; of merged cells the first place counts."""
        text = attributes.get("src")
        if not text:
            return -1, -1
        found = self.places.get(text)
        if found is None:
            file, _, rest = text.partition("|")[0].rpartition(":")
            line = rest.partition("-")[0].partition(".")[0]
            found = (self.files[file], int(line)) if file and line.isdecimal() and len(line) < 10 else (-1, -1)
            self.places[text] = found
        return found

    def finish(self) -> Words:
        """Turn the lists into arrays.

        Raises:
            TypeError, ValueError, OverflowError: where a column holds something else than numbers.
        """
        columns = np.array(self.words, np.int32).reshape(len(self.names), 10).T.copy()
        module, kind, memory, file, line, signed, signed_amount, clocked, depth, width = columns
        bits, num_nets = self._number_nets()
        types = tuple(self.types)
        module_row = {name: number for number, name in enumerate(self.modules)}
        child_of_type = np.array([module_row.get(name, -1) for name in types] or [-1], np.int32)
        tops = [number for number, marked in enumerate(self.marked) if marked]
        if min(depth.min(initial=0), width.min(initial=0)) < 0:
            raise ValueError("a memory of negative size")
        return Words(
            modules=tuple(self.modules),
            top=tops[0] if tops else -1,
            black_box=np.array(self.black_box, bool),
            types=types,
            files=tuple(self.files),
            names=tuple(self.names),
            module=module,
            type=kind,
            child=child_of_type[kind],
            memory=memory,
            file=file.astype(np.int16),
            line=line,
            signed=signed.astype(np.int8),
            signed_amount=signed_amount.astype(np.int8),
            clocked=clocked.astype(np.int8),
            depth=depth,
            memory_width=width,
            pin_names=tuple(self.pin_names),
            pin_offsets=_offsets(self.pin_counts),
            pin_name=np.array(self.pin_name, np.int32),
            pin_drives=np.array(self.pin_drives, bool),
            bit_offsets=_offsets(self.bit_counts),
            bits=bits,
            num_nets=num_nets,
        )

    def _number_nets(self) -> tuple[Int32, int]:
        """Return the bits, nets numbered over all modules, and the number of nets."""
        constant = _CONSTANTS.get
        local = np.fromiter((constant(bit, bit) for bit in self.bits), np.int64, len(self.bits))
        if ((local < HIGH_IMPEDANCE) | ((local >= 0) & (local < _FIRST_NET))).any():
            raise ValueError("a net has a number below 2")
        base = 0
        for start, end in zip(self.module_bits, self.module_bits[1:], strict=False):
            part = local[start:end]
            highest = int(part.max(initial=_FIRST_NET - 1))
            part[part >= 0] += base - _FIRST_NET
            base += highest + 1 - _FIRST_NET
        if base > 2 * len(local) + 2:  # few gaps are Yosys' own, large ones come from a damaged file
            nets, dense = np.unique(local[local >= 0], return_inverse=True)
            local[local >= 0] = dense
            base = len(nets)
        return local.astype(np.int32), base


def _offsets(counts: list[int]) -> Int64:
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def _flag(value: object) -> int:
    """Return 1 for a parameter or attribute that is true: binary digits as text, or a number."""
    return int(value is not None and str(value).rstrip().endswith("1"))
