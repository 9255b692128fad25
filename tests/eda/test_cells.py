"""edasat45: the shipped files are what the formula gives, and what they say fits together."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edasat.eda import cells
from edasat.eda.cells import electrical
from edasat.eda.cells.__main__ import main
from edasat.eda.cells.catalogue import CELLS, Arc, Cell
from edasat.eda.cells.layout_text import def_text, spef_text
from edasat.eda.cells.lef import LAYERS, ROW_HEIGHT_DBU, SITE_WIDTH_DBU, signal_pins
from edasat.eda.cells.place import MARGIN_DBU, place
from edasat.eda.formats.layout import pin_positions, read_def
from edasat.eda.formats.lef import read_lef
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.formats.verilog import read_verilog
from edasat.eda.library import ArcType, Direction
from edasat.eda.netlist import Netlist
from edasat.tools.timing_examples import DESIGNS, FOLDER


@pytest.fixture(scope="module")
def library():
    return read_liberty(cells.LIBERTY)


@pytest.fixture(scope="module")
def placed():
    return place(read_verilog(FOLDER / "alu8" / "netlist.v"))


def test_shipped_files_are_those_of_the_generator(tmp_path: Path) -> None:
    for path in cells.write_library(tmp_path, (cells.TYPICAL,)):
        assert path.read_bytes() == (cells.LIBERTY.parent / path.name).read_bytes(), path.name


def test_command_writes_the_corners_that_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-o", str(tmp_path), "--corner", "slow"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"edasat45.lef", "edasat45_slow.lib"}
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in ("edasat45.lef", "edasat45_slow.lib")]


def test_tables_follow_the_formula(library) -> None:
    """INV_X1 by hand: row 30 ps, column 6 fF; the falling output goes through the pull-down."""
    cell = library.cells.index("INV_X1")
    table = library.table(library.arc_tables[library.cell_arcs[cell], 1])
    tau = 2.7 * (1.2 + 6.0)
    expected = np.log(2) * tau + 0.29 * 30 * tau / (tau + 30) + 0.01 * 30
    assert (table.first[2], table.second[3]) == (0.03, 6.0)
    assert table.values[2, 3] == pytest.approx(expected / 1000, abs=1e-6)


def test_delays_and_transitions_grow_with_load_and_transition(library) -> None:
    for tables in library.arc_tables[library.arc_type < ArcType.SETUP_RISING]:
        for number in tables[tables >= 0]:
            table = library.table(number)
            assert table.values.shape == (7, 7)
            assert (np.diff(table.values, axis=0) >= 0).all()
            assert (np.diff(table.values, axis=1) > 0).all()


def test_corners_are_ordered(tmp_path: Path) -> None:
    fast, typical, slow = (
        read_liberty(cells.liberty_text(corner).encode()) for corner in (cells.FAST, cells.TYPICAL, cells.SLOW)
    )
    for number in fast.arc_tables[fast.arc_type < ArcType.SETUP_RISING].ravel():
        if number >= 0:
            values = [library.table(number).values for library in (fast, typical, slow)]
            assert (values[0] < values[1]).all()
            assert (values[1] < values[2]).all()


def test_data_must_be_stable_for_some_time(library) -> None:
    """Setup and hold, recovery and removal leave a window open, whatever the transitions."""
    for cell, (start, end) in enumerate(itertools.pairwise(library.cell_arcs)):
        arcs = {(library.arc_to[a], ArcType(library.arc_type[a]).name): a for a in range(start, end)}
        for (pin, kind), arc in arcs.items():
            for before, after in (("SETUP", "HOLD"), ("RECOVERY", "REMOVAL")):
                if kind.startswith(before):
                    other = arcs[pin, kind.replace(before, after)]
                    for edge in range(2):
                        tables = library.arc_tables[[arc, other], edge]
                        assert (tables[0] < 0) == (tables[1] < 0)
                        if tables[0] >= 0:
                            window = sum(library.table(table).values for table in tables)
                            assert window.min() > 0, library.cells[cell]


def _value(expression: str, values: dict[str, bool]) -> bool:
    """Evaluate a Liberty expression of ours; Python binds ``&`` and ``^`` as Liberty does here."""
    text = re.sub(r"[A-Z][A-Z0-9]*", lambda name: str(values[name[0]]), expression).replace("!", " not ")
    text = text.replace("&", " and ").replace("|", " or ").replace("^", " != ")
    return bool(eval(text))


def _combinational() -> list[tuple[Cell, Arc]]:
    return [(c, t) for c in CELLS for t in c.timing if isinstance(t, Arc) and not t.kind and not c.groups]


@pytest.mark.parametrize(("cell", "arc"), _combinational(), ids=lambda x: x.name if isinstance(x, Cell) else x.related)
def test_senses_and_conditions_are_those_of_the_function(cell: Cell, arc: Arc) -> None:
    inputs = [pin.name for pin in cell.pins if pin.direction == "input"]
    function = next(pin for pin in cell.pins if pin.name == arc.pin).attributes["function"].strip('"')
    seen = set()
    for bits in itertools.product((False, True), repeat=len(inputs) - 1):
        others = dict(zip([name for name in inputs if name != arc.related], bits, strict=True))
        if arc.when and not _value(arc.when, others):
            continue
        low, high = (_value(function, {**others, arc.related: value}) for value in (False, True))
        if low != high:
            seen.add("positive_unate" if high else "negative_unate")
        else:
            assert not arc.when or "three_state" in str(cell.pins), "a condition under which nothing happens"
    assert seen == ({"positive_unate", "negative_unate"} if arc.sense == "non_unate" else {arc.sense})


def test_conditions_read_as_in_verilog(library) -> None:
    conditions = set(zip(library.arc_when, library.arc_sdf_cond, strict=True))
    assert ("A1 & !A2", "A1 == 1'b1 && A2 == 1'b0") in conditions


def test_lef_and_liberty_describe_the_same_cells(library) -> None:
    lef = read_lef(cells.LEF)
    assert lef.macros.to_list() == library.cells.to_list() == [cell.name for cell in CELLS]
    size = lef.macro_size
    assert np.prod(size, axis=1) == pytest.approx(library.cell_area, abs=1e-9)
    assert (size[:, 1] == ROW_HEIGHT_DBU / 1000).all()
    for number, cell in enumerate(CELLS):
        names = [lef.pins[i] for i in range(lef.macro_pins[number], lef.macro_pins[number + 1])]
        assert names == [*(pin.name for pin in signal_pins(cell)), "VDD", "VSS"]


def test_pins_are_inside_their_cells_and_apart() -> None:
    for cell in CELLS:
        points = [cells.lef.pin_centre(cell, pin.name) for pin in signal_pins(cell)]
        assert all(0 < x < cell.sites * SITE_WIDTH_DBU and 0 < y < ROW_HEIGHT_DBU for x, y in points)
        assert len({x for x, _ in points}) == len(points)


def test_layers_have_plausible_wires() -> None:
    for layer in LAYERS:
        assert 1 < layer.ohm_per_um < 6
        assert 0.1 < layer.ff_per_um < 0.2


def test_placement_is_legal(placed, library) -> None:
    p = placed.placement
    widths = np.rint(library.cell_area / (SITE_WIDTH_DBU * ROW_HEIGHT_DBU * 1e-6)).astype(int) * SITE_WIDTH_DBU
    width = widths[[library.cells.index(name) for name in placed.cells.to_list()]][placed.instance_cell]
    assert ((p.x - MARGIN_DBU) % SITE_WIDTH_DBU == 0).all()
    assert ((p.y - MARGIN_DBU) % ROW_HEIGHT_DBU == 0).all()
    assert (p.x >= MARGIN_DBU).all()
    assert (p.x + width <= p.die[2] - MARGIN_DBU).all()
    assert (p.y + ROW_HEIGHT_DBU <= p.die[3] - MARGIN_DBU).all()
    order = np.lexsort((p.x, p.y))
    same_row = np.diff(p.y[order]) == 0
    assert (np.diff(p.x[order])[same_row] >= width[order][:-1][same_row]).all()
    on_edge = (p.port_x == 0) | (p.port_x == p.die[2]) | (p.port_y == 0) | (p.port_y == p.die[3])
    assert on_edge.all()


def test_placement_brings_connected_cells_together(placed) -> None:
    lef = read_lef(cells.LEF)

    def length(permutation: np.ndarray) -> float:
        p = placed.placement
        x, y = pin_positions(replace(placed, placement=replace(p, x=p.x[permutation], y=p.y[permutation])), lef)
        return sum(
            float(np.ptp(x[placed.pin_net == net]) + np.ptp(y[placed.pin_net == net]))
            for net in range(placed.num_nets)
            if (placed.pin_net == net).sum() > 1
        )

    shuffled = np.random.default_rng(0).permutation(placed.num_instances)
    assert length(np.arange(placed.num_instances)) < 0.5 * length(shuffled)


@pytest.mark.parametrize("name", ["counter8", "lanes"])
def test_shipped_layouts_are_those_of_the_placer(name: str) -> None:
    placed = place(read_verilog(FOLDER / name / "netlist.v"))
    assert def_text(placed) == (FOLDER / name / "placed.def").read_text()
    assert spef_text(placed) == (FOLDER / name / "wires.spef").read_text()


@pytest.mark.parametrize("name", DESIGNS)
def test_layout_and_netlist_name_the_same_things(name: str) -> None:
    """Both readers give the same canonical names and connections, whatever each format escapes."""

    def connections(netlist: Netlist) -> dict[tuple[str, str], str]:
        owner = np.repeat(np.arange(netlist.num_instances), np.diff(netlist.pin_offsets))
        instances, pins, nets = (n.to_list() for n in (netlist.instances, netlist.pin_names, netlist.nets))
        columns = zip(owner.tolist(), netlist.pin_name.tolist(), netlist.pin_net.tolist(), strict=True)
        ports = zip(netlist.ports.to_list(), netlist.port_net.tolist(), strict=True)
        return {(instances[i], pins[p]): nets[n] for i, p, n in columns} | {(p, ""): nets[n] for p, n in ports}

    written = read_def(FOLDER / name / "placed.def").netlist()
    assert connections(written) == connections(read_verilog(FOLDER / name / "netlist.v"))


@pytest.mark.parametrize("name", DESIGNS)
def test_wires_join_every_pin_of_their_net(name: str) -> None:
    """Every section is a tree: its resistors join all its nodes without a loop; its capacitors add up to its total."""
    netlist = read_verilog(FOLDER / name / "netlist.v")
    text = (FOLDER / name / "wires.spef").read_text()
    sections = text.split("*D_NET ")[1:]
    connected = np.concatenate([netlist.pin_net, netlist.port_net])
    ends = np.bincount(connected[connected >= 0], minlength=netlist.num_nets)
    assert len(sections) == (ends > 1).sum()
    for section in sections:
        head, rest = section.split("*CONN\n")
        conn, rest = rest.split("*CAP\n")
        caps, rest = rest.split("*RES\n")
        pins = [line.split()[1] for line in conn.splitlines()]
        net = int(head.split()[0][1:]) - 1
        assert len(pins) == ends[net]
        nodes = [line.split()[1] for line in caps.splitlines()]
        total = sum(float(line.split()[2]) for line in caps.splitlines())
        assert total == pytest.approx(float(head.split()[1]), abs=1e-5 * len(nodes))
        parent = {node: node for node in nodes}

        def root(node: str, parent: dict[str, str] = parent) -> str:
            while parent[node] != node:
                node = parent[node]
            return node

        resistors = [line.split()[1:3] for line in rest.split("*END")[0].splitlines()]
        for a, b in resistors:
            assert root(a) != root(b)
            parent[root(a)] = root(b)
        assert len({root(node) for node in nodes}) == 1
        assert set(pins) <= set(nodes)


def test_every_kind_of_arc_is_there(library) -> None:
    kinds = {ArcType(kind) for kind in library.arc_type.tolist()}
    assert kinds >= {
        ArcType.COMBINATIONAL, ArcType.RISING_EDGE, ArcType.FALLING_EDGE, ArcType.PRESET, ArcType.CLEAR,
        ArcType.THREE_STATE_ENABLE, ArcType.THREE_STATE_DISABLE, ArcType.SETUP_RISING, ArcType.SETUP_FALLING,
        ArcType.HOLD_RISING, ArcType.HOLD_FALLING, ArcType.RECOVERY_RISING, ArcType.REMOVAL_RISING,
    }  # fmt: skip
    assert library.default_wire_load == cells.WIRE_LOAD
    assert (library.pin_direction == Direction.INTERNAL).sum() == 1
    assert electrical.SLEWS_PS[-1] / 1000 == library.default_max_transition
