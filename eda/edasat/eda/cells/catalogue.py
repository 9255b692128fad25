"""What edasat45 holds: pins, functions, timing arcs and checks of each cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from .electrical import GATE_FF, Edge, Stage

Sense = Literal["positive_unate", "negative_unate", "non_unate"]


@dataclass(frozen=True)
class Pin:
    """A signal pin.

    Attributes:
        direction: as in Liberty.
        drives: size of the stage that an input's gate belongs to; its capacitance follows from it. For an output, the
            size of the stage that drives it.
        attributes: further Liberty attributes, values as written in the file.
    """

    name: str
    direction: Literal["input", "output", "internal"]
    drives: float = 1.0
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def capacitance_ff(self) -> float:
        """Capacitance of an input pin; 0 for others."""
        return GATE_FF * self.drives if self.direction == "input" else 0.0


@dataclass(frozen=True)
class Arc:
    """A delay from ``related`` to ``pin`` through a chain of stages.

    Attributes:
        edges: edges of the output that the arc causes.
        sense: "" leaves ``timing_sense`` out.
        kind: ``timing_type``; "" leaves it out, which means combinational.
        condition: values of other pins under which the arc holds; {} for always.
    """

    related: str
    pin: str
    stages: tuple[Stage, ...]
    sense: Sense | Literal[""] = ""
    kind: str = ""
    condition: Mapping[str, int] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ("rise", "fall")

    @property
    def when(self) -> str:
        """The condition as Liberty writes it; "" for always."""
        return " & ".join(name if value else f"!{name}" for name, value in self.condition.items())

    @property
    def sdf_cond(self) -> str:
        """The condition in Verilog's words."""
        return " && ".join(f"{name} == 1'b{value}" for name, value in self.condition.items())


@dataclass(frozen=True)
class Check:
    """A constraint of ``pin`` against the clock edge of ``related``.

    Attributes:
        kind: ``timing_type``.
        base_ps: for steep edges, by edge of the data; an edge that is left out is not checked.
        data_weight, clock_weight: see :func:`~edasat.eda.cells.electrical.check_table`.
    """

    related: str
    pin: str
    kind: str
    base_ps: Mapping[Edge, float]
    data_weight: float
    clock_weight: float


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        sites: width in sites of the row.
        pins: signal pins in the order of the file.
        timing: arcs and checks; each stands in the group of its ``pin``.
        groups: further groups (``ff``, ``latch``, ``statetable``), their head and their body.
        attributes: further Liberty attributes, values as written in the file.
    """

    name: str
    sites: int
    pins: tuple[Pin, ...]
    timing: tuple[Arc | Check, ...] = ()
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


def _in(name: str, drives: float = 1.0, **attributes: str) -> Pin:
    return Pin(name, "input", drives, attributes)


def _out(name: str, function: str, drives: float = 1.0, **attributes: str) -> Pin:
    return Pin(name, "output", drives, {"function": f'"{function}"', **attributes})


def _clock(name: str, drives: float = 1.0, **attributes: str) -> Pin:
    return _in(name, drives, clock="true", min_pulse_width_high="0.045", min_pulse_width_low="0.050", **attributes)


def _inverter(drive: int) -> Cell:
    arcs = (Arc("A", "ZN", (Stage(drive),), "negative_unate"),)
    return Cell(f"INV_X{drive}", 1 + drive, (_in("A", drive), _out("ZN", "!A", drive)), arcs)


def _buffer(name: str, drive: int, first: float, balance: float = 1.0) -> Cell:
    """Two inverters; ``balance`` below 1 strengthens the pull-ups, so that both edges take the same time."""
    stages = (Stage(first, up=balance, load_ff=GATE_FF * drive), Stage(drive, up=balance))
    arcs = (Arc("A", "Z", stages, "positive_unate"),)
    return Cell(f"{name}_X{drive}", 2 + drive, (_in("A", first), _out("Z", "A", drive)), arcs)


def _gate(name: str, inputs: Sequence[str], function: str, stages: Iterable[tuple[Stage, ...]], output: str) -> Cell:
    """Give a gate with one unconditional arc per input, of one sense."""
    chains = list(stages)
    sense: Sense = "negative_unate" if len(chains[0]) % 2 else "positive_unate"
    arcs = tuple(Arc(i, output, chain, sense) for i, chain in zip(inputs, chains, strict=True))
    return Cell(f"{name}_X1", len(inputs) + 1 + len(chains[0]), (*map(_in, inputs), _out(output, function)), arcs)


def _stack(count: int, kind: Literal["nand", "nor"]) -> list[tuple[Stage, ...]]:
    """Return the stage of each input of a NAND or NOR; inputs far from the output are slower."""
    chains: list[tuple[Stage, ...]] = []
    for position in range(count):
        series = (1.0 + 0.35 * (count - 1)) * (1.0 + 0.06 * position)
        beside = 1.0 + 0.08 * position
        up, down = (beside, series) if kind == "nand" else (1.15 * series, beside)
        chains.append((Stage(1.0, up, down),))
    return chains


def _then_inverter(chains: Iterable[tuple[Stage, ...]]) -> list[tuple[Stage, ...]]:
    """Put an inverter behind a small first stage."""
    return [(*(Stage(0.7 * s.drive, s.up, s.down, GATE_FF) for s in chain), Stage(1.0)) for chain in chains]


def _complex_gates() -> list[Cell]:
    near, far = Stage(1.0, 1.55, 1.30), Stage(1.0, 1.65, 1.38)
    aoi = [Arc("A1", "ZN", (near,), "negative_unate"), Arc("A2", "ZN", (far,), "negative_unate")]
    for a1, a2, up in ((0, 0, 1.35), (0, 1, 1.60), (1, 0, 1.68)):
        aoi.append(Arc("B", "ZN", (Stage(1.0, up, 1.02),), "negative_unate", condition={"A1": a1, "A2": a2}))
    near, far = Stage(1.0, 1.58, 1.28), Stage(1.0, 1.70, 1.34)
    oai = [Arc("A1", "ZN", (near,), "negative_unate"), Arc("A2", "ZN", (far,), "negative_unate")]
    for a1, a2, down in ((1, 1, 1.12), (0, 1, 1.30), (1, 0, 1.36)):
        oai.append(Arc("B", "ZN", (Stage(1.0, 1.08, down),), "negative_unate", condition={"A1": a1, "A2": a2}))
    pins = (_in("A1"), _in("A2"), _in("B"))
    return [
        Cell("AOI21_X1", 5, (*pins, _out("ZN", "!((A1 & A2) | B)")), tuple(aoi)),
        Cell("OAI21_X1", 5, (*pins, _out("ZN", "!((A1 | A2) & B)")), tuple(oai)),
    ]


def _xor_like() -> list[Cell]:
    """Give cells whose arcs change sense with another input: conditional in XOR2 and MUX2, non-unate elsewhere."""
    direct = (Stage(0.8, 1.5, 1.4, GATE_FF), Stage(1.0))
    inverted = (Stage(0.8, load_ff=GATE_FF), Stage(0.8, 1.5, 1.4, GATE_FF), Stage(1.0))
    senses: list[tuple[int, Sense, tuple[Stage, ...]]] = [
        (0, "positive_unate", direct),
        (1, "negative_unate", inverted),
    ]
    xor = [
        Arc(pin, "Z", chain, sense, condition={other: value})
        for pin, other in (("A", "B"), ("B", "A"))
        for value, sense, chain in senses
    ]
    # One table for both senses has to cover the slower way through the cell.
    slower = (Stage(0.8, load_ff=1.5 * GATE_FF), Stage(0.8, 1.6, 1.5, GATE_FF), Stage(1.0))
    xnor = [Arc(pin, "ZN", slower, "non_unate") for pin in ("A", "B")]
    carry = (Stage(0.7, 1.05, 1.4, GATE_FF), Stage(1.0))
    half = [
        arc
        for pin in ("A", "B")
        for arc in (Arc(pin, "CO", carry, "positive_unate"), Arc(pin, "S", slower, "non_unate"))
    ]
    gate = (Stage(0.8, load_ff=1.2 * GATE_FF), Stage(0.9, 1.4, 1.3, GATE_FF, inverting=False), Stage(1.0))
    select = (Stage(0.8, load_ff=1.6 * GATE_FF), *gate)
    mux = [
        Arc("A", "Z", gate, "positive_unate"),
        Arc("B", "Z", gate, "positive_unate"),
        Arc("S", "Z", gate, "positive_unate", condition={"A": 0, "B": 1}),
        Arc("S", "Z", select, "negative_unate", condition={"A": 1, "B": 0}),
    ]
    a, b = _in("A", 1.4), _in("B", 1.4)
    return [
        Cell("XOR2_X1", 7, (a, b, _out("Z", "A ^ B")), tuple(xor)),
        Cell("XNOR2_X1", 7, (a, b, _out("ZN", "!(A ^ B)")), tuple(xnor)),
        Cell("HA_X1", 10, (a, b, _out("CO", "A & B"), _out("S", "A ^ B")), tuple(half)),
        Cell("MUX2_X1", 8, (_in("A"), _in("B"), _in("S", 1.8), _out("Z", "(A & !S) | (B & S)")), tuple(mux)),
    ]


def _flip_flop(name: str, drive: int, *, edge: Edge = "rise", clear: str = "", preset: str = "") -> Cell:
    active = "rising" if edge == "rise" else "falling"
    launch = (
        *((Stage(0.9, load_ff=GATE_FF),) if edge == "fall" else ()),
        Stage(1.0, load_ff=2 * GATE_FF),
        Stage(0.8, 1.3, 1.25, 1.4 * GATE_FF, inverting=False),
        Stage(0.9, load_ff=GATE_FF * drive),
        Stage(drive),
    )
    pins = [_clock("CK"), _in("D"), *(_in(pin) for pin in (clear, preset) if pin), _out("Q", "IQ", drive)]
    timing: list[Arc | Check] = [Arc("CK", "Q", launch, "non_unate", f"{active}_edge")]
    timing += [
        Check("CK", "D", f"setup_{active}", {"rise": 31.0, "fall": 36.0}, 0.42, -0.12),
        Check("CK", "D", f"hold_{active}", {"rise": 4.0, "fall": 1.5}, -0.16, 0.21),
    ]
    force = (Stage(0.8, 1.4, 1.4, 1.4 * GATE_FF), Stage(0.9, load_ff=GATE_FF * drive), Stage(drive))
    state = {"next_state": '"D"', "clocked_on": '"CK"' if edge == "rise" else '"!CK"'}
    forced: list[tuple[str, str, Sense, Edge]] = [
        (clear, "clear", "positive_unate", "fall"), (preset, "preset", "negative_unate", "rise"),
    ]  # fmt: skip
    for pin, kind, sense, output in forced:
        if pin:
            state[kind] = f'"!{pin}"'
            timing += [
                Arc(pin, "Q", force, sense, kind, edges=(output,)),
                Check("CK", pin, f"recovery_{active}", {"rise": 24.0}, 0.30, -0.15),
                Check("CK", pin, f"removal_{active}", {"rise": 17.0}, -0.11, 0.26),
            ]
    sites = 15 + drive + 2 * bool(clear or preset)
    return Cell(f"{name}_X{drive}", sites, tuple(pins), tuple(timing), {'ff ("IQ", "IQN")': state})


def _latch() -> Cell:
    through = (Stage(0.9, 1.2, 1.2, GATE_FF), Stage(1.0))
    opening = (Stage(0.9, load_ff=1.2 * GATE_FF), Stage(0.9, 1.3, 1.3, GATE_FF, inverting=False), Stage(1.0))
    timing = (
        Arc("D", "Q", through, "positive_unate"),
        Arc("G", "Q", opening, "non_unate", "rising_edge"),
        Check("G", "D", "setup_falling", {"rise": 27.0, "fall": 33.0}, 0.38, -0.10),
        Check("G", "D", "hold_falling", {"rise": 8.0, "fall": 6.0}, -0.15, 0.20),
    )
    state = {"data_in": '"D"', "enable": '"G"'}
    gate = _in("G", clock="true", min_pulse_width_high="0.050")
    return Cell("DLATCH_X1", 12, (gate, _in("D"), _out("Q", "IQ")), timing, {'latch ("IQ", "IQN")': state})


def _clock_gate() -> Cell:
    """Give an AND behind a latch that is open while the clock is low: a gated clock without glitches."""
    through = (Stage(1.0, 1.1, 1.3, 2 * GATE_FF), Stage(2.0))
    timing = (
        Arc("CK", "GCK", through, "positive_unate"),
        Check("CK", "E", "setup_rising", {"rise": 38.0, "fall": 34.0}, 0.40, -0.08),
        Check("CK", "E", "hold_rising", {"rise": 3.0, "fall": 5.0}, -0.14, 0.22),
    )
    pins = (
        _clock("CK", 1.6, clock_gate_clock_pin="true"),
        _in("E", clock_gate_enable_pin="true"),
        Pin("IQ", "internal", attributes={"internal_node": '"IQ"'}),
        Pin("GCK", "output", 2.0, {"clock_gate_out_pin": "true", "state_function": '"CK & IQ"'}),
    )
    table = {"table": '"L L : - : L, L H : - : H, H - : - : N"'}
    attributes = {"clock_gating_integrated_cell": '"latch_posedge"', "dont_use": "true"}
    return Cell("ICG_X2", 16, pins, timing, {'statetable ("CK E", "IQ")': table}, attributes)


def _three_state() -> Cell:
    through = (Stage(0.8, load_ff=GATE_FF), Stage(1.0, 1.6, 1.5))
    timing = (
        Arc("A", "Z", through, "positive_unate"),
        Arc("EN", "Z", (Stage(0.8, load_ff=GATE_FF), *through), "positive_unate", "three_state_enable"),
        Arc("EN", "Z", through, "negative_unate", "three_state_disable"),
    )
    pins = (_in("A"), _in("EN", 1.5), _out("Z", "A", three_state='"!EN"'))
    return Cell("TBUF_X1", 7, pins, timing, attributes={"dont_use": "true"})


def _tie(value: int) -> Cell:
    return Cell(f"TIE{value}_X1", 2, (_out("Z", str(value)),))


def _fill(sites: int) -> Cell:
    return Cell(f"FILL_X{sites}", sites, (), attributes={"dont_use": "true"})


#: All cells, in the order of the files.
CELLS: Final[tuple[Cell, ...]] = (
    *(_inverter(drive) for drive in (1, 2, 4)),
    *(_buffer("BUF", drive, 0.6 * drive + 0.2) for drive in (1, 2, 4)),
    _buffer("CLKBUF", 4, 2.0, balance=0.8),
    _gate("NAND2", ("A1", "A2"), "!(A1 & A2)", _stack(2, "nand"), "ZN"),
    _gate("NAND3", ("A1", "A2", "A3"), "!(A1 & A2 & A3)", _stack(3, "nand"), "ZN"),
    _gate("NOR2", ("A1", "A2"), "!(A1 | A2)", _stack(2, "nor"), "ZN"),
    _gate("NOR3", ("A1", "A2", "A3"), "!(A1 | A2 | A3)", _stack(3, "nor"), "ZN"),
    _gate("AND2", ("A1", "A2"), "A1 & A2", _then_inverter(_stack(2, "nand")), "Z"),
    _gate("OR2", ("A1", "A2"), "A1 | A2", _then_inverter(_stack(2, "nor")), "Z"),
    *_complex_gates(),
    *_xor_like(),
    _flip_flop("DFF", 1),
    _flip_flop("DFF", 2),
    _flip_flop("DFFR", 1, clear="RN"),
    _flip_flop("DFFS", 1, preset="SN"),
    _flip_flop("DFFN", 1, edge="fall"),
    _latch(),
    _clock_gate(),
    _three_state(),
    _tie(0),
    _tie(1),
    _fill(1),
    _fill(4),
)  # fmt: skip
