"""Extraction on layouts small enough to work out by hand, and what must hold on any."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.eda.cells import LEF as EDASAT45_LEF
from edasat.eda.extraction import (
    Calibration,
    calibrate,
    extract,
    read_calibration,
    read_rules,
    read_unit_rc,
    write_calibration,
)
from edasat.eda.formats.layout import read_def
from edasat.eda.formats.lef import read_lef
from edasat.eda.formats.spef import NodeKind, Spef, format_spef, read_spef
from edasat.eda.library import Units

#: Wires of 10 ohm/um and, on m1, 0.1 * 0.1 + 2 * 0.02 = 0.05 fF/um.
LAYER = """LAYER {name} TYPE ROUTING ; DIRECTION {direction} ; PITCH 0.2 ; WIDTH 0.1 ; SPACING 0.1 ;
RESISTANCE RPERSQ 1.0 ; CAPACITANCE CPERSQDIST 1e-4 ; EDGECAPACITANCE 2e-5 ; END {name}
"""
CUT = "LAYER {name} TYPE CUT ; RESISTANCE {ohm} ; END {name}\n"
VIA = """VIA {name} DEFAULT LAYER {low} ; RECT -0.05 -0.1 0.05 0.1 ; LAYER {cut} ; RECT -0.05 -0.05 0.05 0.05 ;
LAYER {high} ; RECT -0.05 -0.1 0.05 0.1 ; END {name}
"""
TECHNOLOGY = (
    LAYER.format(name="m1", direction="HORIZONTAL")
    + CUT.format(name="v1", ohm=5)
    + LAYER.format(name="m2", direction="VERTICAL")
    + CUT.format(name="v2", ohm=3)
    + LAYER.format(name="m3", direction="HORIZONTAL")
    + VIA.format(name="via1", low="m1", cut="v1", high="m2")
    + VIA.format(name="via2", low="m2", cut="v2", high="m3")
)
CELL = """MACRO BUF CLASS CORE ; SIZE 1 BY 1 ;
PIN A DIRECTION INPUT ; PORT LAYER m1 ; RECT 0.0 0.4 0.2 0.6 ; END END A
PIN Z DIRECTION OUTPUT ; PORT LAYER m1 ; RECT 0.8 0.4 1.0 0.6 ; END END Z
END BUF
"""
LIBRARY = read_lef((TECHNOLOGY + CELL + "END LIBRARY").encode())

RULES = b"""Extraction Rules for OpenRCX
DIAGMODEL ON
LayerCount 3
DensityRate 1 0
DensityModel 0
Metal 1 RESOVER 0
DIST count 1 width 0.1
0 0 0 0.02
END DIST
Metal 1 OVER 0
DIST count 3 width 0.1
0.1 5e-05 1e-05 0.01
0.3 2e-05 3e-05 0.01
0.5 0 5e-05 0.01
END DIST
Metal 1 UNDER 2
DIST count 1 width 0.1
0.1 0 9e-05 0.01
END DIST
Metal 1 DIAGUNDER 3
DIST count 2 width 0.1
0 0 2e-05 0.01
0.4 0 1e-05 0.01
END DIST
Metal 2 OVER 0
DIST count 1 width 0.1
0.1 0 5e-05 0.005
END DIST
Metal 3 OVER 0
DIST count 1 width 0.1
0.1 0 5e-05 0.005
END DIST
"""


def layout_text(
    nets: dict[str, str],
    *,
    connections: dict[str, str] | None = None,
    pins: str = "",
    special: str = "",
    vias: str = "",
) -> bytes:
    """Return a DEF with cells u1 at x = 0 and u2 at x = 10 um, and these nets: name -> wires."""
    num_pins = pins.count("- ")
    text = f"VERSION 5.8 ; DESIGN top ; UNITS DISTANCE MICRONS 1000 ; DIEAREA ( 0 0 ) ( 20000 20000 ) ;\n{vias}\n"
    text += "COMPONENTS 2 ; - u1 BUF + PLACED ( 0 0 ) N ; - u2 BUF + PLACED ( 10000 0 ) N ; END COMPONENTS\n"
    text += f"PINS {num_pins} ;\n{pins}\nEND PINS\n"
    if special:
        text += f"SPECIALNETS 1 ; - VDD {special} ; END SPECIALNETS\n"
    text += f"NETS {len(nets)} ;\n"
    for name, wires in nets.items():
        joined = (connections or {"n": "( u1 Z ) ( u2 A )"}).get(name, "")
        text += f"- {name} {joined} {'+ ROUTED ' + wires if wires else ''} ;\n"
    return (text + "END NETS\nEND DESIGN\n").encode()


def extracted(text: bytes, **sources: object) -> Spef:
    return extract(read_def(text, lef=LIBRARY), LIBRARY, **sources)  # type: ignore[arg-type]


def totals(spef: Spef, name: str = "n") -> tuple[float, float]:
    """Return fF and ohm of a net."""
    net = spef.nets.index(name)
    resistors = slice(spef.net_resistors[net], spef.net_resistors[net + 1])
    return float(spef.net_capacitance[net]), float(spef.resistor_ohm[resistors].sum())


def is_whole(spef: Spef, net: int) -> bool:
    """Whether the resistors of a net join all of its nodes."""
    first, last = spef.net_nodes[net : net + 2]
    group = np.arange(first, last)
    ends = spef.resistor_ends[spef.net_resistors[net] : spef.net_resistors[net + 1]]
    for _ in range(len(ends)):
        for a, b in ends:
            group[[a - first, b - first]] = group[[a - first, b - first]].min()
        if (group == first).all():
            return True
    return len(group) == 1


STRAIGHT = "m1 ( 900 500 ) ( 10100 500 )"


class TestTrees:
    def test_wire_from_pin_to_pin(self) -> None:
        spef = extracted(layout_text({"n": STRAIGHT}))
        length = 9.2 + 0.1  # half a width beyond either end
        assert totals(spef) == pytest.approx((length * 0.05, length * 10))
        assert spef.node_kind.tolist() == [NodeKind.PIN, NodeKind.PIN]
        assert [spef.instances[i] for i in spef.node_name] == ["u1", "u2"]
        assert [spef.pins[i] for i in spef.node_pin] == ["Z", "A"]

    def test_vias_and_bends(self) -> None:
        route = "m1 ( 900 500 ) via1 ( * 2500 ) via2 ( 10100 * ) via2 ( * 500 ) via1"
        ff, ohm = totals(extracted(layout_text({"n": route})))
        length = 2 * 2.1 + 9.3
        assert ff == pytest.approx(length * 0.05)
        assert ohm == pytest.approx(length * 10 + 2 * 5 + 2 * 3)

    def test_via_that_is_written_twice_counts_once(self) -> None:
        route = "m1 ( 900 500 ) via1 ( * 2500 ) via1 ( 10100 * ) via1 ( * 500 ) via1 NEW m1 ( 900 500 ) via1"
        assert totals(extracted(layout_text({"n": route})))[1] == pytest.approx((2 * 2.1 + 9.3) * 10 + 4 * 5)

    def test_branch_from_the_middle_of_a_wire(self) -> None:
        """A wire is cut where a via of another path lands on it."""
        pin = "- out + NET n + DIRECTION OUTPUT + LAYER m2 ( -50 -50 ) ( 50 50 ) + PLACED ( 5000 3000 ) N ;"
        joined = {"n": "( u1 Z ) ( u2 A ) ( PIN out )"}
        route = STRAIGHT + " NEW m1 ( 5000 500 ) via1 NEW m2 ( 5000 500 ) ( 5000 3000 )"
        spef = extracted(layout_text({"n": route}, pins=pin, connections=joined))
        assert sorted(spef.resistor_ohm.tolist()) == pytest.approx(sorted([42.0, 52.0, 5.0, 26.0]))
        assert is_whole(spef, 0)
        assert spef.node_kind.tolist().count(NodeKind.PORT) == 1

    def test_points_inside_a_pin_are_the_pin(self) -> None:
        route = "m1 ( 850 450 ) ( 950 450 ) NEW m1 ( 950 550 ) ( 10100 550 )"
        spef = extracted(layout_text({"n": route}))
        assert spef.num_nodes == 2
        assert spef.num_resistors == 1, "wire inside of the pin has capacitance only"
        assert totals(spef)[0] == pytest.approx((0.2 + 9.25) * 0.05)

    def test_width_of_a_rule(self) -> None:
        rule = "NONDEFAULTRULES 1 ; - wide + LAYER m1 WIDTH 200 ; END NONDEFAULTRULES\n"
        text = layout_text({"n": STRAIGHT}, vias=rule).replace(b"( u2 A )", b"( u2 A ) + NONDEFAULTRULE wide")
        assert totals(extracted(text))[1] == pytest.approx((9.2 + 0.2) * 5)

    def test_spef_can_be_read_back(self) -> None:
        spef = extracted(layout_text({"n": STRAIGHT}))
        again = read_spef(format_spef(spef))
        assert totals(again) == pytest.approx(totals(spef))
        assert again.nets == spef.nets
        assert again.node_kind.tolist() == spef.node_kind.tolist()


def test_special_wires_of_a_net_are_its_own() -> None:
    """Qrouter's wires to pins beside its grid: special nets of the net's name, with a width of their own."""
    stub = "SPECIALNETS 1 ; - n + ROUTED m1 200 ( 900 500 ) ( 900 1500 ) ; END SPECIALNETS\nNETS"
    text = layout_text({"n": "m1 ( 900 1400 ) ( 10100 1400 ) NEW m1 ( 10100 1400 ) ( 10100 500 )"})
    spef = extracted(text.replace(b"NETS", stub.encode(), 1))
    assert is_whole(spef, 0)
    assert not spef.notes.counts.get("extract-pin-apart")
    assert totals(spef)[0] == pytest.approx((1.0 + 9.3 + 1.0) * 0.05)


class TestLooseContacts:
    """Layouts as qrouter writes them."""

    VIAS = (
        "VIAS 1 ; - via1 + RECT m1 ( -50 -100 ) ( 50 100 ) + RECT v1 ( -50 -50 ) ( 50 50 ) "
        "+ RECT m2 ( -50 -100 ) ( 50 100 ) ; END VIAS"
    )

    def test_pin_that_touches_by_overlap(self) -> None:
        """The via's centre lies beside the pin, its metal on it."""
        route = "m1 ( 1030 500 ) via1 ( * 2500 ) via1 ( 10100 * ) via1 ( * 500 ) via1"
        spef = extracted(layout_text({"n": route}, vias=self.VIAS))
        assert spef.notes.counts["extract-pin-touches"] == 1
        assert is_whole(spef, 0)
        assert totals(spef)[1] == pytest.approx(2 * 21 + 10 * (9.07 + 0.1) + 4 * 5)

    def test_pin_apart_from_its_wire(self) -> None:
        spef = extracted(layout_text({"n": "m1 ( 1500 500 ) ( 10100 500 )"}))
        assert spef.notes.counts["extract-pin-apart"] == 1
        assert is_whole(spef, 0)

    def test_parts_that_do_not_meet_are_joined(self) -> None:
        spef = extracted(layout_text({"n": "m1 ( 900 500 ) ( 5000 500 ) NEW m1 ( 5100 500 ) ( 10100 500 )"}))
        assert spef.notes.counts["extract-bridge"] == 1
        assert totals(spef)[1] == pytest.approx(10 * (4.2 + 5.1 + 0.1))
        assert is_whole(spef, 0)

    def test_pins_without_direction(self) -> None:
        pin = "- out + NET n + LAYER m1 ( -50 -50 ) ( 50 50 ) + PLACED ( 5000 500 ) N ;"
        text = layout_text({"n": STRAIGHT}, pins=pin, connections={"n": "( u1 Z ) ( u2 A ) ( PIN out )"})
        spef = extracted(text, rules=read_rules(RULES))
        assert b"*P out B" in format_spef(spef)

    def test_net_without_wires_is_left_out_and_counted(self) -> None:
        joined = {"n": "( u1 Z ) ( u2 A )", "open": "( u1 A ) ( u2 Z )"}
        spef = extracted(layout_text({"n": STRAIGHT, "open": ""}, connections=joined))
        assert spef.nets.to_list() == ["n"]
        assert spef.notes.counts["extract-unrouted"] == 1


class TestNeighbours:
    RULES = read_rules(RULES)

    def measure(self, other: str, special: str = "") -> float:
        nets = {"n": STRAIGHT, "other": other} if other else {"n": STRAIGHT}
        return totals(extracted(layout_text(nets, special=special), rules=self.RULES))[0]

    def test_alone(self) -> None:
        assert self.measure("") == pytest.approx(9.3 * 2 * 0.05)

    @pytest.mark.parametrize(("gap", "side"), [(100, 0.06), (200, 0.055), (300, 0.05), (400, 0.05), (2000, 0.05)])
    def test_spacing_takes_coupling_and_fringe_between_rows(self, gap: int, side: float) -> None:
        y = 500 + 100 + gap
        found = self.measure(f"m1 ( 900 {y} ) ( 10100 {y} )")
        assert found == pytest.approx(9.3 * (0.05 + side))

    def test_nearer_wire_hides_the_farther_one(self) -> None:
        near, far = "m1 ( 3000 700 ) ( 5000 700 )", "m1 ( 900 800 ) ( 10100 800 )"
        found = self.measure(f"{near} NEW {far}")
        assert found == pytest.approx(9.3 * 0.05 + 2.1 * 0.06 + 7.2 * 0.055)

    def test_power_counts_as_neighbour(self) -> None:
        assert self.measure("", "+ ROUTED m1 100 ( 850 700 ) ( 10150 700 )") == pytest.approx(9.3 * (0.05 + 0.06))

    def test_wire_across_stands_for_its_track(self) -> None:
        """It lies on the track from 5.0 to 5.2 um."""
        found = self.measure("m2 ( 5100 0 ) ( 5100 3000 )")
        assert found == pytest.approx(9.3 * 0.1 + 0.2 * 2 * (0.09 - 0.05))

    def test_higher_parallel_wire_gains(self) -> None:
        """m3 right above m1 from 3 to 5 um: seen once more where the lower side of m1 is open."""
        nets = {"n": STRAIGHT, "other": "m3 ( 3000 500 ) ( 5000 500 )"}
        spef = extracted(layout_text(nets), rules=self.RULES)
        assert totals(spef, "other")[0] == pytest.approx(2.1 * 0.1 + 2 * 2.1 * 0.02)
        assert totals(spef, "n")[0] == pytest.approx(9.3 * 0.1)

    def test_own_net_does_not_couple(self) -> None:
        route = STRAIGHT + " NEW m1 ( 900 700 ) ( 10100 700 ) NEW m1 ( 900 500 ) ( 900 700 )"
        spef = extracted(layout_text({"n": route}), rules=self.RULES)
        beside = 2 * 9.3 * (0.05 + 0.01)
        assert totals(spef)[0] == pytest.approx(beside + 0.3 * 0.1)


@st.composite
def routes(draw: st.DrawFn) -> tuple[list[tuple[str, int, int, int, int]], list[tuple[str, int, int, int, int]]]:
    """Draw wires from u1 to u2 and up from there, and the same metal cut into overlapping parts in any order.

    Cuts inside of pins are left out: a point there is a contact.
    """
    whole = [("m1", 900, 500, 10100, 500)]
    for _ in range(draw(st.integers(0, 4))):
        x = 100 * draw(st.integers(12, 98))
        whole.append(("m1", x, 500, x, 500 + 100 * draw(st.integers(1, 20))))
    parts = []
    for layer, x1, y1, x2, y2 in whole:
        along = 0 if y1 == y2 else 1
        low, high = (x1, x2) if along == 0 else (y1, y2)
        inside = st.integers(low // 10, high // 10).filter(
            lambda at, low=low: low + 100 < 10 * at < 9990
        )  # outside of pins
        cuts = sorted(
            {low, high, *(10 * draw(inside) for _ in range(draw(st.integers(0, 3)) if high > low + 110 else 0))}
        )
        for first, last in pairwise(cuts):
            again = max(low, first - 10 * draw(st.integers(0, 5)))
            parts.append((layer, again, y1, last, y2) if along == 0 else (layer, x1, again, x2, last))
    return whole, draw(st.permutations(parts))


def route_text(wires: list[tuple[str, int, int, int, int]]) -> str:
    return " NEW ".join(f"{layer} ( {x1} {y1} ) ( {x2} {y2} )" for layer, x1, y1, x2, y2 in wires)


@settings(max_examples=25)
@given(routes())
def test_how_a_wire_is_written_does_not_matter(
    drawn: tuple[list[tuple[str, int, int, int, int]], list[tuple[str, int, int, int, int]]],
) -> None:
    whole, parts = drawn
    for rules in (None, read_rules(RULES)):
        one, other = (extracted(layout_text({"n": route_text(wires)}), rules=rules) for wires in (whole, parts))
        assert totals(one) == pytest.approx(totals(other))
        assert one.num_nodes == other.num_nodes
        assert is_whole(other, 0)


class TestRules:
    def test_tables(self) -> None:
        rules = read_rules(RULES)
        assert rules.num_metals == 3
        assert rules.metal.tolist() == [1, 1, 1, 1, 2, 3]
        assert rules.coupling[1:4] == pytest.approx([0.05, 0.02, 0.0])
        assert rules.resistance[:2] == pytest.approx([20.0, 20.0])

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ((b"LayerCount 3", b"LayerCount x"), "3:1: error: the statement must read 'LayerCount metals'"),
            ((b"Metal 1 UNDER 2", b"Metal 1 UNDER 7"), "16:15: error: metal 7 does not exist: LayerCount is 3"),
            ((b"0.3 2e-05 3e-05 0.01", b"0.3 2e-05 oops 0.01"), "13:11: error: expected a number, got 'oops'"),
            ((b"0.3 2e-05 3e-05 0.01", b"0.3 2e-05 0.01"), "expected 4 numbers in a row of a table, got 3"),
            ((b"0.3 2e-05 3e-05 0.01\n", b""), "announces 3 rows, but has 2"),
            ((b"0.3 2e-05", b"0.1 2e-05"), "spacings of a table must rise, got 0.1 after 0.1"),
            ((b"Metal 1 UNDER 2", b"Metal 1 ASIDE 2"), "the statement must read 'Metal n RESOVER|OVER"),
            ((b"DIAGMODEL ON", b"DIAGONAL ON"), "unknown statement 'DIAGONAL'"),
            ((b"DIST count 3 width 0.1", b"DIST 3"), "the statement must read 'DIST count n width w'"),
            ((b"Metal 1 RESOVER 0\n", b""), "a table outside of 'Metal ...'"),
            ((b"Extraction Rules for OpenRCX", b"VERSION 5.8 ;\nDESIGN top ;"), "this looks like DEF, not extraction"),
            ((b"Extraction Rules for OpenRCX", b"rules"), "expected 'Extraction Rules for ...'"),
        ],
    )
    def test_faults_have_a_place_and_a_reason(self, change: tuple[bytes, bytes], message: str) -> None:
        with pytest.raises(InputError) as caught:
            read_rules(RULES.replace(*change, 1))
        assert message in str(caught.value)

    @pytest.mark.parametrize("text", [b"", b" \n", b"Extraction Rules for OpenRCX\n", RULES[:-12]])
    def test_files_that_end_early(self, text: bytes) -> None:
        with pytest.raises(InputError):
            read_rules(text)

    @settings(max_examples=100)
    @given(st.integers(0, len(RULES) - 1), st.binary(max_size=4), st.integers(0, 30))
    def test_damaged_rules_are_an_error_or_rules(self, at: int, new: bytes, cut: int) -> None:
        try:
            found = read_rules(RULES[:at] + new + RULES[at + cut :])
        except InputError:
            return
        assert found.num_tables

    def test_later_density_models_are_left_out(self) -> None:
        assert read_rules(RULES + b"DensityModel 1\nMetal 1 OVER 0\n").notes.counts == {"rcx-models": 1}


class TestUnitRc:
    def test_units_of_the_library(self) -> None:
        text = (
            b"# um\nset_layer_rc -layer m1 -capacitance 1.5e-4 -resistance 2e-3\nset_layer_rc -via v1 -resistance 4e-3"
        )
        found = read_unit_rc(text, units=Units(capacitance_ff=1000.0, resistance_ohm=1000.0))
        assert found.capacitance == pytest.approx({"m1": 0.15})
        assert found.resistance == pytest.approx({"m1": 2.0})
        assert found.via_resistance == pytest.approx({"v1": 4.0})

    def test_counts_before_the_lef_and_behind_the_rules(self) -> None:
        rc = read_unit_rc(b"set_layer_rc -layer m1 -resistance 7e-3 -capacitance 3e-4", units=Units())
        text = layout_text({"n": STRAIGHT})
        assert totals(extracted(text, unit_rc=rc)) == pytest.approx((9.3 * 0.3, 9.3 * 7))
        assert totals(extracted(text, unit_rc=rc, rules=read_rules(RULES))) == pytest.approx((9.3 * 0.1, 9.3 * 20))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (b"puts hello", "sets no layer's resistance"),
            (b"set_layer_rc -layer m1 -resistance", "expected 'set_layer_rc"),
            (b"set_layer_rc -layer m1 -resistance $r", "not negative, got '$r'"),
            (b"set_layer_rc -layer m1 -via v1 -resistance 1", "expected 'set_layer_rc"),
        ],
    )
    def test_faults(self, text: bytes, message: str) -> None:
        with pytest.raises(InputError, match="error:") as caught:
            read_unit_rc(text, units=Units())
        assert message in str(caught.value)


class TestCalibration:
    def test_finds_the_factors_of_a_layout(self, tmp_path: Path) -> None:
        """Golden: the same layout with wires heavier by half on m2 and lighter by a fifth on m1, vias twice."""
        nets, joined = {}, {}
        for i in range(30):
            y = 3000 + 500 * i
            nets[f"n{i}"] = f"m1 ( 900 {y} ) ( {2000 + 200 * i} {y} ) via1 ( * {y + 500 * (i * 7 % 11 + 1)} )"
            joined[f"n{i}"] = ""
        layout = read_def(layout_text(nets, connections=joined), lef=LIBRARY)
        true = Calibration({"m1": 0.8, "m2": 1.5}, {"m1": 2.0, "m2": 1.0}, 2.0)
        golden = extract(layout, LIBRARY, calibration=true)
        found = calibrate(layout, LIBRARY, golden)
        assert found.num_nets == 30
        assert found.capacitance["m1"] == pytest.approx(0.8, rel=0.1)
        assert found.capacitance["m2"] == pytest.approx(1.5, rel=0.1)
        plain = extract(layout, LIBRARY)
        better = extract(layout, LIBRARY, calibration=found)
        miss, near = (np.abs(spef.net_capacitance / golden.net_capacitance - 1) for spef in (plain, better))
        assert np.median(near) < 0.2 * np.median(miss)
        write_calibration(found, tmp_path / "calibration.json")
        assert read_calibration(tmp_path / "calibration.json") == found

    @pytest.mark.parametrize(
        "text", [b"", b"[]", b'{"capacitance": {"m1": -1}}', b'{"capacitance": 3}', b'{"other": 1}']
    )
    def test_other_files_are_refused(self, text: bytes) -> None:
        with pytest.raises(InputError, match="this is no calibration"):
            read_calibration(text)

    def test_another_layout_is_refused(self) -> None:
        layout = read_def(layout_text({"n": STRAIGHT}), lef=LIBRARY)
        with pytest.raises(InputError, match="only 1 nets have the same name"):
            calibrate(layout, LIBRARY, extract(layout, LIBRARY))


class TestWrongFiles:
    def test_placement_is_not_routed(self) -> None:
        with pytest.raises(InputError, match="no net of the layout has wires"):
            extracted(layout_text({"n": ""}))

    def test_lef_of_another_technology(self) -> None:
        layout = read_def(layout_text({"n": STRAIGHT}), lef=LIBRARY)
        with pytest.raises(InputError, match="wires lie on layer 'm1'"):
            extract(layout, read_lef(EDASAT45_LEF))

    def test_rules_of_another_technology(self) -> None:
        with pytest.raises(InputError, match="the rules have 4 metals, but the LEF has 3 routing layers"):
            extracted(layout_text({"n": STRAIGHT}), rules=read_rules(RULES.replace(b"Count 3", b"Count 4")))

    def test_layer_without_resistance(self) -> None:
        poor = read_lef((TECHNOLOGY.replace("RESISTANCE RPERSQ 1.0 ;", "") + CELL + "END LIBRARY").encode())
        layout = read_def(layout_text({"n": STRAIGHT}), lef=poor)
        with pytest.raises(InputError, match="nothing tells the resistance of layer 'm1'"):
            extract(layout, poor)

    def test_cell_that_the_lef_lacks(self) -> None:
        bare = read_lef((TECHNOLOGY + "END LIBRARY").encode())
        with pytest.raises(InputError, match="the LEF has no cell 'BUF'"):
            extract(read_def(layout_text({"n": STRAIGHT}), lef=bare), bare)

    def test_unknown_via(self) -> None:
        text = layout_text({"n": "m1 ( 900 500 ) odd ( 900 1500 )"})
        with pytest.raises(InputError, match="via 'odd' joins layers that nothing tells"):
            extracted(text)
