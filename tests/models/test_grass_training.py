"""GraSS from a run table to a selector: training, weights on disk, predictions."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from edasat.core.errors import InputError
from edasat.models.grass.ensemble import Ensemble
from edasat.models.grass.module import GrassModule
from edasat.models.grass.prior import Gate
from edasat.models.grass.release import train
from edasat.models.grass.selector import Selector, load_grass
from edasat.models.training.conformal import censored_scores, conformal_quantile
from edasat.models.training.weights import load_weights, save_weights
from edasat.sat.dimacs import write_dimacs
from edasat.sat.families import generate
from edasat.sat.runs import Run, runs_table, write_runs


def small_table(path: Path) -> Path:
    """Runs of two engines, one fast on random formulas and the other on pigeons."""
    rng = np.random.default_rng(0)
    rows = []
    for family, size, fast in (("random-3sat-threshold", 30, "a"), ("parity-learning", 8, "b")):
        for seed in range(14):
            for engine in "ab":
                seconds = float(rng.lognormal(-1 if engine == fast else 1.2, 0.3))
                status = "sat" if seconds < 5 else "timeout"
                rows.append(
                    Run(
                        instance=f"{family}-{size}-{seed}",
                        family=family,
                        engine=engine,
                        status=status,
                        cpu_s=min(seconds, 5.0),
                        timeout_s=5.0,
                    )
                )
    write_runs(runs_table(rows), path)
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights trained for three epochs."""
    folder = tmp_path_factory.mktemp("grass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDASAT_CACHE", str(folder / "cache"))
        train(
            [
                f"--data.table={small_table(folder / 'runs.parquet')}",
                "--trainer.max_epochs=3",
                "--trainer.accelerator=cpu",
                "--trainer.enable_progress_bar=false",
                "--model.width=8",
            ],
            output=folder / "weights",
            members=2,
        )
    return folder / "weights"


def test_training_leaves_weights_a_card_and_checkpoints(weights):
    card = json.loads((weights / "grass.json").read_text())
    assert card["settings"]["engines"] == ["a", "b"] and card["settings"]["cutoff_s"] == 5.0
    assert card["hyper_parameters"]["width"] == 8
    assert card["command"].startswith("edasat train grass --data.table")
    assert card["data"]["train_rows"] + card["metrics"]["test_instances"]["num_instances"] == 28
    assert (weights / "grass.safetensors").stat().st_size < 4 << 20


def test_runs_of_one_folder_are_one_family_and_train(tmp_path, monkeypatch):
    """What `edasat sat bench` writes for a user's own folder: paths, not instance ids, all of one family."""
    monkeypatch.setenv("EDASAT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cnfs").mkdir()
    rows = []
    for seed in range(12):
        family, size = (("random-3sat-threshold", 30), ("parity-learning", 8))[seed % 2]
        file = tmp_path / "cnfs" / f"{seed}.cnf"
        write_dimacs(generate(family, size, seed), file)
        for engine, cpu_s in (("a", 0.2 + seed % 2), ("b", 1.2 - seed % 2)):
            rows.append(Run(instance=file.name, family="cnfs", engine=engine, status="sat", cpu_s=cpu_s, timeout_s=5.0))
    write_runs(runs_table(rows), tmp_path / "runs.parquet")
    ensemble = train(
        [
            f"--data.table={tmp_path / 'runs.parquet'}",
            f"--data.folder={tmp_path / 'cnfs'}",
            "--trainer.max_epochs=1",
            "--trainer.accelerator=cpu",
            "--trainer.enable_progress_bar=false",
            "--model.width=8",
        ],
        output=tmp_path / "mine",
        members=2,
    )
    assert ensemble is not None
    [selection] = load_grass(tmp_path / "mine").predict([tmp_path / "cnfs" / "0.cnf"])
    assert {forecast.engine for forecast in selection.ranking} == {"a", "b"}


def test_checkpoints_hold_plain_values_and_load_without_code(weights):
    path = next((weights / "training" / "fold-0").rglob("best*.ckpt"))
    state = torch.load(path, map_location="cpu", weights_only=True)
    module = GrassModule.load_from_checkpoint(path, map_location="cpu", weights_only=True)
    assert module.engines == ["a", "b"]
    for name, tensor in module.state_dict().items():
        torch.testing.assert_close(tensor, state["state_dict"][name])


def test_selector_ranks_files_and_records_alike(weights, tmp_path):
    cnf = generate("random-3sat-threshold", 30, 99)
    write_dimacs(cnf, tmp_path / "a.cnf")
    from_file, from_record = load_grass(weights).predict([tmp_path / "a.cnf", cnf])
    assert from_file.ranking == from_record.ranking
    costs = [forecast.par2_s for forecast in from_file.ranking]
    assert costs == sorted(costs)
    for forecast in from_file.ranking:
        assert 0 <= forecast.lower_s <= forecast.upper_s <= 5.0
        assert 0 <= forecast.solved_probability <= 1 and 0 <= forecast.cpu_s <= 5.0
    assert sum(seconds for _, seconds in from_file.schedule) == pytest.approx(5.0)
    assert set(from_file.timings) == {"parse", "graph", "model"}
    json.dumps(from_file.to_dict())


def test_more_time_means_better_chances(weights):
    cnf = generate("random-3sat-threshold", 30, 99)
    selector = load_grass(weights)
    [short], [long] = selector.predict([cnf], limit_s=0.5), selector.predict([cnf], limit_s=50.0)
    chance = {forecast.engine: forecast.solved_probability for forecast in short.ranking}
    assert all(forecast.solved_probability >= chance[forecast.engine] for forecast in long.ranking)
    assert sum(seconds for _, seconds in long.schedule) == pytest.approx(50.0)


def test_unlike_formulas_are_flagged(weights):
    seen, unseen = load_grass(weights).predict(
        [generate("random-3sat-threshold", 30, 99), generate("pigeonhole", 8, 0)]
    )
    assert not seen.out_of_distribution and unseen.out_of_distribution


def test_zeroed_members_change_the_selection(weights):
    ensemble = Ensemble.load(weights)
    ensemble.settings = replace(ensemble.settings, gate=Gate(-3.0, 0.0))  # two families are too few to open it
    cnf = generate("random-3sat-threshold", 30, 99)
    [before] = Selector(ensemble).predict([cnf])
    for member in ensemble.members:
        for parameter in member.parameters():
            torch.nn.init.zeros_(parameter)
    [after] = Selector(ensemble).predict([cnf])
    assert before.ranking != after.ranking


def test_weights_survive_a_round_trip(weights, tmp_path):
    ensemble = Ensemble.load(weights)
    ensemble.save(tmp_path, {"title": "copy"})
    again = Ensemble.load(tmp_path)
    assert again.settings == ensemble.settings
    cnf = generate("parity-learning", 8, 50)
    assert Selector(again).predict([cnf])[0].ranking == Selector(ensemble).predict([cnf])[0].ranking


def test_damaged_weights_are_named(weights, tmp_path):
    with pytest.raises(InputError, match="weights-missing"):
        load_grass(tmp_path)
    for name in ("grass.json", "grass.safetensors"):
        (tmp_path / name).write_bytes((weights / name).read_bytes())
    data = bytearray((tmp_path / "grass.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "grass.safetensors").write_bytes(data)
    with pytest.raises(InputError, match="describes another"):
        load_grass(tmp_path)
    (tmp_path / "grass.safetensors").write_bytes(data[:100])
    with pytest.raises(InputError, match="weights-damaged"):
        load_grass(tmp_path)


def test_weights_for_other_features_are_refused(weights, tmp_path):
    tensors, card = load_weights(weights, "grass")
    card["settings"]["features"]["instance"][0] = "something_else"
    save_weights(tmp_path, "grass", tensors, {"settings": card["settings"]})
    with pytest.raises(InputError, match="other features"):
        load_grass(tmp_path)


def test_too_large_weights_are_refused(tmp_path):
    with pytest.raises(InputError, match="at most 4 MB"):
        save_weights(tmp_path, "big", {"x": torch.zeros(2 << 20)}, {})


def test_limit_must_be_positive(weights):
    with pytest.raises(InputError, match="positive"):
        load_grass(weights).predict([], limit_s=0.0)


def test_unknown_loss_is_named():
    with pytest.raises(InputError, match="there is no loss 'hinge'"):
        GrassModule(["a"], 5.0, losses={"hinge": 1.0})


def test_conformal_intervals_cover_censored_outcomes():
    rng = np.random.default_rng(1)
    true_mean = rng.normal(0, 1, 4000)
    log_time = true_mean + rng.standard_t(3, 4000)  # heavier tails than the model assumes
    limit = 1.0
    solved, observed = log_time < limit, np.minimum(log_time, limit)
    scores = censored_scores(true_mean, np.full(4000, 0.3), observed, solved)
    q = conformal_quantile(scores[:2000], 0.9)
    low, high = true_mean[2000:] - q * 0.3, true_mean[2000:] + q * 0.3
    inside = (observed[2000:] >= np.minimum(low, limit)) & (observed[2000:] <= np.minimum(high, limit))
    assert 0.87 < inside.mean() < 0.93


def test_too_few_calibration_rows_promise_nothing():
    assert conformal_quantile(np.zeros((5, 2)), 0.9).tolist() == [np.inf, np.inf]
