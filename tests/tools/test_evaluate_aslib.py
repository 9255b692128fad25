"""Baselines on ASlib scenarios: folds are respected, features are paid for, the whole command on a made-up scenario."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from edasat.core.errors import InputError
from edasat.models.evaluation.selection_baselines import NearestNeighbours
from edasat.sat.aslib import AslibScenario, read_aslib, scenario_from_runs, write_aslib
from edasat.sat.runs import Run, runs_table, to_matrix
from edasat.sat.selection import virtual_best
from edasat.tools.evaluate_aslib import choices_by_fold, evaluate, main, render, selector_outcome
from edasat.tools.results import TABLES, read_result

CUTOFF_S = 100.0


def scenario(num: int = 60, cost_s: float = 0.5) -> AslibScenario:
    """The sign of one feature tells which of two engines solves an instance; another feature is often missing."""
    rng = np.random.default_rng(0)
    sign = rng.choice([-1.0, 1.0], num)
    rows = []
    for i in range(num):
        for engine, likes in (("plus", 1.0), ("minus", -1.0)):
            solved = sign[i] == likes
            seconds = float(rng.lognormal(1.0, 0.3)) if solved else CUTOFF_S
            status = "solved" if solved else "timeout"
            rows.append(Run(instance=f"i{i}", engine=engine, status=status, cpu_s=seconds, timeout_s=CUTOFF_S))
    features = pa.table(
        {
            "name": [f"i{i}" for i in range(num)],
            "cpu_s": np.full(num, cost_s),
            "sign": sign + rng.normal(0, 0.1, num),
            "often missing": np.where(rng.random(num) < 0.5, np.nan, rng.random(num)),
        }
    )
    return scenario_from_runs(runs_table(rows), features, name="signs", folds=np.arange(num) % 3 + 1)


def test_selectors_find_the_rule():
    scores = evaluate(scenario())["policies"]
    virtual = scores["virtual best engine"]
    assert virtual["solved"] == 60
    assert virtual["gap_closed_par2"]["estimate"] == 1
    assert scores["single best engine"]["gap_closed_par10"]["estimate"] == 0
    for name in ("nearest neighbours", "gradient boosting"):
        assert scores[name]["solved"] >= 57
        assert scores[name]["par2"]["estimate"] > virtual["par2"]["estimate"]


def test_a_choice_pays_for_the_features():
    whole = scenario(cost_s=0.5)
    matrix = to_matrix(whole.runs)
    outcome = selector_outcome(whole, matrix, matrix.runtimes.argmin(axis=1))
    np.testing.assert_allclose(outcome.par(), virtual_best(matrix).par() + 0.5)


def test_a_fold_is_chosen_for_by_the_others():
    whole = scenario()
    other_way = whole.folds == 1  # one fold obeys the opposite rule: who has seen it only through the others is wrong
    features = np.where(other_way[:, None] & np.array([True, False]), -whole.features, whole.features)
    changed = replace(whole, features=features)
    matrix = to_matrix(changed.runs)
    choices = choices_by_fold(changed, matrix, lambda: NearestNeighbours(k=1))
    solved = matrix.solved[np.arange(60), choices]
    assert not solved[other_way].any()


def test_instances_solved_by_feature_computation_cost_its_time():
    whole = scenario(cost_s=2.0)
    matrix = to_matrix(whole.runs)
    status = (("presolved",), *whole.step_status[1:])
    wrong = matrix.runtimes.argmax(axis=1)
    outcome = selector_outcome(replace(whole, step_status=status), matrix, wrong)
    assert outcome.solved.tolist() == [True] + [False] * 59
    assert outcome.runtimes[0] == 2.0
    dear = replace(whole, step_status=status, step_costs=np.full((60, 1), CUTOFF_S + 1))
    assert not selector_outcome(dear, matrix, matrix.runtimes.argmin(axis=1)).solved.any()


def test_a_scenario_without_folds_is_refused():
    with pytest.raises(InputError, match="no folds"):
        evaluate(replace(scenario(), folds=np.zeros(60, dtype=np.int64)))


def test_command_and_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_aslib(scenario(), tmp_path / "signs")
    main([str(tmp_path / "signs"), "-o", str(tmp_path / "aslib_selection.json")])
    result = read_result(tmp_path / "aslib_selection.json")
    assert render(result["data"]) in capsys.readouterr().out
    assert result["command"].endswith(f"evaluate_aslib {tmp_path / 'signs'} -o {tmp_path / 'aslib_selection.json'}")
    table = TABLES["aslib_selection"](result)
    assert "| signs (60 instances, 2 engines) | single best engine |" in table
    assert "| 60 |" not in table.splitlines()[2]
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize(
    ("name", "sbs", "sbs_solved", "vbs", "never_solved"),
    [("SAT18-EXP", 4588, 0.586, 2249, 0.19), ("SAT20-MAIN", 3926, 0.66, 2266, 0.1925)],
)
def test_public_scenarios_have_their_known_figures(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch, name: str, sbs: float, sbs_solved: float, vbs: float,
    never_solved: float,
):  # fmt: skip
    monkeypatch.setattr("edasat.tools.evaluate_aslib._SELECTORS", {})
    report = evaluate(read_aslib(shared_data / "solver_selection" / name))
    single, virtual = report["policies"].values()
    assert single["par2"]["estimate"] == pytest.approx(sbs, abs=0.5)
    assert single["solved_share"] == pytest.approx(sbs_solved, abs=0.0005)
    assert virtual["par2"]["estimate"] == pytest.approx(vbs, abs=0.5)
    assert report["never_solved"] / report["instances"] == pytest.approx(never_solved, abs=0.001)
    if name == "SAT18-EXP":  # published for this scenario
        assert single["par10"]["estimate"] == pytest.approx(21132, abs=0.5)
        assert virtual["par10"]["estimate"] == pytest.approx(9841, abs=0.5)
