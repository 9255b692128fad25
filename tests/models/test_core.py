"""Core detection: network, losses, metrics, calibration, training and use."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from edasat.core.errors import InputError
from edasat.datasets import cores
from edasat.datasets.core_sources import own_tasks
from edasat.datasets.cores_data import graph_hints, hinted_batch, load_formulas
from edasat.datasets.formula_graphs import FormulaBatch, formula_graph
from edasat.models.core.detector import CoreDetector
from edasat.models.core.losses import cross_entropy, ranking
from edasat.models.core.network import CoreConfig, CoreNet, published
from edasat.models.core.release import train
from edasat.models.evaluation.core_baselines import RANKINGS, ClauseBoosting
from edasat.models.evaluation.ranking import average_precision, calibration_error, decision_scores, lift
from edasat.models.training.isotonic import Isotonic
from edasat.models.training.weights import PRETRAINED
from edasat.sat.cnf import Cnf
from edasat.sat.families import generate
from edasat.sat.ranked_core import prove_ranked, shortest_prefix


def batch_of(*cnfs: Cnf) -> FormulaBatch:
    graphs = [formula_graph(cnf) for cnf in cnfs]
    return hinted_batch(graphs, [graph_hints(graph) for graph in graphs])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels of some tiny formulas, all small enough to take milliseconds."""
    keep = ("bmc-accumulator-safe-5", "linear-4xor-20", "random-5colouring-40")
    tasks = [t for t in own_tasks(900) if t.kind == "family" and t.base.rpartition("-")[0] in keep]
    out = tmp_path_factory.mktemp("core") / "cores.parquet"
    cores.build(cores.Plan(tasks[:9], 5.0), out, executor="threads")
    return out


@pytest.fixture(scope="module")
def weights(table: Path) -> Path:
    """Weights trained for two epochs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDASAT_CACHE", str(table.parent / "cache"))
        train(
            [
                f"--data.table={table}",
                "--data.all_rows=true",
                "--data.num_folds=3",
                "--trainer.max_epochs=2",
                "--trainer.accelerator=cpu",
                "--trainer.enable_progress_bar=false",
                "--model.width=8",
                "--model.num_rounds=2",
            ],
            output=table.parent / "weights",
        )
    return table.parent / "weights"


@pytest.mark.parametrize("config", [CoreConfig(width=8), published()])
def test_formulas_of_a_batch_do_not_mix(config: CoreConfig):
    a, b = generate("pigeonhole", 4, 0), generate("random-3sat-unsat", 50, 0)
    torch.manual_seed(0)
    net = CoreNet(config).eval()
    with torch.no_grad():
        together, first, second = net(batch_of(a, b)), net(batch_of(a)), net(batch_of(b))
    torch.testing.assert_close(together, torch.cat([first, second]))


def test_without_positions_and_hints_clause_order_does_not_matter():
    cnf = generate("prime", 6, 0)
    order = np.random.default_rng(0).permutation(cnf.num_clauses)
    torch.manual_seed(0)
    net = CoreNet(CoreConfig(width=8, position_dims=0, hints=False)).eval()
    with torch.no_grad():
        torch.testing.assert_close(net(batch_of(cnf.select(order))), net(batch_of(cnf))[torch.from_numpy(order)])


def test_the_published_shape_sees_structure_alone():
    net = CoreNet(published())
    batch = batch_of(generate("pigeonhole", 4, 0))
    assert [tuple(x.shape) for x in net.inputs(batch)] == [(len(batch.literal_x), 1), (len(batch.clause_x), 1)]
    assert len(net.layers) == 3 and net.head[0].in_features == 32


def test_shared_rounds_cost_no_parameters():
    sizes = [sum(p.numel() for p in CoreNet(CoreConfig(num_rounds=n)).parameters()) for n in (2, 9)]
    assert sizes[0] == sizes[1]


def test_losses_weigh_formulas_alike_and_rank():
    batch = batch_of(generate("pigeonhole", 4, 0), generate("random-3sat-unsat", 50, 0))
    small, large = batch.clauses_per_formula
    batch.__dict__["in_core"] = torch.arange(small + large) % 3 == 0
    logits = torch.cat([torch.zeros(small), torch.full((large,), 50.0)])
    wrong = torch.cat([torch.full((small,), 50.0), torch.zeros(large)])
    assert cross_entropy(logits, batch) == pytest.approx(float(cross_entropy(wrong, batch)), rel=0.02)
    right = torch.where(batch.in_core, 10.0, -10.0)
    assert ranking(right, batch) < 1e-3 < 0.6 < ranking(torch.zeros_like(right), batch) < 0.7
    batch.__dict__["in_core"] = torch.ones(small + large, dtype=torch.bool)
    assert ranking(right, batch) == 0


def test_average_precision_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(50):
        positive = rng.random(60) < rng.uniform(0.05, 0.9)
        if not positive.any():
            continue
        scores = rng.integers(0, 8, 60) / 8  # many ties
        assert average_precision(scores, positive) == pytest.approx(average_precision_score(positive, scores))
    assert np.isnan(average_precision(np.zeros(3), np.zeros(3, bool)))
    assert lift(1.0, 0.3) == 1 and lift(0.3, 0.3) == 0 and np.isnan(lift(1.0, 1.0))


def test_calibration_and_decisions():
    chance = np.repeat([0.1, 0.9], 500)
    honest = np.tile(np.arange(10) < 1, 50), np.tile(np.arange(10) < 9, 50)
    assert calibration_error(chance, np.concatenate(honest)) == pytest.approx(0)
    assert calibration_error(chance, np.concatenate(honest[::-1])) == pytest.approx(0.8)
    assert decision_scores(np.zeros(3, bool), np.ones(3, bool)) == (0, 0, 0)


def test_isotonic_probabilities_are_honest_and_keep_the_order():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=20_000)
    positive = rng.random(20_000) < 1 / (1 + np.exp(-2 * scores - 1))
    fitted = Isotonic.fit(scores, positive, np.ones(20_000))
    grid = np.linspace(-3, 3, 50)
    assert (np.diff(fitted(grid)) >= 0).all()
    assert np.abs(fitted(grid) - 1 / (1 + np.exp(-2 * grid - 1))).max() < 0.08
    assert 0 < fitted(np.array([-99.0]))[0] < 0.05
    assert Isotonic.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted


def test_baselines_rank(table: Path):
    formulas = load_formulas(table).formulas
    for rank in RANKINGS.values():
        assert np.isfinite(rank(formulas[0])).all() and len(rank(formulas[0])) == len(formulas[0].in_core)
    boosting = ClauseBoosting(hints=True).fit(formulas[:4])
    found = [
        lift(average_precision(boosting.predict(one), one.in_core), one.base_rate)
        for one in formulas[:4]
        if one.base_rate < 0.9
    ]
    assert np.mean(found) > 0.5, "it was trained on these"


def test_training_leaves_weights_that_predict(weights: Path):
    card = json.loads((weights / "core.json").read_text())
    assert card["hyper_parameters"]["width"] == 8 and card["settings"]["config"]["num_rounds"] == 2
    detector = CoreDetector.load(weights)
    cnf = generate("bmc-accumulator-safe", 5, 77)
    found = detector.predict(cnf)
    assert found.scores.shape == found.probabilities.shape == (cnf.num_clauses,)
    assert ((found.probabilities > 0) & (found.probabilities < 1)).all()
    assert 0 < found.prefix(0.5) < found.prefix(0.98) <= cnf.num_clauses
    assert (np.diff(found.scores[found.ranking]) <= 0).all()
    assert detector.predict(Cnf.from_clauses([])).prefix() == 0


def test_answers_come_from_the_weights(weights: Path):
    detector = CoreDetector.load(weights)
    cnf = generate("bmc-accumulator-safe", 5, 77)
    before = detector.predict(cnf).scores
    for parameter in detector.network.parameters():
        parameter.data.zero_()
    after = detector.predict(cnf).scores
    assert not np.allclose(before, after)
    detector.search_weight = 0.0
    assert np.ptp(detector.predict(cnf).scores) == 0


def test_damaged_and_foreign_weights_are_refused(weights: Path, tmp_path: Path):
    for name in ("core.json", "core.safetensors"):
        (tmp_path / name).write_bytes((weights / name).read_bytes())
    card = json.loads((tmp_path / "core.json").read_text())
    card["settings"]["inputs"] = ["something else"]
    (tmp_path / "core.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="other features"):
        CoreDetector.load(tmp_path)
    card["settings"]["config"]["width"] = 5
    (tmp_path / "core.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="do not fit"):
        CoreDetector.load(tmp_path)
    with pytest.raises(InputError, match="no weights"):
        CoreDetector.load(tmp_path / "none")


@pytest.mark.skipif(not (PRETRAINED / "core.json").exists(), reason="no weights yet")
def test_the_weights_that_ship_find_cores_of_unseen_formulas():
    detector = CoreDetector.load()
    cnf = generate("bmc-arbiter-fair", 8, 4711)
    found = detector.predict(cnf)
    assert shortest_prefix(cnf, found.scores) < 0.6 * cnf.num_clauses
    proved = prove_ranked(cnf, found.scores, found.prefix())
    assert proved.core.proved and len(proved.core.clauses) < 0.6 * cnf.num_clauses
    assert (PRETRAINED / "core.safetensors").stat().st_size < 4 << 20
