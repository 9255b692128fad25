"""Area and delay of register-transfer Verilog, by Yosys and ABC: the measurement that labels are made with.

Yosys turns the text into gates and registers, once for all libraries; ABC maps the logic between the registers. No
placement and no wires: area is the sum of the cells, delay the longest path between registers and ports through cells
alone.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edasat.core.errors import EdasatError, ToolError
from edasat.core.processes import Limits

from ..flow.sources import Rtl, check_rtl, copy_sources, hierarchy_passes
from ..flow.yosys import run_passes
from .abc import run_script
from .mapping_library import MappingLibrary
from .scripts import PRINT, SCRIPTS, Script, mapped_sizes

#: A design of 50,000 gates takes about 100 s.
DEFAULT_LIMITS: Final = Limits(cpu_s=600, wall_s=1200, memory_bytes=6 << 30)

_WORDS: Final = ("proc", "opt_expr", "opt_clean")
#: Yosys' registers after ``dfflegalize``: enables and synchronous resets have become logic.
_REGISTERS: Final = (
    "-cell $_DFF_?_ 01 -cell $_DFF_?N0_ 01 -cell $_DFF_?N1_ 01 -cell $_DFFSR_?NN_ 01 -cell $_DLATCH_?_ 01"
)
_GATES: Final = (
    "chformal -remove",
    "delete t:$print",  # of $display
    "flatten",
    "tribuf -logic",  # "z" would count as "do not care"
    "check",  # while two drivers of a wire are still two
    "synth -noabc -noshare",
    f"dfflegalize {_REGISTERS}",
    "simplemap",
    "setundef -zero",
    "opt_clean -purge",
)
_CONFLICT: Final = re.compile(r"^Warning: (multiple conflicting drivers for [^:]*)", re.MULTILINE)
_LOOP: Final = re.compile(r"^Warning: found logic loop in module \S+\s*(.*)", re.MULTILINE)
#: Patterns of registers in Yosys' BLIF.
_KIND: Final = (
    (re.compile(r"\$_DFF_[NP]_"), "dff"),
    (re.compile(r"\$_DFF_[NP]N0_"), "dff-clear"),
    (re.compile(r"\$_DFF_[NP]N1_"), "dff-preset"),
    (re.compile(r"\$_DFFSR_.*"), "dff-clear-preset"),
    (re.compile(r"\$_DLATCH_.*"), "latch"),
)


@dataclass(frozen=True)
class Qor:
    """Result of one mapping.

    Attributes:
        area_um2: of all cells, registers included.
        delay_ps: longest path between registers and ports; 0 where there is no logic between them.
        cells: mapped cells, registers included.
        levels: cells on the longest path.
        flip_flops: registers, latches included.
        cpu_s: CPU seconds of ABC, libraries' shares of a common process counted equally.
    """

    area_um2: float
    delay_ps: float
    cells: int
    levels: int
    flip_flops: int
    cpu_s: float


@dataclass(frozen=True, eq=False)
class Elaborated:
    """A design as Yosys gives it.

    Attributes:
        words: JSON of Yosys at word level, hierarchy kept.
        gates: BLIF of two-input gates, multiplexers and registers, flat.
        cpu_s: CPU seconds of Yosys.
    """

    words: bytes = field(repr=False)
    gates: str = field(repr=False)
    cpu_s: float


@dataclass(frozen=True, eq=False)
class Measured:
    """What :func:`measure` finds.

    Attributes:
        words: see :class:`Elaborated`.
        luts: BLIF of look-up tables of at most six inputs, with a ``.latch`` for each register.
        qor: by library and script.
        cpu_s: CPU seconds by step: elaboration, mapping.
    """

    words: bytes = field(repr=False)
    luts: bytes = field(repr=False)
    qor: Mapping[tuple[str, Script], Qor]
    cpu_s: Mapping[str, float]


def word_level(rtl: Rtl, *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return Yosys' JSON of a design at word level: operators, registers and memories, hierarchy kept.

    Raises:
        InputError: for a file that cannot be read, or a name that is no identifier.
        ToolError: if Yosys refuses the design; ToolTimeout at a limit.
    """
    return _elaborate([rtl], limits, gates=False)[0].words


def elaborate(rtls: Sequence[Rtl], *, limits: Limits = DEFAULT_LIMITS) -> list[Elaborated]:
    """Turn designs into words and gates in one process of Yosys, whose start takes longer than a small design.

    Raises:
        InputError: for a file that cannot be read, or a name that is no identifier.
        ToolError: if Yosys refuses any of the designs, or finds wires with two drivers or loops without a register;
            ToolTimeout at a limit.
    """
    return _elaborate(rtls, limits, gates=True)


def measure(
    rtl: Rtl,
    libraries: Sequence[MappingLibrary],
    scripts: Sequence[Script] = ("area", "speed"),
    *,
    luts: bool = True,
    limits: Limits = DEFAULT_LIMITS,
) -> Measured:
    """Synthesise a design and map it on each library with each script; see :func:`map_gates`.

    Raises:
        InputError, ToolError, ToolTimeout: see :func:`elaborate`; also for a register that a library lacks.
    """
    return map_gates(elaborate([rtl], limits=limits)[0], libraries, scripts, luts=luts, limits=limits)


def map_gates(
    design: Elaborated,
    libraries: Sequence[MappingLibrary],
    scripts: Sequence[Script] = ("area", "speed"),
    *,
    luts: bool = True,
    limits: Limits = DEFAULT_LIMITS,
) -> Measured:
    """Map an elaborated design on each library with each script, in one process of ABC.

    Args:
        design: of :func:`elaborate`.
        libraries, scripts: all pairs are mapped.
        luts: also make the network of look-up tables, which teachers read; without it, it is empty.
        limits: of the process.
    """
    started = time.perf_counter()
    logic, registers, outputs = _cut(design.gates)
    # What a script does before it maps is done once for all libraries.
    commands: list[str] = []
    order: list[tuple[MappingLibrary, Script]] = []
    for script in scripts:
        first = next(number for number, command in enumerate(SCRIPTS[script]) if command.startswith("map"))
        commands += ["read_blif in.blif", "strash", *SCRIPTS[script][:first], "backup"]
        for number, library in enumerate(libraries):
            commands += [f"read_scl {number}.scl", "restore", *SCRIPTS[script][first:], *PRINT]
            order.append((library, script))
    if luts:
        commands += ["read_blif in.blif", "strash", "dc2", "if -K 6", "write_blif out.blif"]
    with tempfile.TemporaryDirectory(prefix="edasat-qor-") as name:
        folder = Path(name)
        (folder / "in.blif").write_text(logic)
        for number, library in enumerate(libraries):
            (folder / f"{number}.scl").write_bytes(library.compiled)
        output = run_script(commands, folder, limits)
        network = (folder / "out.blif").read_text() if luts else ""
    sizes = mapped_sizes(output)
    if len(sizes) != len(order):
        message = f"ABC mapped {len(sizes)} of {len(order)} times"
        raise ToolError(message, binary="yosys-abc", command=commands, output=output)
    spent = time.perf_counter() - started
    counts = Counter(kind for kind, _, _ in registers)
    qor = {
        (library.name, script): Qor(
            area_um2=round(size.area_um2 + _register_area(counts, library), 4),
            delay_ps=size.delay_ps,
            cells=size.cells + len(registers),
            levels=size.levels,
            flip_flops=len(registers),
            cpu_s=round(spent / len(order), 4),
        )
        for (library, script), size in zip(order, sizes, strict=True)
    }
    tables = _join(network, registers, outputs, logic) if luts else ""
    return Measured(design.words, tables.encode(), qor, {"elaboration": design.cpu_s, "mapping": round(spent, 3)})


def _elaborate(rtls: Sequence[Rtl], limits: Limits, *, gates: bool) -> list[Elaborated]:
    for rtl in rtls:
        check_rtl(rtl)
    with tempfile.TemporaryDirectory(prefix="edasat-rtl-") as name:
        folder = Path(name)
        passes: list[str] = []
        names: dict[str, str] = {}
        for number, rtl in enumerate(rtls):
            (folder / str(number)).mkdir()
            copied, reading = copy_sources(rtl, folder, f"{number}/")
            names |= copied
            passes += [*reading, *hierarchy_passes(rtl), *_WORDS, f"write_json {number}/words.json"]
            if gates:
                passes += [*_GATES, f"write_blif {number}/gates.blif"]
            passes.append("design -reset")
        done, log = run_passes(passes, folder, limits=limits, names=names)
        if found := _CONFLICT.search(log):
            raise ToolError(f"Yosys: {found[1]}", binary="yosys", command=passes, output=log)
        if gates and _LOOP.search(log):
            message = "Yosys: the design holds a loop of logic without a register"
            raise ToolError(message, binary="yosys", command=passes, output=log)
        return [
            Elaborated(
                (folder / str(number) / "words.json").read_bytes(),
                (folder / str(number) / "gates.blif").read_text() if gates else "",
                round(done.cpu_s / len(rtls), 3),
            )
            for number in range(len(rtls))
        ]


def _cut(gates: str) -> tuple[str, list[tuple[str, str, str]], list[str]]:
    """Cut a netlist at its registers.

    Returns:
        BLIF of the logic, with registers' outputs as inputs and their inputs as outputs; kind, data net and output net
        of each register; the outputs of the design.
    """
    inputs: list[str] = []
    outputs: list[str] = []
    ends: dict[str, None] = {}
    registers: list[tuple[str, str, str]] = []
    body: list[str] = []
    for line in gates.replace("\\\n", " ").splitlines():
        words = line.split()
        if line.startswith(".inputs"):
            inputs += words[1:]
        elif line.startswith(".outputs"):
            outputs += words[1:]
        elif line.startswith(".latch"):
            data, output, clock = words[1], words[2], words[4]
            registers.append(("latch" if words[3][0] == "a" else "dff", data, output))
            ends |= dict.fromkeys((data, clock))
        elif line.startswith(".subckt"):
            pins = dict(word.split("=", 1) for word in words[2:])
            kind = next((kind for pattern, kind in _KIND if pattern.fullmatch(words[1])), None)
            if kind is None:
                raise ToolError(f"a cell '{words[1]}' cannot be mapped", binary="yosys", command=[])
            registers.append((kind, pins["D"], pins["Q"]))
            ends |= dict.fromkeys(net for pin, net in pins.items() if pin != "Q")
        elif not line.startswith((".model", ".end", "#")):
            body.append(line)
    starts = [*inputs, *(output for _, _, output in registers)]
    wanted = list(dict.fromkeys([*outputs, *ends]))
    text = f".model logic\n.inputs {' '.join(starts)}\n.outputs {' '.join(wanted)}\n" + "\n".join(body) + "\n.end\n"
    return text, registers, outputs


def _join(network: str, registers: Sequence[tuple[str, str, str]], outputs: Sequence[str], logic: str) -> str:
    """Put the registers back between the look-up tables."""
    inputs = logic.partition(".inputs ")[2].partition("\n")[0].split()
    inputs = inputs[: len(inputs) - len(registers)]
    text = network.replace("\\\n", " ")
    body = [line for line in text.splitlines() if line and not line.startswith((".model", ".inputs", ".outputs", "#"))]
    latches = [f".latch {data} {output} 0" for _, data, output in registers]
    head = [".model luts", f".inputs {' '.join(inputs)}", f".outputs {' '.join(outputs)}"]
    return "\n".join([*head, *latches, *body]) + "\n"


def _register_area(counts: Mapping[str, int], library: MappingLibrary) -> float:
    try:
        return sum(count * library.register_um2[kind] for kind, count in counts.items())
    except KeyError as error:
        kind = str(error.args[0]).replace("-", " with ", 1).replace("-", " and ")
        raise EdasatError(f"error: library '{library.name}' has no {kind}, which the design needs") from None
