"""GraSS: symmetries, probability formulas, losses, learning."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from edasat.datasets.formula_graphs import batch_graphs, formula_graph
from edasat.models.grass.losses import LOSSES, expected_runtime, pairwise, weighted_choice
from edasat.models.grass.module import shuffle_clauses
from edasat.models.grass.network import Grass, GrassConfig, published
from edasat.models.grass.prior import CLOSED, Gate, fit_gate
from edasat.models.grass.runtime import LogNormal, Mixture, censored_nll
from edasat.models.grass.scheduling import Savings
from edasat.sat.cnf import Cnf
from edasat.sat.families import generate


@pytest.fixture(scope="module")
def formula() -> Cnf:
    return generate("random-3sat-threshold", 30, 1)


def network(**options) -> Grass:
    torch.manual_seed(0)
    return Grass(GrassConfig(3, **options)).eval()


@torch.inference_mode()
def answer(net: Grass, *formulas: Cnf) -> torch.Tensor:
    out = net(batch_graphs([formula_graph(f) for f in formulas]))
    return torch.cat([out.mean, out.scale], dim=1)


def renamed(cnf: Cnf, seed: int = 0) -> Cnf:
    order = np.random.default_rng(seed).permutation(cnf.num_vars) + 1
    literals = np.sign(cnf.literals) * order[np.abs(cnf.literals) - 1]
    return Cnf.from_arrays(cnf.offsets, literals.astype(np.int32), cnf.num_vars)


def reordered(cnf: Cnf, seed: int = 0) -> Cnf:
    return cnf.select(np.random.default_rng(seed).permutation(cnf.num_clauses))


def test_zeroed_weights_change_the_answer(formula):
    net = network()
    before = answer(net, formula)
    for name, parameter in net.named_parameters():
        if name.startswith("layers."):
            torch.nn.init.zeros_(parameter)
    assert (answer(net, formula) - before).abs().max() > 1e-3


def test_instance_features_change_the_answer(formula):
    net = network()
    before = answer(net, formula)
    net.instance_mean += 1
    assert (answer(net, formula) - before).abs().max() > 1e-3


def test_names_of_variables_do_not_matter(formula):
    torch.testing.assert_close(answer(network(), renamed(formula)), answer(network(), formula), rtol=1e-4, atol=1e-5)


def test_clause_order_matters_only_with_positions(formula):
    off = network(position_dims=0)
    torch.testing.assert_close(answer(off, reordered(formula)), answer(off, formula), rtol=1e-4, atol=1e-5)
    assert (answer(network(), reordered(formula)) - answer(network(), formula)).abs().max() > 1e-4


def test_shuffling_positions_is_shuffling_the_file(formula):
    net, batch = network(), batch_graphs([formula_graph(formula)])
    torch.manual_seed(3)
    order = torch.randperm(formula.num_clauses)  # clause i stands where clause order[i] stood
    torch.manual_seed(3)
    with torch.inference_mode():
        shuffled = net(shuffle_clauses(batch)).mean
    moved = formula.select(np.argsort(order.numpy()))
    torch.testing.assert_close(shuffled, answer(net, moved)[:, :3], rtol=1e-4, atol=1e-5)


def test_signs_matter(formula):
    flipped = Cnf.from_arrays(formula.offsets, -formula.literals, formula.num_vars)
    assert (answer(network(), flipped) - answer(network(), formula)).abs().max() > 1e-4


def test_a_batch_gives_what_its_formulas_give_alone(formula):
    others = (generate("pigeonhole", 4, 0), Cnf.from_clauses([[]], 0), Cnf.from_clauses([], 3), formula)
    together = answer(network(), *others)
    alone = torch.cat([answer(network(), f) for f in others])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert torch.isfinite(together).all()


def test_thinning_keeps_true_degrees(formula):
    graph, thin = formula_graph(formula), formula_graph(formula, clause_budget=20)
    assert thin.num_clauses == 20 and len(thin.clause_offsets) == 21
    np.testing.assert_array_equal(thin.clause_x, graph.clause_x[thin.clause_position])
    assert set(map(tuple, thin.literal_x.tolist())) <= set(map(tuple, graph.literal_x.tolist()))
    np.testing.assert_array_equal(thin.instance_x, graph.instance_x)


def test_published_settings_build(formula):
    net = Grass(published(7)).eval()
    assert net(batch_graphs([formula_graph(formula)])).mean.shape == (1, 7)


# Probabilities against closed forms written with math.erf, and against sampling.


def normal_cdf(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def test_censored_likelihood_against_closed_form():
    runtime = LogNormal(torch.tensor([[0.5, 0.5]]), torch.tensor([[0.8, 0.8]]))
    got = censored_nll(runtime, torch.tensor([[3.0, 10.0]]), torch.tensor([[True, False]]))
    z = (math.log(3) - 0.5) / 0.8
    density = math.exp(-0.5 * z * z) / (0.8 * math.sqrt(2 * math.pi))
    survival = 1 - normal_cdf((math.log(10) - 0.5) / 0.8)
    assert got[0].tolist() == pytest.approx([-math.log(density), -math.log(survival)], rel=1e-5)


def test_gradient_is_finite_where_a_timeout_was_ruled_out():
    mean = torch.tensor([[-20.0]], requires_grad=True)
    censored_nll(LogNormal(mean, torch.tensor([[0.05]])), torch.tensor([[10.0]]), torch.tensor([[False]])).backward()
    assert torch.isfinite(mean.grad).all() and mean.grad.item() < 0


def test_expected_costs_against_sampling():
    rng = np.random.default_rng(0)
    samples = np.exp(rng.normal(1.0, 0.9, 400_000))
    runtime = LogNormal(torch.tensor([1.0], dtype=torch.float64), torch.tensor([0.9], dtype=torch.float64))
    assert runtime.solved_by(5.0).item() == pytest.approx((samples <= 5).mean(), abs=3e-3)
    assert runtime.expected_until(5.0).item() == pytest.approx(np.minimum(samples, 5).mean(), rel=5e-3)
    assert runtime.expected_par(5.0).item() == pytest.approx(np.where(samples <= 5, samples, 10).mean(), rel=5e-3)


def test_expected_par_of_hopeless_runs_is_the_penalty():
    assert LogNormal(torch.tensor([80.0]), torch.tensor([2.7])).expected_par(10.0).item() == pytest.approx(20.0)


def test_mixture_has_the_spread_between_members():
    mixed = Mixture.equal(LogNormal(torch.tensor([[[0.0]], [[2.0]]]), torch.ones(2, 1, 1)))
    mean, scale = mixed.moments()
    assert (mean.item(), scale.item()) == pytest.approx((1.0, math.sqrt(2)))
    chances = [normal_cdf(math.log(3)), normal_cdf(math.log(3) - 2)]
    assert mixed.solved_by(3.0).item() == pytest.approx(sum(chances) / 2, rel=1e-5)


def test_parts_shared_by_all_formulas_are_averaged_by_each_ones_weights():
    parts = LogNormal(torch.tensor([[[0.0]], [[2.0]]]), torch.full((2, 1, 1), 0.5))
    weights = torch.tensor([[[1.0], [0.25]], [[0.0], [0.75]]])  # (parts, formulas, 1)
    mixed = Mixture(parts, weights)
    alone = parts.solved_by(3.0)[:, 0, 0].tolist()
    assert mixed.solved_by(3.0)[:, 0].tolist() == pytest.approx([alone[0], 0.25 * alone[0] + 0.75 * alone[1]])
    assert mixed.moments().mean[:, 0].tolist() == pytest.approx([0.0, 1.5])


# The prior.


def gate_data(right_below: float) -> tuple[Savings, Savings, torch.Tensor, torch.Tensor]:
    """Two schedules; a prediction right nearer to the training data than ``right_below``, made up farther away."""
    torch.manual_seed(0)
    distance = torch.logspace(-2, 1, 400)
    truth = torch.stack([torch.full((400,), 5.0), 5.5 + 2 * torch.randn(400)], dim=1)
    made_up = torch.stack([torch.full((400,), 5.0), 5.5 + 2 * torch.randn(400)], dim=1)
    told = torch.where(distance.unsqueeze(1) < right_below, truth, made_up)
    near, general = told[:, :1] - told, torch.tensor([[0.0, -0.5]]).expand(400, 2)
    return Savings(near, near.square()), Savings(general, general.square()), distance, truth


def test_gate_closes_where_predictions_fail():
    near, far = fit_gate(*gate_data(right_below=0.5)).share(torch.tensor([0.02, 5.0])).tolist()
    assert near < 0.5 < far


def test_gate_stays_closed_for_useless_predictions():
    near, general, distance, truth = gate_data(right_below=0.0)
    gate = fit_gate(near, general, distance, truth)
    assert gate == CLOSED
    assert gate.mix_savings(near, general, distance).best().tolist() == [0] * 400


def test_mixed_weights_still_sum_to_one():
    near, general = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.full((2, 2), 0.5)
    mixed = Gate(0.0, 3.0).mix(near, general, torch.tensor([0.05, 50.0]))
    torch.testing.assert_close(mixed.sum(dim=1), torch.ones(2))
    assert mixed[0, 1] < 0.01 and mixed[1, 1] > 0.49


# Losses.


def prediction(means: list[list[float]]) -> LogNormal:
    mean = torch.tensor(means, requires_grad=True)
    return LogNormal(mean, torch.full_like(mean, 0.5))


@pytest.mark.parametrize("name", ["expected_runtime", "pairwise", "weighted_choice"])
def test_choice_losses_fall_when_the_better_engine_is_preferred_and_ignore_never_solved(name):
    observed = torch.tensor([[1.0, 10.0], [10.0, 10.0]])
    solved = torch.tensor([[True, False], [False, False]])
    good = prediction([[0.0, 3.0], [0.0, 3.0]])
    bad = prediction([[3.0, 0.0], [0.0, 3.0]])
    assert LOSSES[name](good, observed, solved, 10.0) < LOSSES[name](bad, observed, solved, 10.0)
    LOSSES[name](good, observed, solved, 10.0).backward()
    assert good.mean.grad[0].abs().sum() > 0
    assert good.mean.grad[1].tolist() == [0, 0]


def test_choice_losses_of_no_solved_row_are_zero_with_a_gradient():
    for loss in (expected_runtime, pairwise, weighted_choice):
        runtime = prediction([[0.0, 1.0]])
        value = loss(runtime, torch.full((1, 2), 10.0), torch.zeros(1, 2, dtype=torch.bool), 10.0)
        value.backward()
        assert value.item() == 0


def test_expected_runtime_loss_is_the_regret_of_the_odds():
    runtime = prediction([[0.0, 3.0]])
    odds = (-runtime.expected_par(10.0).log()).softmax(dim=1)
    got = expected_runtime(runtime, torch.tensor([[2.0, 10.0]]), torch.tensor([[True, False]]), 10.0)
    assert got.item() == pytest.approx(odds[0, 1].item() * (2.0 - 0.2), rel=1e-5)


def test_the_network_can_learn_a_rule():
    formulas = [generate("random-3sat-threshold", 25, s) for s in range(4)]
    formulas += [generate("pigeonhole", 4, s) for s in range(4)]
    batch = batch_graphs([formula_graph(f) for f in formulas])
    fast_first = np.arange(8) < 4
    runtimes = np.where(np.stack([fast_first, ~fast_first], axis=1), 0.1, 10.0)
    batch = batch.with_labels(runtimes, runtimes < 10)
    torch.manual_seed(0)
    net = Grass(GrassConfig(2, width=8, instance_features=False, dropout=0.0))
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-2)
    for _ in range(60):
        optimizer.zero_grad()
        LOSSES["censored"](net(batch), batch.runtime_s, batch.solved, 10.0).backward()
        optimizer.step()
    chosen = net.eval()(replace(batch)).expected_par(10.0).argmin(dim=1)
    assert chosen.tolist() == [0] * 4 + [1] * 4
