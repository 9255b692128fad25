"""Features against slow plain versions, against gbdc, under renaming, and on degenerate formulas."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, pairwise, product
from pathlib import Path
from statistics import fmean, pstdev

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edasat.core.errors import ToolError
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.sat.features import (
    CLAUSE_FEATURES,
    FEATURE_NAMES,
    LITERAL_FEATURES,
    ORDER_FEATURES,
    feature_table,
    gbdc_features,
    instance_features,
    node_features,
)
from edasat.sat.features.patterns import PatternCounts, count_patterns
from edasat.sat.features.propagation import Probe, probe
from edasat.sat.tripartite import TripartiteArrays, tripartite_arrays

Clauses = list[list[int]]
literals = st.integers(1, 6).flatmap(lambda v: st.sampled_from([v, -v]))
formulas = st.lists(st.lists(literals, max_size=5), max_size=25)
DEGENERATE: list[Clauses] = [[], [[]], [[], []], [[1]], [[1], [-1]], [[1, -1]], [[2, 2, 2]], [[5]]]


def arrays_of(clauses: Clauses, num_vars: int | None = None) -> TripartiteArrays:
    return tripartite_arrays(Cnf.from_clauses(clauses, num_vars))


# --- nodes


def plain_literal_row(clauses: Clauses, num_vars: int, literal: int) -> list[float]:
    holding = [clause for clause in clauses for x in clause if x == literal]
    degree = len(holding)
    both = sum(abs(x) == abs(literal) for clause in clauses for x in clause)
    sizes = Counter(min(len(clause), 4) for clause in holding)
    total = sum(map(len, clauses))
    return [
        math.log1p(degree),
        math.log1p(degree) - math.log1p(total / (2 * num_vars)),
        degree / both if both else 0.5,
        *(sizes[k] / degree if degree else 0.0 for k in (1, 2, 3, 4)),
        fmean(sum(x > 0 for x in clause) <= 1 for clause in holding) if holding else 0.0,
        math.log1p(sum(2.0 ** -len(clause) for clause in holding)),
        fmean(math.log(len(clause)) for clause in holding) if holding else 0.0,
    ]


def plain_clause_row(clauses: Clauses, index: int) -> list[float]:
    clause = clauses[index]
    degree = Counter(x for other in clauses for x in other)
    own = [math.log1p(degree[x]) for x in clause] or [0.0]
    opposite = [math.log1p(degree[-x]) for x in clause] or [0.0]
    positive = sum(x > 0 for x in clause)
    return [
        math.log1p(len(clause)),
        *(float(len(clause) == k) for k in (1, 2, 3)),
        float(positive <= 1),
        float(len(clause) - positive <= 1),
        positive / len(clause) if clause else 0.5,
        *(fmean(own), min(own), max(own)),
        *(fmean(opposite), min(opposite), max(opposite)),
        index / (len(clauses) - 1) if len(clauses) > 1 else 0.0,
    ]


@given(formulas)
def test_node_features_agree_with_the_plain_version(clauses: Clauses) -> None:
    x = node_features(arrays_of(clauses, 7))
    assert (x.literal.dtype, x.clause.dtype) == (np.float32, np.float32)
    assert x.literal.shape == (14, len(LITERAL_FEATURES))
    assert x.clause.shape == (len(clauses), len(CLAUSE_FEATURES))
    signed = [sign * v for v in range(1, 8) for sign in (1, -1)]
    np.testing.assert_allclose(x.literal, [plain_literal_row(clauses, 7, y) for y in signed], rtol=1e-5, atol=1e-6)
    expected = np.array([plain_clause_row(clauses, i) for i in range(len(clauses))]).reshape(x.clause.shape)
    np.testing.assert_allclose(x.clause, expected, rtol=1e-5, atol=1e-6)


@given(formulas, st.permutations(range(1, 8)))
def test_renaming_permutes_the_literal_rows_and_leaves_the_clause_rows(clauses: Clauses, names: list[int]) -> None:
    renamed = [[int(math.copysign(names[abs(x) - 1], x)) for x in clause] for clause in clauses]
    x, y = node_features(arrays_of(clauses, 7)), node_features(arrays_of(renamed, 7))
    np.testing.assert_allclose(x.clause, y.clause, rtol=1e-6)
    target = [2 * (name - 1) + sign for name in names for sign in (0, 1)]
    np.testing.assert_allclose(x.literal, y.literal[target], rtol=1e-6)


# --- instances


def plain_summary(values: list[float]) -> list[float]:
    if not values:
        return [0.0] * 5
    mean = fmean(values)
    shares = [count / len(values) for count in Counter(values).values()]
    return [
        mean,
        pstdev(values) / mean if mean else 0.0,
        min(values),
        max(values),
        -sum(share * math.log(share) for share in shares),
    ]


def plain_bin_entropy(shares: list[float]) -> float:
    return plain_summary([min(int(share * 10 + 1e-12), 9) for share in shares])[4]


def plain_features(clauses: Clauses, num_vars: int) -> dict[str, float]:
    """The definitions, one comprehension each; patterns and probe have tests of their own."""
    m = len(clauses)
    used = sorted({abs(x) for clause in clauses for x in clause})
    degree = Counter(x for clause in clauses for x in clause)
    var_degree = {v: degree[v] + degree[-v] for v in used}
    horn = [clause for clause in clauses if sum(x > 0 for x in clause) <= 1]
    horn_degree = Counter(abs(x) for clause in horn for x in clause)
    shares = [sum(x > 0 for x in clause) / len(clause) if clause else 0.5 for clause in clauses]
    balance = [abs(degree[v] - degree[-v]) / var_degree[v] for v in used]
    vg = [float(sum(len(c) - 1 for c in clauses for x in c if abs(x) == v)) for v in used]
    cg = [float(sum(var_degree[abs(x)] - 1 for x in clause)) for clause in clauses]
    conflict = [float(sum(degree[-x] for x in clause)) for clause in clauses]
    graph = nx.Graph()
    graph.add_nodes_from(used)
    for clause in clauses:
        graph.add_edges_from((abs(clause[0]), abs(x)) for x in clause)
    components = [len(part) for part in nx.connected_components(graph)]
    spans = [max(map(abs, clause)) - min(map(abs, clause)) for clause in clauses if clause]
    chained = sum(bool({abs(x) for x in a} & {abs(x) for x in b}) for a, b in pairwise(clauses))

    def share(count: float) -> float:
        return count / m if m else 0.0

    def mean(values: list[float]) -> float:
        return fmean(values) if values else 0.0

    def named(prefix: str, values: list[float]) -> dict[str, float]:
        names = [f"{prefix}_{name}" for name in ("mean", "cv", "min", "max", "entropy")]
        return dict(zip(names, plain_summary(values), strict=True))

    def graph_degree(prefix: str, values: list[float]) -> dict[str, float]:
        average = mean(values)
        return {
            f"log_{prefix}_mean": math.log1p(average),
            f"{prefix}_cv": pstdev(values) / average if average else 0.0,
            f"log_{prefix}_max": math.log1p(max(values, default=0)),
        }

    return {
        "log_variables": math.log1p(len(used)),
        "log_clauses": math.log1p(m),
        "log_literals": math.log1p(sum(map(len, clauses))),
        "clauses_per_variable": m / max(1, len(used)),
        "unit_share": share(sum(len(c) == 1 for c in clauses)),
        "binary_share": share(sum(len(c) == 2 for c in clauses)),
        "ternary_share": share(sum(len(c) == 3 for c in clauses)),
        "longer_share": share(sum(len(c) >= 4 for c in clauses)),
        **named("length", [len(c) for c in clauses]),
        **named("degree", list(var_degree.values())),
        "literal_degree_cv": plain_summary([degree[s * v] for v in used for s in (1, -1)])[1],
        "pure_share": mean([degree[v] == 0 or degree[-v] == 0 for v in used]),
        "positive_share": mean([x > 0 for clause in clauses for x in clause]),
        "clause_positive_mean": mean(shares),
        "clause_positive_std": pstdev(shares) if shares else 0.0,
        "clause_positive_entropy": plain_bin_entropy(shares),
        "variable_balance_mean": mean(balance),
        "variable_balance_std": pstdev(balance) if balance else 0.0,
        "variable_balance_entropy": plain_bin_entropy(balance),
        "horn_share": share(len(horn)),
        "anti_horn_share": share(sum(sum(x < 0 for x in c) <= 1 for c in clauses)),
        "positive_clause_share": share(sum(bool(c) and all(x > 0 for x in c) for c in clauses)),
        "negative_clause_share": share(sum(bool(c) and all(x < 0 for x in c) for c in clauses)),
        **named("horn_degree", [horn_degree[v] for v in used]),
        **graph_degree("variable_graph_degree", vg),
        **graph_degree("clause_graph_degree", cg),
        **graph_degree("conflict_degree", conflict),
        "conflict_free_share": share(conflict.count(0)),
        "components_per_variable": len(components) / max(1, len(used)),
        "largest_component_share": max(components, default=0) / max(1, len(used)),
        "span_mean": share(sum(spans)) / max(1, num_vars),
        "chained_share": share(chained),
    }


@given(formulas)
def test_instance_features_agree_with_the_plain_version(clauses: Clauses) -> None:
    features = instance_features(Cnf.from_clauses(clauses, num_vars=7))
    assert tuple(features) == FEATURE_NAMES
    expected = plain_features(clauses, 7)
    elsewhere = {name for name in FEATURE_NAMES if name.split("_")[0] in PATTERNS} | {"unit_conflict"}
    assert set(FEATURE_NAMES) - set(expected) == elsewhere
    for name, value in expected.items():
        assert features[name] == pytest.approx(value, rel=1e-9, abs=1e-6), name


#: First words of the features that ``plain_features`` leaves to other tests.
PATTERNS = {"and", "exactly", "equivalence", "xor3", "xor4", "fixed", "probe"}


@given(formulas, st.permutations(range(1, 12)), st.randoms(use_true_random=False))
def test_instance_features_survive_renaming_gaps_and_shuffling(
    clauses: Clauses, names: list[int], random: np.random.Generator
) -> None:
    renamed = [[int(math.copysign(names[abs(x) - 1], x)) for x in clause] for clause in clauses]
    for clause in renamed:
        random.shuffle(clause)
    random.shuffle(renamed)
    a = instance_features(Cnf.from_clauses(clauses, num_vars=7))
    b = instance_features(Cnf.from_clauses(renamed, num_vars=11))
    for name in set(FEATURE_NAMES) - ORDER_FEATURES:
        if name == "fixed_share" and a["unit_conflict"]:
            continue  # how much was fixed before the conflict showed depends on the order
        assert a[name] == pytest.approx(b[name], abs=1e-6), name


@pytest.mark.parametrize("clauses", DEGENERATE, ids=str)
def test_everything_is_finite_on_degenerate_formulas(clauses: Clauses) -> None:
    for num_vars in (None, 9):
        cnf = Cnf.from_clauses(clauses, num_vars)
        features = instance_features(cnf)
        assert all(map(math.isfinite, features.values()))
        x = node_features(tripartite_arrays(cnf))
        assert np.isfinite(x.literal).all()
        assert np.isfinite(x.clause).all()


def test_agreement_with_gbdc(tmp_path: Path) -> None:
    """gbdc counts what we count; it adds each clause to its own neighbourhood, and its variances are cv^2 mean^2."""
    random = np.random.default_rng(3)
    clauses = [
        (random.choice(40, k, replace=False) + 1) * random.choice([-1, 1], k) for k in random.integers(1, 9, 120)
    ]
    cnf = Cnf.from_clauses([clause.tolist() for clause in clauses])
    write_dimacs(cnf, tmp_path / "f.cnf")
    theirs = gbdc_features(tmp_path / "f.cnf")
    ours = instance_features(cnf)
    assert len(theirs) == 58
    expected = {
        "degree_mean": theirs["vcg_vdegree_mean"],
        "degree_min": theirs["vcg_vdegree_min"],
        "degree_max": theirs["vcg_vdegree_max"],
        "degree_cv": math.sqrt(theirs["vcg_vdegree_variance"]) / theirs["vcg_vdegree_mean"],
        "length_mean": theirs["vcg_cdegree_mean"],
        "length_cv": math.sqrt(theirs["vcg_cdegree_variance"]) / theirs["vcg_cdegree_mean"],
        "horn_share": theirs["horn"] / theirs["clauses"],
        "anti_horn_share": theirs["invhorn"] / theirs["clauses"],
        "positive_clause_share": theirs["positive"] / theirs["clauses"],
        "negative_clause_share": theirs["negative"] / theirs["clauses"],
        "horn_degree_mean": theirs["hornvars_mean"],
        "horn_degree_max": theirs["hornvars_max"],
        "unit_share": theirs["cls1"] / theirs["clauses"],
        "binary_share": theirs["cls2"] / theirs["clauses"],
        "components_per_variable": theirs["ccs"] / theirs["variables"],
        "log_variable_graph_degree_mean": math.log1p(theirs["vg_degree_mean"] - theirs["vcg_vdegree_mean"]),
        "log_clause_graph_degree_mean": math.log1p(theirs["cg_degree_mean"] - theirs["vcg_cdegree_mean"]),
    }
    for name, value in expected.items():
        assert ours[name] == pytest.approx(value, rel=1e-6), name


def test_public_formulas_show_how_they_were_encoded(shared_data: Path) -> None:
    def features(name: str) -> dict[str, float]:
        return instance_features(read_dimacs(shared_data / "cnf" / name, relaxed=True))

    assert features("cnfgen_like/tseitin_10_4.cnf")["xor4_share"] == 1.0  # ten parities of degree four, nothing else
    assert features("cadical_arith/add16.cnf")["and_gate_share"] == pytest.approx(298 / 895)  # an and-inverter graph
    coloring = features("cnfgen_like/sat_4color_200_1126_10020.cnf")
    assert coloring["log_variables"] == pytest.approx(math.log1p(200))
    assert coloring["exactly_one_share"] == pytest.approx(50 / 1126)  # fifty vertices of four colours each


def test_gbdc_failures_are_reported(tmp_path: Path) -> None:
    (tmp_path / "rtl.cnf").write_text("module m; endmodule\n")
    with pytest.raises(ToolError, match="unexpected character"):
        gbdc_features(tmp_path / "rtl.cnf")
    (tmp_path / "empty.cnf").write_text("p cnf 0 0\n")  # a segmentation fault in gbdc 0.4.3
    with pytest.raises(ToolError, match="failed"):
        gbdc_features(tmp_path / "empty.cnf")


# --- patterns


def plain_patterns(clauses: Clauses) -> PatternCounts:
    sets = {frozenset(clause) for clause in clauses if len({abs(x) for x in clause}) == len(clause)}

    def xors(k: int) -> int:
        by_variables = {frozenset(map(abs, s)) for s in sets if len(s) == k}
        return sum(
            all(
                frozenset(s * v for s, v in zip(signs, sorted(variables), strict=True)) in sets
                for signs in product((1, -1), repeat=k)
                if math.prod(signs) == parity
            )
            for variables in by_variables
            for parity in (1, -1)
        )

    gates = ones = 0
    for clause in clauses:
        if len(clause) >= 3 and len({abs(x) for x in clause}) == len(clause):
            excluding = sum(
                all(frozenset((-x, -y)) in sets and x != -y and x != y for j, y in enumerate(clause) if i != j)
                for i, x in enumerate(clause)
            )
            ones += excluding == len(clause)
            gates += 0 < excluding < len(clause)
    return PatternCounts(gates, ones, xors(2), xors(3), xors(4))


@given(st.lists(st.lists(st.integers(1, 4).flatmap(lambda v: st.sampled_from([v, -v])), max_size=5), max_size=60))
@example([[-1, -2], [-1, -2], [1, 1, 2]])
@example([[-1, -2], [1, 1, 2]])
def test_patterns_agree_with_the_plain_version(clauses: Clauses) -> None:
    assert count_patterns(arrays_of(clauses, 4)) == plain_patterns(clauses)


def xor_clauses(variables: list[int]) -> Clauses:
    """Clauses of v1 + v2 + ... = 1 (mod 2)."""
    signs = product((1, -1), repeat=len(variables))
    return [[s * v for s, v in zip(row, variables, strict=True)] for row in signs if math.prod(row) == 1]


def test_patterns_of_textbook_encodings() -> None:
    and_gate = [[9, -1, -2, -3], [-9, 1], [-9, 2], [-9, 3]]
    exactly_one = [[4, 5, 6], *([-a, -b] for a, b in combinations([4, 5, 6], 2))]
    formula = [*and_gate, *exactly_one, *xor_clauses([1, 7]), *xor_clauses([2, 7, 8]), *xor_clauses([1, 2, 3, 8])]
    assert count_patterns(arrays_of(formula)) == PatternCounts(1, 1, 1, 1, 1)
    without_one = [clause for clause in formula if clause not in ([-9, 3], [-4, -6], [-5, -6], [2, 7, 8])]
    assert count_patterns(arrays_of(without_one)) == PatternCounts(0, 0, 1, 0, 1)


# --- unit propagation


def plain_closure(clauses: Clauses, assumed: set[int]) -> set[int] | None:
    """Literals that unit propagation makes true, None on a conflict."""
    true = set(assumed)
    while True:
        new = set()
        for clause in clauses:
            if true & set(clause):
                continue
            left = {x for x in clause if -x not in true}
            if not left:
                return None
            if len(left) == 1:
                new |= left
        if not new:
            return true
        true |= new
        if any(-x in true for x in true):
            return None


@given(formulas)
def test_probe_agrees_with_the_plain_closure(clauses: Clauses) -> None:
    result = probe(arrays_of(clauses, 7))
    fixed = plain_closure(clauses, set())
    assert result.conflict == (fixed is None)
    if fixed is None:
        return
    assert result.fixed == len(fixed)
    free = {abs(x) for clause in clauses for x in clause} - set(map(abs, fixed))
    closures = [plain_closure(clauses, fixed | {s * v}) for v in free for s in (1, -1)]
    assert result.failed_share == pytest.approx(sum(c is None for c in closures) / max(1, len(closures)))
    if all(c is not None for c in closures):  # how far a failing probe gets depends on the order
        implied = [len(c) - len(fixed) - 1 for c in closures if c is not None]
        assert result.implied_max == max(implied, default=0)
        assert result.implied_mean == pytest.approx(fmean(implied) if implied else 0.0)


def test_probe_reports_an_implication_chain() -> None:
    chain = [[-v, v + 1] for v in range(1, 10)]
    result = probe(arrays_of(chain))
    assert result == Probe(fixed=0, conflict=False, implied_mean=4.5, implied_max=9, failed_share=0.0)
    assert probe(arrays_of([[1], *chain])).fixed == 10
    assert probe(arrays_of([[1], *chain, [-10]])).conflict


# --- tables


def test_table_has_one_row_per_formula(tmp_path: Path) -> None:
    cnf = Cnf.from_clauses([[1, -2], [2, 3]], name="small")
    write_dimacs(cnf, tmp_path / "f.cnf")
    table = feature_table([cnf, tmp_path / "f.cnf"])
    assert table.column_names == ["name", "content_hash", "cpu_s", *FEATURE_NAMES]
    rows = table.to_pylist()
    assert [row["name"] for row in rows] == ["small", str(tmp_path / "f.cnf")]
    assert rows[0]["content_hash"] == rows[1]["content_hash"] == cnf.content_hash()
    assert {name: rows[1][name] for name in FEATURE_NAMES} == instance_features(cnf)
    assert feature_table([]).num_rows == 0
