"""Boolean expressions of cells, and what constants switch off."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.eda.cells import LIBERTY
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.formats.verilog import read_verilog
from edasat.eda.functions import evaluate, parse, pins_of, sense
from edasat.eda.library import Library
from edasat.eda.timing.constants import FREE, find_constants, mask_constants
from edasat.eda.timing.graph import CELL, FALL_FALL, FALL_RISE, RISE_FALL, RISE_RISE, PinGraph, build_graph

PINS = ("a", "b", "c")


def expressions() -> st.SearchStrategy[tuple[str, str]]:
    """Return the same expression in Liberty and in Python."""

    def binary(parts: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]) -> tuple[str, str]:
        (liberty, python), left, right = parts
        return f"({left[0]}){liberty}({right[0]})", f"(({left[1]}){python}({right[1]}))"

    operators = st.sampled_from([("+", "|"), ("|", "|"), ("*", "&"), ("&", "&"), (" ", "&"), ("^", "^")])
    return st.recursive(
        st.sampled_from([(pin, pin) for pin in PINS] + [("1", "1"), ("0", "0")]),
        lambda inner: st.one_of(
            st.tuples(operators, inner, inner).map(binary),
            inner.map(lambda pair: (f"!({pair[0]})", f"(1-({pair[1]}))")),
            inner.map(lambda pair: (f"({pair[0]})'", f"(1-({pair[1]}))")),
        ),
        max_leaves=8,
    )


@given(expressions())
def test_expressions_have_the_values_of_their_truth_table(pair: tuple[str, str]) -> None:
    parsed = parse(pair[0])
    for values in itertools.product((0, 1), repeat=3):
        named = dict(zip(PINS, values, strict=True))
        assert evaluate(parsed, named) == eval(pair[1], {}, named)


@given(expressions(), st.dictionaries(st.sampled_from(PINS), st.integers(0, 1)))
def test_a_value_that_is_known_holds_for_all_unknown_pins(pair: tuple[str, str], known: dict[str, int]) -> None:
    parsed = parse(pair[0])
    value = evaluate(parsed, known)
    if value is not None:
        for values in itertools.product((0, 1), repeat=3):
            assert evaluate(parsed, {**dict(zip(PINS, values, strict=True)), **known}) == value


@given(expressions(), st.sampled_from(PINS))
def test_sense_is_what_flipping_the_pin_does(pair: tuple[str, str], pin: str) -> None:
    parsed = parse(pair[0])
    seen = set()
    for values in itertools.product((0, 1), repeat=3):
        named = dict(zip(PINS, values, strict=True))
        seen.add((evaluate(parsed, {**named, pin: 0}), evaluate(parsed, {**named, pin: 1})))
    assert sense(parsed, pin, {}) == ((0, 1) in seen, (1, 0) in seen)


@pytest.mark.parametrize("text", ["", "a +", "(a", "a)", "!", "a ^ ^ b"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="cannot read the expression"):
        parse(text)


def test_pins_and_precedence() -> None:
    assert pins_of(parse("!A B + (C ^ 1)")) == {"A", "B", "C"}
    assert parse("a ^ b & c + d") == parse("((a ^ b) & c) + d")


@pytest.fixture(scope="module")
def library() -> Library:
    return read_liberty(LIBERTY, cache=False)


def masks(graph: PinGraph) -> dict[tuple[str, str], int]:
    """Return the transitions that pass between each pair of pins, over all conditional arcs."""
    result: dict[tuple[str, str], int] = {}
    for edge in np.flatnonzero(graph.edge_kind == CELL):
        pair = (graph.node_name(graph.edge_source[edge]), graph.node_name(graph.edge_target[edge]))
        result[pair] = result.get(pair, 0) | int(graph.edge_mask[edge])
    return result


def constrained(text: str, library: Library, cases: dict[str, int] | None = None) -> tuple[PinGraph, dict[str, int]]:
    graph = build_graph(read_verilog(text.encode(), library=library), library)
    named = {graph.netlist.ports.index(name): value for name, value in (cases or {}).items()}
    values = find_constants(graph, named)
    known = {graph.node_name(int(node)): int(values[node]) for node in np.flatnonzero(values != FREE)}
    return mask_constants(graph, values), known


def test_a_constant_makes_an_exclusive_or_a_buffer_or_an_inverter(library: Library) -> None:
    for value, allowed in ((0, RISE_RISE | FALL_FALL), (1, RISE_FALL | FALL_RISE)):
        text = "module t (a, b, y); input a, b; output y; XOR2_X1 g (.A(a), .B(b), .Z(y)); endmodule"
        graph, known = constrained(text, library, {"b": value})
        assert known == {"b": value, "g/B": value}
        assert masks(graph) == {("g/A", "g/Z"): allowed, ("g/B", "g/Z"): 0}


def test_constants_travel_through_gates_and_nets(library: Library) -> None:
    text = """module t (a, b, y, z); input a, b; output y, z; wire n;
      NAND2_X1 g (.A1(1'b0), .A2(a), .ZN(n));
      NAND2_X1 h (.A1(n), .A2(b), .ZN(y));
      NOR2_X1 i (.A1(n), .A2(b), .ZN(z));
    endmodule"""
    graph, known = constrained(text, library)
    assert known == {"g/A1": 0, "g/ZN": 1, "h/A1": 1, "i/A1": 1, "i/ZN": 0, "z": 0}
    left = {pair for pair, mask in masks(graph).items() if mask}
    assert left == {("h/A2", "h/ZN")}


def test_tie_cells_are_constant(library: Library) -> None:
    text = """module t (a, b, y); input a, b; output y; wire one;
      TIE1_X1 tie (.Z(one)); MUX2_X1 m (.A(a), .B(b), .S(one), .Z(y)); endmodule"""
    graph, known = constrained(text, library)
    assert known == {"tie/Z": 1, "m/S": 1}
    left = {pair for pair, mask in masks(graph).items() if mask}
    assert left == {("m/B", "m/Z")}
