"""Clock gates, latches, loops and relations between clock edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.eda.cells import LIBERTY
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.formats.sdc import Units, read_sdc
from edasat.eda.formats.verilog import read_verilog
from edasat.eda.library import Library
from edasat.eda.timing.analysis import Timer
from edasat.eda.timing.binding import bind
from edasat.eda.timing.constraints import Clock, edge_distances
from edasat.eda.timing.graph import EARLY, FALL, LATE, RISE, build_graph

GATES = b"""
module t (clk, en, d, e, f, q, r);
  input clk, en, d, e, f; output q, r;
  wire gated, late, nd, m, o, p;
  DFF_X1 first (.CK(clk), .D(d), .Q(m));
  INV_X1 inv (.A(m), .ZN(nd));
  DLATCH_X1 latch (.G(clk), .D(nd), .Q(o));
  DFF_X1 second (.CK(clk), .D(o), .Q(q));
  DFF_X1 enable (.CK(clk), .D(en), .Q(p));
  AND2_X1 gate (.A1(clk), .A2(p), .Z(gated));
  DFF_X1 third (.CK(gated), .D(e), .Q(r));
  OR2_X1 orgate (.A1(clk), .A2(f), .Z(late));
  DFF_X1 fourth (.CK(late), .D(e));
endmodule
"""
GATES_SDC = b"""
create_clock -name clk -period 1.0 [get_ports clk]
set_propagated_clock [get_clocks clk]
set_input_delay 0.1 -clock clk [get_ports {en d e}]
set_input_delay 0.2 -clock clk -clock_fall [get_ports f]
set_output_delay 0.1 -clock clk [get_ports {q r}]
set_input_transition 0.02 [get_ports {clk en d e f}]
"""
#: What OpenSTA 2.0.17 gives for this design (lumped_cap, no wires), but for two ends where it judges otherwise:
#: it carries the time that the latch borrows on to `second` (slack 0.890568), and lets `orgate` switch while the
#: clock shows (hold slack 0.7).
SETUP = {
    "latch/D": 0.0, "orgate/A2": 0.8, "r": 0.836454, "q": 0.856604, "enable/D": 0.859422, "first/D": 0.859422,
    "fourth/D": 0.876774, "third/D": 0.879915, "second/D": 0.931874, "gate/A2": 0.952116,
}  # fmt: skip
HOLD = {
    "gate/A2": -0.460775, "second/D": 0.021986, "third/D": 0.076028, "fourth/D": 0.079183, "enable/D": 0.096191,
    "first/D": 0.096191, "q": 0.135812, "r": 0.156413, "latch/D": 0.539429, "orgate/A2": -0.3,
}  # fmt: skip


@pytest.fixture(scope="module")
def library() -> Library:
    return read_liberty(LIBERTY, cache=False)


def timer(library: Library, text: bytes, sdc: bytes, **options: object) -> Timer:
    graph = build_graph(read_verilog(text, library=library), library)
    constraints, _ = bind(graph, read_sdc(sdc, units=Units(1.0, 1.0, 1000.0)))
    return Timer(graph, constraints, **options)  # type: ignore[arg-type]


def test_gates_and_latches_are_judged_as_by_opensta(library: Library) -> None:
    result = timer(library, GATES, GATES_SDC, latches="opaque").run()
    for early_late, wanted in ((LATE, SETUP), (EARLY, HOLD)):
        nodes, slacks = result.endpoint_slacks(early_late)
        found = dict(zip(result.graph.node_names(nodes), slacks.tolist(), strict=True))
        assert found == pytest.approx(wanted, abs=1e-5)
    assert result.notes.counts["timing-latch"] == 1
    names = {
        result.graph.check_name(check)
        for check in range(result.graph.num_checks)
        if result.graph.node_name(int(result.graph.check_data[check])) == "gate/A2"
    }
    assert names == {"clock gating setup", "clock gating hold"}


def test_latches_are_refused_unless_asked_for(library: Library) -> None:
    with pytest.raises(InputError, match=r"1 transparent latches, first 'latch'") as caught:
        timer(library, GATES, GATES_SDC)
    assert "--latches opaque" in str(caught.value)


LOOP = b"""
module t (clk, a, q);
  input clk, a; output q; wire x, y, z;
  NAND2_X1 g (.A1(a), .A2(z), .ZN(x));
  INV_X1 h (.A(x), .ZN(y));
  BUF_X1 i (.A(y), .Z(z));
  DFF_X1 r (.CK(clk), .D(y), .Q(q));
endmodule
"""


def test_a_loop_is_cut_once_where_its_signal_returns(library: Library) -> None:
    made = timer(library, LOOP, b"create_clock -name c -period 1 clk; set_input_delay 0.1 -clock c a")
    assert made.notes.counts == {"timing-loop": 1}
    assert "g/A2 -> g/ZN" in made.notes.first["timing-loop"][0]
    result = made.run()
    assert np.isfinite(result.worst_slack())


def test_a_case_value_opens_a_loop_without_a_cut(library: Library) -> None:
    sdc = b"create_clock -name c -period 1 clk; set_case_analysis 0 a"
    assert timer(library, LOOP, sdc).notes.counts == {}


periods = st.integers(1, 12)


@given(periods, periods, st.integers(0, 11), st.integers(0, 11))
def test_edge_distances_are_the_worst_over_all_cycles(launch: int, capture: int, a: int, b: int) -> None:
    first = Clock("a", float(launch), (a % launch, a % launch + launch / 2))
    second = Clock("b", float(capture), (b % capture, b % capture + capture / 2))
    setup, hold = edge_distances(first, RISE, second, RISE)
    edges = [b % capture + capture * k for k in range(-20, 400)]
    found = []
    for k in range(launch * capture):
        start = a % launch + launch * k
        after = min(edge for edge in edges if edge > start)
        found.append((after - start, after - capture - start))
    assert setup == pytest.approx(min(f[0] for f in found))
    assert hold == pytest.approx(max(f[1] for f in found))


def test_opposite_edges_of_one_clock() -> None:
    clock = Clock("c", 10.0, (1.0, 4.0))
    assert edge_distances(clock, RISE, clock, FALL) == (3.0, -7.0)
    assert edge_distances(clock, FALL, clock, RISE) == (7.0, -3.0)
