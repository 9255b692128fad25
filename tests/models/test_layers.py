"""Layers against plain dense references."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edasat.models.layers.aggregate import Incidence, aggregate
from edasat.models.layers.pooling import segment_mean
from edasat.models.layers.positions import sinusoidal
from edasat.models.layers.tripartite import TripartiteConv
from edasat.sat.cnf import Cnf
from edasat.sat.tripartite import tripartite_arrays

CLAUSES = st.lists(st.lists(st.integers(1, 5).flatmap(lambda v: st.sampled_from([v, -v])), max_size=4), max_size=7)


def incidence(clauses: list[list[int]], num_vars: int = 5) -> tuple[Incidence, torch.Tensor]:
    """Clause <- literal edges, and the same as a dense count matrix (clauses, literals)."""
    arrays = tripartite_arrays(Cnf.from_clauses(clauses, num_vars))
    parts = (arrays.literals, arrays.clause_offsets, arrays.clauses, arrays.literal_offsets)
    dense = torch.zeros(len(clauses), 2 * num_vars, dtype=torch.float64)
    for row, clause in enumerate(clauses):
        for literal in clause:
            dense[row, 2 * (abs(literal) - 1) + (literal < 0)] += 1
    return Incidence(*map(torch.from_numpy, parts)), dense


@given(CLAUSES, st.sampled_from(["mean", "sum"]), st.booleans())
def test_aggregate_equals_a_dense_product_forward_and_backward(clauses, mode, turned):
    edges, dense = incidence(clauses)
    if turned:
        edges, dense = edges.reversed, dense.T
    weights = dense / dense.sum(dim=1, keepdim=True).clamp(min=1) if mode == "mean" else dense
    x = torch.randn(dense.shape[1], 3, dtype=torch.float64)
    grad = torch.randn(dense.shape[0], 3, dtype=torch.float64)
    ours, plain = x.clone().requires_grad_(), x.clone().requires_grad_()
    out = aggregate(ours, edges, mode)
    torch.testing.assert_close(out, weights @ plain)
    out.backward(grad)
    (weights @ plain).backward(grad)
    torch.testing.assert_close(ours.grad, plain.grad)


def test_convolution_equals_its_formula_with_one_weight_per_edge_type():
    edges, dense = incidence([[1, -2], [2, 3, -4], [], [-1, 5], [3]])
    dense = dense.float()
    layer = TripartiteConv(4)
    literal, clause = torch.randn(10, 4), torch.randn(5, 4)
    new_literal, new_clause = layer(literal, clause, edges)

    positive, negative = literal[0::2], literal[1::2]
    message = torch.empty_like(literal)
    message[0::2] = positive @ layer.positive_in.weight.T
    message[1::2] = negative @ layer.negative_in.weight.T
    to_clause = dense / dense.sum(dim=1, keepdim=True).clamp(min=1) @ message
    torch.testing.assert_close(new_clause, torch.relu(layer.own_clause(clause) + to_clause))

    to_literal = dense.T / dense.T.sum(dim=1, keepdim=True).clamp(min=1) @ clause
    weight, bias = layer.own_and_flip.weight, layer.own_and_flip.bias
    own, flip = weight[:4, :4], weight[:4, 4:]
    wanted = positive @ own.T + negative @ flip.T + bias[:4] + to_literal[0::2] @ layer.contain_positive.weight.T
    torch.testing.assert_close(new_literal[0::2], torch.relu(wanted))
    assert str(layer) == "TripartiteConv(4)"


def test_every_relation_gets_a_gradient():
    edges, _ = incidence([[1, -2], [2, 3, -4], [-1, 5]])
    layer = TripartiteConv(4)
    literal, clause = layer(*layer(torch.randn(10, 4), torch.randn(3, 4), edges), edges)
    (literal.sum() + clause.sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in layer.parameters())


def test_positions_have_no_last_index_and_are_told_apart():
    codes = sinusoidal(torch.tensor([0.0, 1.0, 99_999.0, 100_000.0, 5_000_000.0]), 10)
    assert codes.shape == (5, 10) and codes.abs().max() <= 1
    assert torch.cdist(codes, codes).fill_diagonal_(1).min() > 0.1
    wanted = np.sin(99_999 / 10_000 ** (2 / 10))
    assert codes[2, 1].item() == pytest.approx(wanted, abs=1e-2)


def test_odd_number_of_position_columns_is_refused():
    with pytest.raises(ValueError, match="even"):
        sinusoidal(torch.zeros(1), 3)


def test_pooling_of_an_empty_graph_is_zero():
    assert segment_mean(torch.zeros(0, 2), [0, 0]).tolist() == [[0, 0], [0, 0]]
