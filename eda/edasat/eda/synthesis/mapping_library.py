"""A cell library made ready for mapping, and what it costs in units that carry over to other libraries."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message, ToolError
from edasat.core.files import content_hash, read_bytes

from ..formats.liberty import read_liberty
from .abc import run_script
from .flip_flops import KINDS, register_areas
from .scripts import PRINT, SCRIPTS, mapped_sizes

_NO_FLIP_FLOP = Message(
    "qor-no-flip-flop", "library '{library}' has no plain flip-flop", "give the Liberty file of standard cells"
)


@dataclass(frozen=True, eq=False)
class LibraryUnits:
    """Size and speed of a library, measured on reference circuits with the scripts that designs are mapped with.

    Attributes:
        name: of the library.
        area_um2: one two-input NAND.
        delay_ps: one bit of a 16-bit ripple-carry adder mapped for speed.
        features: float32, (F,): logarithms of the areas of :data:`REFERENCES` under each script, of their delays, and
            of the registers' areas, all in the two units; see :data:`FEATURES`.
    """

    name: str
    area_um2: float
    delay_ps: float
    features: npt.NDArray[np.float32]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        features = [round(float(value), 5) for value in self.features]
        return {"name": self.name, "area_um2": self.area_um2, "delay_ps": self.delay_ps, "features": features}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LibraryUnits:
        """Read what :meth:`to_dict` gave."""
        features = np.array(data["features"], np.float32)
        return cls(str(data["name"]), float(data["area_um2"]), float(data["delay_ps"]), features)


@dataclass(frozen=True, eq=False)
class MappingLibrary:
    """A library as ABC maps with it.

    Attributes:
        name: of the library.
        compiled: ABC's own form of it, read ten times faster than Liberty.
        register_um2: area of each kind of register (:data:`~edasat.eda.synthesis.flip_flops.KINDS`) that it has.
        units: its size and speed.
        digest: SHA-256 of the Liberty text.
    """

    name: str
    compiled: bytes = field(repr=False)
    register_um2: Mapping[str, float]
    units: LibraryUnits
    digest: str


def load_library(liberty: str | Path, name: str | None = None) -> MappingLibrary:
    """Prepare a Liberty file for mapping; about 2 CPU s for the largest public ones.

    Args:
        liberty: file, plain or compressed.
        name: to call it by; None: as the file does.

    Raises:
        InputError: for a file that cannot be read, or a library without flip-flops.
        ToolError: if ABC finds no gates in it.
    """
    library = read_liberty(liberty)
    registers = register_areas(library)
    called = name or library.name
    if "dff" not in registers:
        raise InputError.of(_NO_FLIP_FLOP, str(liberty), library=library.name)
    with tempfile.TemporaryDirectory(prefix="edasat-library-") as folder:
        (Path(folder) / "cells.lib").write_bytes(read_bytes(liberty))
        output = run_script(["read_lib -w cells.lib", "write_scl cells.scl"], folder)
        compiled = Path(folder) / "cells.scl"
        if not compiled.exists():
            raise ToolError(
                f"ABC finds no gates in library '{library.name}'", binary="yosys-abc", command=[], output=output
            )
        data = compiled.read_bytes()
    units = _units(called, data, registers)
    return MappingLibrary(called, data, registers, units, content_hash(liberty))


def _tree(operator: str, leaves: int) -> str:
    """Return a balanced tree of two-input gates as BLIF."""
    table = {"and": "11 1", "xor": "10 1\n01 1"}[operator]
    names = [f"i{number}" for number in range(leaves)]
    lines = [f".inputs {' '.join(names)}", ".outputs o"]
    made = 0
    while len(names) > 1:
        above = []
        for first, second in zip(names[::2], names[1::2], strict=True):
            new = "o" if len(names) == 2 else f"t{made}"
            lines += [f".names {first} {second} {new}", table]
            above.append(new)
            made += 1
        names = above
    return "\n".join(lines)


def _adder(bits: int) -> str:
    inputs = [f"{port}{bit}" for bit in range(bits) for port in "ab"]
    lines = [f".inputs {' '.join(inputs)}", f".outputs {' '.join(f's{bit}' for bit in range(bits))}"]
    lines += [".names c0"]
    for bit in range(bits):
        ports = f"a{bit} b{bit} c{bit}"
        lines += [f".names {ports} s{bit}", "100 1\n010 1\n001 1\n111 1"]
        lines += [f".names {ports} c{bit + 1}", "11- 1\n1-1 1\n-11 1"]
    return "\n".join(lines)


def _selector(bits: int) -> str:
    """Return a multiplexer of ``2**bits`` inputs."""
    names = [f"i{number}" for number in range(1 << bits)]
    selects = [f"s{bit}" for bit in range(bits)]
    lines = [f".inputs {' '.join(names + selects)}", ".outputs o"]
    for bit in range(bits):
        above = [f"m{bit}_{number}" if bit < bits - 1 else "o" for number in range(len(names) // 2)]
        for number, new in enumerate(above):
            lines += [f".names {names[2 * number]} {names[2 * number + 1]} s{bit} {new}", "1-0 1\n-11 1"]
        names = above
    return "\n".join(lines)


def _decoder(bits: int) -> str:
    inputs = [f"i{bit}" for bit in range(bits)]
    lines = [f".inputs {' '.join(inputs)}", f".outputs {' '.join(f'o{number}' for number in range(1 << bits))}"]
    for number in range(1 << bits):
        lines += [f".names {' '.join(inputs)} o{number}", f"{number:0{bits}b} 1"]
    return "\n".join(lines)


def _fan_out(loads: int) -> str:
    """Return one NAND whose output is needed by many others."""
    lines = [f".inputs a b {' '.join(f'i{number}' for number in range(loads))}"]
    lines += [f".outputs {' '.join(f'o{number}' for number in range(loads))}", ".names a b n", "0- 1\n-0 1"]
    for number in range(loads):
        lines += [f".names n i{number} o{number}", "11 1"]
    return "\n".join(lines)


#: Circuits that tell what a library is good at. The first two define the units.
REFERENCES: Final[dict[str, str]] = {
    "nand": ".inputs a b\n.outputs o\n.names a b o\n0- 1\n-0 1",
    "adder": _adder(16),
    "and-tree": _tree("and", 64),
    "xor-tree": _tree("xor", 32),
    "multiplexer": _selector(4),
    "decoder": _decoder(5),
    "fan-out": _fan_out(48),
}
#: What each entry of ``LibraryUnits.features`` is.
FEATURES: Final = (
    *(f"{what} of {circuit}, {script}" for circuit in REFERENCES for script in SCRIPTS for what in ("area", "delay")),
    *(f"area of {kind}" for kind in KINDS),
)
#: Stands for a register that a library lacks, in NANDs.
_MISSING_REGISTER: Final = 10.0


def _units(name: str, compiled: bytes, registers: Mapping[str, float]) -> LibraryUnits:
    sizes = _measure_references(compiled)
    area, delay = sizes["nand", "area"][0], sizes["adder", "speed"][1] / 16
    features = []
    for circuit in REFERENCES:
        for script in SCRIPTS:
            features += [sizes[circuit, script][0] / area, sizes[circuit, script][1] / delay]
    features += [registers.get(kind, _MISSING_REGISTER * area) / area or 1.0 for kind in KINDS]
    return LibraryUnits(name, area, delay, np.log(np.array(features)).astype(np.float32))


def _measure_references(compiled: bytes) -> dict[tuple[str, str], tuple[float, float]]:
    """Map every reference with every script; return area in um2 and delay in ps."""
    commands = ["read_scl cells.scl"]
    order = [(circuit, script) for circuit in REFERENCES for script in SCRIPTS]
    with tempfile.TemporaryDirectory(prefix="edasat-library-") as folder:
        (Path(folder) / "cells.scl").write_bytes(compiled)
        for circuit, script in order:
            text = f".model reference\n{REFERENCES[circuit]}\n.end\n"
            (Path(folder) / f"{circuit}.blif").write_text(text)
            commands += [f"read_blif {circuit}.blif", "strash", *SCRIPTS[script], *PRINT]
        found = mapped_sizes(run_script(commands, folder))
    if len(found) != len(order):
        raise ToolError(
            f"expected {len(order)} mapped circuits, got {len(found)}", binary="yosys-abc", command=commands
        )
    return {key: (size.area_um2, size.delay_ps) for key, size in zip(order, found, strict=True)}
