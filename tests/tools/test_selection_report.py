"""The page of a solver-selection evaluation: what it counts, and that odd names do no harm."""

from pathlib import Path

import numpy as np

from edasat.sat.runs import RunMatrix
from edasat.sat.selection import engine_outcome, policy_outcome, score_policy, virtual_best
from edasat.tools.selection_figures import VIRTUAL_BEST, SelectionPart, choice_plot, policies_plot, prediction_plot
from edasat.tools.selection_report import selection_report

ENGINES = ("a", "b $x$", "<b>c</b>")


def part(title: str, solved: bool = True) -> SelectionPart:
    """Four instances: each of two engines is best on one, they tie on one, nobody solves the last."""
    runtimes = np.array([[1.0, 8.0, 10.0], [10.0, 2.0, 10.0], [3.0, 3.05, 10.0], [10.0, 10.0, 10.0]])
    if not solved:
        runtimes = np.full((4, 3), 10.0)
    matrix = RunMatrix(
        instances=("i0", "i1", "i2", "i3"),
        engines=ENGINES,
        families=("",) * 4,
        runtimes=runtimes,
        solved=runtimes < 10,
        status=np.zeros((4, 3), dtype=np.uint8),
        cutoff_s=10.0,
    )
    choices = np.array([1, 1, 1, 0])
    outcomes = {
        "single best engine": engine_outcome(matrix, 0),
        VIRTUAL_BEST: virtual_best(matrix),
        "GraSS": policy_outcome(matrix, choices=choices, overhead_s=0.1),
    }
    scores = {name: score_policy(matrix, got, single_best_engine=0).to_dict() for name, got in outcomes.items()}
    return SelectionPart(title, matrix, outcomes, scores, {"GraSS": choices}, np.full((4, 3), 1e6))


def test_page_holds_scores_figures_and_escaped_names(tmp_path: Path):
    selection_report([part("held-out instances"), part("held-out families")], tmp_path / "page.html", seed=3)
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == 5  # a cactus and a choice for each part, one for predictions
    assert "<b>c</b>" not in page
    assert "Held-out families: 4 instances, 1 of them solved by no engine." in page
    # chosen engines: fastest on one, tied on another, slower on the third
    assert "67 %" in page
    assert "100 %" in page


def test_a_part_that_nobody_solves_has_no_choices(tmp_path: Path):
    selection_report([part("hard ones", solved=False)], tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().count("<svg") == 2


def test_figures_count_what_they_show():
    figure, caption = policies_plot(part("held-out instances"))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["single best engine  (2)", "virtual best engine  (3)", "GraSS  (3)"]
    assert caption.startswith("Held-out instances:")

    figure, _ = choice_plot(part("held-out instances"))
    fastest, chosen = figure.axes[0].containers
    assert [bar.get_width() for bar in fastest] == [2, 1, 0]
    assert [bar.get_width() for bar in chosen] == [0, 3, 0]

    figure, _ = prediction_plot([part("held-out instances")])
    solved, unsolved = figure.axes[1].collections
    assert solved.get_offsets()[:, 0].tolist() == [8.0, 2.0, 3.05]
    assert unsolved.get_offsets().tolist() == [[10.0, 100.0]]  # a prediction far above the limit stands at the edge
