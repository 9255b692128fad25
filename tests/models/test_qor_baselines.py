"""Scores of predicted area and delay, and the baselines without a network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score

from edasat.models.evaluation.qor import QorRows, gain, r_squared, score_qor
from edasat.models.evaluation.qor_baselines import Boosting, LogLinear, Median

RNG = np.random.default_rng(7)


def some_rows(designs: int = 40) -> QorRows:
    """Designs of four families on two libraries; area in um2 is twice (or thrice) the gates."""
    gates = np.exp(RNG.uniform(3, 9, designs))
    units = np.array([[2.0, 10.0], [3.0, 40.0]])
    measured = np.concatenate([np.stack([gates, 5 * np.log(gates)], axis=1) * unit for unit in units])
    return QorRows(
        [f"d{i}" for i in range(designs)] * 2,
        [f"f{i % 4}" for i in range(designs)] * 2,
        ["one"] * designs + ["other"] * designs,
        ["area"] * 2 * designs,
        measured,
        np.repeat(units, designs, axis=0),
    )


def test_scores_agree_with_scikit_learn() -> None:
    rows = some_rows()
    guess = rows.logs + RNG.normal(0, 0.3, rows.logs.shape)
    for target, (name, score) in enumerate(score_qor(rows, guess).items()):
        truth = rows.logs[:, target]
        assert score.mae.estimate == pytest.approx(mean_absolute_error(truth, guess[:, target])), name
        assert score.r2.estimate == pytest.approx(r2_score(truth, guess[:, target]))
        assert score.mae.low < score.mae.estimate < score.mae.high
        assert score.physical == pytest.approx(
            np.abs(np.exp(guess[:, target]) * rows.units[:, target] - rows.measured[:, target]).mean()
        )
        assert [part["samples"] for part in score.quintiles] == [16] * 5
        assert all(a["to_gates"] <= b["from_gates"] for a, b in zip(score.quintiles, score.quintiles[1:], strict=False))
        assert set(score.libraries) == {"one", "other"} and score.samples == 80 and score.designs == 40


def test_a_perfect_and_a_constant_prediction() -> None:
    rows = some_rows()
    perfect = score_qor(rows, rows.logs)
    assert perfect["area"].r2.estimate == 1 and perfect["delay"].relative < 1e-12
    constant = score_qor(rows, np.tile(rows.logs.mean(axis=0), (len(rows), 1)))
    assert abs(constant["area"].r2.estimate) < 1e-9
    assert np.isnan(r_squared(np.ones(3), np.zeros(3)))


def test_what_was_not_measured_does_not_count() -> None:
    rows = some_rows()
    rows = replace(rows, measured=np.where(np.arange(80)[:, None] == [3, 90], 0.0, rows.measured))
    scores = score_qor(rows, np.nan_to_num(rows.logs))
    assert (scores["area"].samples, scores["delay"].samples) == (79, 80)
    assert scores["area"].mae.estimate == 0


def test_coverage_counts_samples_inside_their_interval() -> None:
    rows = some_rows()
    guess = rows.logs + np.where(np.arange(80) % 4 == 0, 0.5, 0.1)[:, None]
    score = score_qor(rows, guess, np.stack([guess - 0.2, guess + 0.2], axis=2))["area"]
    assert score.coverage == 0.75
    assert score.width == pytest.approx(np.exp(0.4))


def test_gain_is_drawn_in_pairs() -> None:
    rows = some_rows()
    other = rows.logs + RNG.normal(0, 0.4, rows.logs.shape)
    half = (rows.logs + other) / 2  # half the error on every sample: no draw can say anything else
    for over in ("clusters", "designs"):
        for found in gain(rows, half, other, over=over).values():
            assert found.low == pytest.approx(0.5) and found.high == pytest.approx(0.5)


def test_median_and_line() -> None:
    counts = np.exp(RNG.uniform(2, 8, 50))
    features = [{"tokens": count - 1} for count in counts]
    conditions = RNG.integers(0, 2, (50, 1)).astype(float)
    logs = np.stack([1 + 0.9 * np.log(counts) + 0.2 * conditions[:, 0], 3 - 0.1 * np.log(counts)], axis=1)
    logs[4, 1] = np.nan
    line = LogLinear("tokens").fit(features, conditions, logs)
    assert np.nanmax(np.abs(line.predict(features, conditions) - logs)) < 1e-9
    median = Median().fit(features, conditions, logs).predict(features[:3], conditions[:3])
    assert median.shape == (3, 2) and (median == np.nanmedian(logs, axis=0)).all()


def test_boosting_after_an_additive_model_goes_beyond_the_training() -> None:
    x = np.exp(RNG.uniform(0, 5, (300, 2)))
    features = [{"adders": a, "flip-flops": b, "depth": 3.0} for a, b in x]
    logs = np.stack([np.log(4 * x[:, 0] + 7 * x[:, 1]), np.log(2 + x[:, 0])], axis=1)
    conditions = np.zeros((300, 1))
    large = [{"adders": 5000.0, "flip-flops": 4000.0, "depth": 3.0}]
    plain = Boosting().fit(features, conditions, logs).predict(large, conditions[:1])
    ours = Boosting(("adders", "flip-flops")).fit(features, conditions, logs).predict(large, conditions[:1])
    truth = np.log(4 * 5000 + 7 * 4000)
    assert abs(ours[0, 0] - truth) < 0.05 < 1 < abs(plain[0, 0] - truth)
    unknown = Boosting().fit(features, conditions, logs).predict([{"memories": 9.0}], conditions[:1])
    assert np.isfinite(unknown).all()
