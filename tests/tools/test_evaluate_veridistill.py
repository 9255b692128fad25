"""The evaluation of area and delay prediction: samples, sums, and the tables made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edasat.core.errors import InputError
from edasat.datasets.qor_rtl_data import LabelledDesign
from edasat.eda.synthesis.known_libraries import known_units
from edasat.tools import qor_tables
from edasat.tools.benchmarks import qor_speed
from edasat.tools.evaluate_veridistill import BASELINES, PARTS, Part, summary
from edasat.tools.qor_designs import COLLECTIONS, PROJECTS, real_designs

LIBRARIES = ("nangate45", "edasat45")


def some_part(count: int, rng: np.random.Generator) -> Part:
    designs = []
    for number in range(count):
        size = rng.uniform(3, 9)
        logs = np.repeat([[size], [np.log(size)]], 4, axis=1) + rng.normal(0, 0.05, (2, 4))
        log_area, log_delay = logs.astype(np.float32)
        if number == 0:
            log_delay[:] = np.nan  # wires and registers alone
        libraries = tuple(library for library in LIBRARIES for _ in range(2))
        scripts = ("area", "speed") * 2
        designs.append(
            LabelledDesign(f"d{number}", f"f{number % 5}", "test", {}, np.zeros((4, 3), np.float32), libraries, scripts,
                           log_area, log_delay)
        )  # fmt: skip
    return Part(designs)


def test_samples_are_in_physical_units() -> None:
    part = some_part(6, np.random.default_rng(0))
    rows = part.rows
    assert len(rows) == 24 and rows.designs[:4] == ["d0"] * 4 and set(rows.clusters) == {f"f{i}" for i in range(5)}
    nand = known_units()["nangate45"].area_um2
    assert rows.measured[4, 0] == pytest.approx(np.exp(part.designs[1].log_area[0]) * nand, rel=1e-5)
    assert (rows.measured[:4, 1] == 0).all() and np.isnan(rows.logs[:4, 1]).all()


def test_tables_show_every_part_and_method() -> None:
    rng = np.random.default_rng(1)
    parts = {name: some_part(30, rng) for name in PARTS}
    noise = dict(zip((*BASELINES, "text", "text-labels", "text-distilled", "text+graph"),
                     (1.0, 0.6, 0.4, 0.3, 0.5, 0.2, 0.3, 0.2, 0.1), strict=True))  # fmt: skip
    predictions = {
        part: {
            name: np.nan_to_num(one.rows.logs) + scale * rng.choice([-1, 1], (len(one.rows), 2))
            for name, scale in noise.items()
        }
        for part, one in parts.items()
    }
    intervals = {
        part: {"text+graph": np.stack([found["text+graph"] - 0.11, found["text+graph"] + 0.11], axis=2)}
        for part, found in predictions.items()
    }
    data = {
        "titles": {"text-labels": "text, without teacher", "text-distilled": "text, with teacher"},
        "samples": {part: {"designs": 30, "samples": 120, "gates": [20.0, 500.0, 8000.0]} for part in parts},
        "flagged": dict.fromkeys(parts, 0.1),
        "trained_on": 99,
        "refused": {"vtr/spree": "a module is missing"},
        **summary(parts, predictions, intervals),
    }
    gain = data["gains"]["held-out"]["text+graph"]["area"]
    assert gain["over"] == "word-graph features, boosting"
    assert gain["clusters"]["estimate"] == pytest.approx(2 / 3, abs=1e-5)
    taught = data["distillation"]["real"]["text-distilled over text-labels"]["delay"]["designs"]
    assert taught["low"] == pytest.approx(1 / 3, abs=1e-5)
    head, rows = qor_tables.score_rows(data)
    assert len(rows) == len(PARTS) * len(noise) and {len(row) for row in rows} == {len(head)}
    assert "0.100 [0.100, 0.100]" in rows[-1][2] and rows[-1][6] == "100%"
    for made in (
        qor_tables.summary_rows(data),
        qor_tables.gain_rows(data),
        qor_tables.distillation_rows(data),
        qor_tables.size_rows(data, ("text", "text+graph")),
        qor_tables.library_rows(data, "text+graph"),
    ):
        assert made[1] and {len(row) for row in made[1]} == {len(made[0])}
    assert "vtr/spree (a module is missing)" in qor_tables.notes(data)


def test_speed_is_summed_by_size() -> None:
    rows = [
        {"gates": gates, "synthesis_cpu_s": 4.0, "warm_cpu_s": {"text": 0.1}, "cold_cpu_s": {"text": 2.0}}
        for gates in (100, 300, 6000)
    ]
    groups = qor_speed.groups(rows)
    assert [group["designs"] for group in groups] == [2, 1]
    assert groups[0]["warm text"] == {"cpu_s": pytest.approx(0.1), "faster": pytest.approx(40)}
    assert "| 100 to 300 | 2 | 4.00 | 0.100 (40.0x) | 2.000 (2.0x) |" in qor_speed.table({"data": {"groups": groups}})


def test_the_list_of_real_rtl(shared_data: Path, tmp_path: Path) -> None:
    designs = real_designs(shared_data)
    names = [design.name for design in designs]
    assert len(set(names)) == len(names) == sum(map(len, (*PROJECTS.values(), *COLLECTIONS.values())))
    assert len({design.project for design in designs}) == len(PROJECTS) + sum(map(len, COLLECTIONS.values()))
    with pytest.raises(InputError, match="no real RTL"):
        real_designs(tmp_path)
