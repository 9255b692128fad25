"""ASlib scenarios: public solver-selection data in and out.

Format: https://github.com/coseal/aslib-spec. Quirks of the public scenarios that are met here: keywords in any case,
compressed tables, timeouts recorded a little over the cutoff, PAR10 in place of a runtime, cutoffs given as ``?``,
optional files that are absent, names that YAML takes for numbers or truth values. Labels are taken as they stand, so
that figures agree with published ones: in SAT18-EXP 14 runs of YalSAT "solve" within 0.2 s of the cutoff and are more
likely timeouts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message
from edasat.core.files import atomic_folder, printable, read_bytes

from .arff import ArffTable, format_arff, read_arff
from .runs import SOLVED_STATUSES, Run, engine_labels, runs_table, to_matrix

if TYPE_CHECKING:
    import pyarrow as pa

_MEGABYTE = 1_000_000  # ASlib states memory in megabytes
_SUFFIXES = ("", ".xz", ".gz", ".bz2", ".zst")
_STATUS_FROM_ASLIB: Final = {
    "ok": "solved",
    "timeout": "timeout",
    "memout": "memout",
    "crash": "crash",
    "not_applicable": "crash",
    "other": "crash",
}
_STATUS_TO_ASLIB: Final = {"timeout": "timeout", "memout": "memout", "crash": "crash"}
_RUN_STATUSES = "{ok, timeout, memout, not_applicable, crash, other}"
_STEP_STATUSES = "{ok, timeout, memout, presolved, crash, not_applicable, other, unknown}"
_TEXT_TYPES: Final = {"string", "large_string"}

_MESSAGES: Final = {
    row.code: row
    for row in (
        Message("aslib-no-scenario", "not an ASlib scenario: {name} is missing", "give the folder of one scenario"),
        Message("aslib-description", "description.txt is not readable YAML: {reason}"),
        Message("aslib-key", "'{key}' is missing or not usable: {value}"),
        Message("aslib-no-runtime", "the scenario measures {measures}, not runtime", "only runtime scenarios are read"),
        Message("aslib-no-runs", "the table of runs is empty", "some public copies lack it; fetch the scenario again"),
        Message("aslib-runstatus", "unknown runstatus '{status}'", "one of {known}"),
        Message("aslib-instances", "instance '{instance}' has no row", "every table must list the same instances"),
        Message("aslib-ascii", "name '{name}' cannot be written: ASlib allows printable ASCII only"),
        Message("aslib-features", "not a feature table: {reason}"),
        Message("aslib-shape", "expected {what} of shape {expected}, got {got}"),
        Message("aslib-folder", "the folder exists and is not empty", "name a new folder"),
    )
}


@dataclass(frozen=True)
class AslibScenario:
    """One scenario.

    Attributes:
        name: ``scenario_id``.
        runs: run table (:mod:`edasat.sat.runs`); its machine is named for the scenario, so that two never mix.
        instances: row names of all arrays.
        feature_names: column names of ``features``.
        features: float64, (num_instances, num_features); NaN where not computed.
        steps: feature step -> the features it provides.
        requires: feature step -> the steps it needs, for steps that need any.
        step_costs: float64, (num_instances, num_steps), CPU seconds; NaN where not known.
        step_status: one tuple per instance, one word per step ("ok", "timeout", "presolved", ...).
        folds: int64, (num_instances,); fold of the cross-validation counted from 1, all 0 if there is none.
    """

    name: str
    runs: pa.Table
    instances: tuple[str, ...]
    feature_names: tuple[str, ...]
    features: npt.NDArray[np.float64]
    steps: dict[str, tuple[str, ...]]
    step_costs: npt.NDArray[np.float64]
    step_status: tuple[tuple[str, ...], ...]
    folds: npt.NDArray[np.int64]
    requires: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def feature_cost_s(self) -> npt.NDArray[np.float64]:
        """CPU seconds of all steps per instance, float64 (num_instances,); unknown costs count as 0."""
        return np.nansum(self.step_costs, axis=1)

    @property
    def presolved(self) -> npt.NDArray[np.bool_]:
        """Instances solved during feature computation, bool (num_instances,)."""
        return np.array(["presolved" in status for status in self.step_status], dtype=bool)


def read_aslib(folder: str | Path) -> AslibScenario:
    """Read a scenario folder.

    Of features, costs and folds the first repetition is read; runs keep all. The answer of a solved run is taken from
    ``ground_truth.arff`` where that is present.

    Raises:
        InputError: if the folder is no scenario, or its tables do not fit together.
    """
    folder = Path(folder)
    description = _read_description(folder)
    cutoff_s = _number(description, "algorithm_cutoff_time", folder)
    name = str(description.get("scenario_id") or folder.name)
    runs = _read_runs(folder, description, name, cutoff_s)
    instances = tuple(dict.fromkeys(runs.column("instance").to_pylist()))

    values = _read_table(folder, "feature_values")
    feature_names = tuple(each for each in values.names if each.lower() not in ("instance_id", "repetition"))
    steps, requires = _steps(description)
    status, costs, cv = (_find_table(folder, each) for each in ("feature_runstatus", "feature_costs", "cv"))
    num_steps = len(steps)
    rows = _rows(values, instances)
    features = values.numbers([values.index(each) for each in feature_names])[rows]
    if status is None:
        step_status = (("unknown",) * num_steps,) * len(instances)
    else:
        columns = [status.strings(each) for each in steps]
        step_status = tuple(tuple(column[row].lower() for column in columns) for row in _rows(status, instances))
    step_costs = np.full((len(instances), num_steps), np.nan)
    if costs is not None:
        step_costs = costs.numbers([costs.index(each) for each in steps])[_rows(costs, instances)]
    folds = np.zeros(len(instances), dtype=np.int64)
    if cv is not None:
        folds = cv.numbers([cv.index("fold")])[_rows(cv, instances), 0].astype(np.int64)
    return AslibScenario(
        name, runs, instances, feature_names, features, steps, step_costs, step_status, folds, requires
    )


def _read_description(folder: Path) -> dict[str, Any]:
    import yaml  # type: ignore[import-untyped]

    path = folder / "description.txt"
    if not path.is_file():
        raise InputError.of(_MESSAGES["aslib-no-scenario"], str(folder), name="description.txt")
    try:
        content = yaml.safe_load(read_bytes(path))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as problem:
        error = InputError.of(_MESSAGES["aslib-description"], str(path), reason=getattr(problem, "problem", problem))
        if mark := getattr(problem, "problem_mark", None):
            error.line, error.column = mark.line + 1, mark.column + 1
        raise error from None
    if not isinstance(content, dict):
        raise InputError.of(_MESSAGES["aslib-description"], str(path), reason="it holds no keys")
    return content


def _number(description: Mapping[str, Any], key: str, folder: Path) -> float:
    try:
        value = float(description.get(key))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = float("nan")
    if not 0 < value < float("inf"):
        raise InputError.of(
            _MESSAGES["aslib-key"], str(folder / "description.txt"), key=key, value=repr(description.get(key))
        )
    return value


def _list(value: Any) -> list[Any]:
    """Return a YAML value that may be a list, one item, or nothing."""
    return value if isinstance(value, list) else [] if value in (None, "", "?") else [value]


def _steps(description: Mapping[str, Any]) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    steps, requires = {}, {}
    content = description.get("feature_steps")
    for step, given in content.items() if isinstance(content, dict) else ():
        entry = given if isinstance(given, dict) else {}
        steps[str(step)] = tuple(map(str, _list(entry.get("provides"))))
        if needed := _list(entry.get("requires")):
            requires[str(step)] = tuple(map(str, needed))
    return steps, requires


def _find_table(folder: Path, stem: str) -> ArffTable | None:
    for suffix in _SUFFIXES:
        if (path := folder / f"{stem}.arff{suffix}").is_file():
            return read_arff(path)
    return None


def _read_table(folder: Path, stem: str) -> ArffTable:
    table = _find_table(folder, stem)
    if table is None:
        raise InputError.of(_MESSAGES["aslib-no-scenario"], str(folder), name=f"{stem}.arff")
    return table


def _rows(table: ArffTable, instances: Sequence[str]) -> list[int]:
    """Return the row of each instance's first repetition."""
    first: dict[str, int] = {}
    for row, name in enumerate(table.strings("instance_id")):
        first.setdefault(name, row)
    for instance in instances:
        if instance not in first:
            raise InputError.of(_MESSAGES["aslib-instances"], table.path, instance=instance)
    return [first[instance] for instance in instances]


def _read_runs(folder: Path, description: Mapping[str, Any], name: str, cutoff_s: float) -> pa.Table:
    table = _read_table(folder, "algorithm_runs")
    if not table.rows:
        raise InputError.of(_MESSAGES["aslib-no-runs"], table.path)
    measures = [str(each) for each in _list(description.get("performance_measures"))]
    kinds = [str(each) for each in _list(description.get("performance_type"))]
    if "runtime" not in kinds or len(kinds) != len(measures):
        raise InputError.of(_MESSAGES["aslib-no-runtime"], table.path, measures=", ".join(measures) or "nothing")
    columns = [table.index("repetition"), table.index(measures[kinds.index("runtime")])]
    repetition, runtime = table.numbers(columns).T
    censored = np.fmin(runtime, cutoff_s)  # timeouts stand a little over the cutoff, at ten times it (PAR10), or as ?
    memory = description.get("algorithm_cutoff_memory")
    memory_limit = int(memory * _MEGABYTE) if isinstance(memory, int | float) and memory > 0 else None
    truth = _ground_truth(folder)
    rows = []
    for i, (instance, engine, word) in enumerate(
        zip(table.strings("instance_id"), table.strings("algorithm"), table.strings("runstatus"), strict=True)
    ):
        status = _STATUS_FROM_ASLIB.get(word.lower())
        if status is None:
            error = InputError.of(
                _MESSAGES["aslib-runstatus"], table.path, status=word, known=", ".join(_STATUS_FROM_ASLIB)
            )
            error.line = table.lines[i]
            raise error
        solved = status in SOLVED_STATUSES
        rows.append(
            Run(
                instance=instance,
                engine=engine,
                repetition=int(repetition[i]) - 1,
                status=truth.get(instance, status) if solved else status,
                cpu_s=float(runtime[i] if solved else censored[i]),
                timeout_s=cutoff_s,
                memory_limit_bytes=memory_limit,
                machine=f"ASlib {name}",
            )
        )
    return runs_table(rows)


def _ground_truth(folder: Path) -> dict[str, str]:
    """Return instance -> sat or unsat where the scenario tells."""
    table = _find_table(folder, "ground_truth")
    if table is None:
        return {}
    answers = {}
    for name, row in zip(table.strings("instance_id"), table.rows, strict=True):
        for value in row:
            if (answer := str(value).lower()) in ("sat", "unsat"):
                answers[name] = answer
    return answers


def scenario_from_runs(
    runs: pa.Table, features: pa.Table, *, name: str, folds: npt.NDArray[np.int64] | None = None
) -> AslibScenario:
    """Make a scenario of a run table and a feature table.

    Args:
        runs: complete and without contradictions; its instances, in order of appearance, are the rows.
        features: one row per instance as made by :func:`edasat.sat.features.feature_table`: a column ``name``,
            optionally ``cpu_s`` for the cost, and numeric columns; other text is left out. Features of an instance
            without a row count as failed.
        name: ``scenario_id``.
        folds: int64, (num_instances,); counted from 1.

    Raises:
        InputError: if runs are missing, engines contradict each other, or the tables do not fit together.
    """
    instances = to_matrix(runs).instances
    if folds is not None and folds.shape != (len(instances),):
        raise InputError.of(_MESSAGES["aslib-shape"], what="folds", expected=(len(instances),), got=folds.shape)
    if "name" not in features.column_names:
        raise InputError.of(_MESSAGES["aslib-features"], reason="column 'name' is missing")
    keys = features.column("name").to_pylist()
    row_of = {key: row for row, key in enumerate(keys)}
    if len(row_of) < len(keys):
        raise InputError.of(_MESSAGES["aslib-features"], reason="an instance has two rows")
    rows = np.array([row_of.get(instance, len(keys)) for instance in instances])

    def column(key: str) -> npt.NDArray[np.float64]:
        values = features.column(key).to_numpy().astype(np.float64)
        return np.append(values, np.nan)[rows]  # the last stands for instances without a row

    numeric = [each.name for each in features.schema if each.name != "cpu_s" and str(each.type) not in _TEXT_TYPES]
    values = np.stack([column(key) for key in numeric], axis=1) if numeric else np.zeros((len(instances), 0))
    known = rows < len(keys)
    return AslibScenario(
        name=name,
        runs=runs,
        instances=instances,
        feature_names=tuple(numeric),
        features=values,
        steps={"all": tuple(numeric)},
        step_costs=(column("cpu_s") if "cpu_s" in features.column_names else np.full(len(rows), np.nan))[:, None],
        step_status=tuple(("ok" if each else "other",) for each in known),
        folds=np.zeros(len(instances), dtype=np.int64) if folds is None else folds,
    )


def check_new_folder(folder: str | Path) -> None:
    """Refuse a place that holds anything; commands ask before hours of work, not after.

    Raises:
        InputError: if the folder exists and is not empty, or is a file.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError.of(_MESSAGES["aslib-folder"], printable(folder))


def write_aslib(scenario: AslibScenario, folder: str | Path, *, about: str = "") -> None:
    """Write a scenario folder that ASlib's readers accept.

    Args:
        scenario: what to write.
        folder: a new folder.
        about: what readme.txt says about origin, problem, solvers and missing values.

    Raises:
        InputError: if the folder holds anything, a name is not ASCII, or runs are missing.
    """
    check_new_folder(folder)
    matrix = to_matrix(scenario.runs)
    for name in (scenario.name, *scenario.instances, *matrix.engines, *scenario.feature_names, *scenario.steps):
        if not (name.isascii() and name.isprintable()):
            raise InputError.of(_MESSAGES["aslib-ascii"], name=name)
    with atomic_folder(folder) as target:
        for file, text in _files(scenario, matrix.engines, matrix.cutoff_s, about).items():
            (target / file).write_text(text, encoding="utf-8")


def _files(scenario: AslibScenario, engines: Sequence[str], cutoff_s: float, about: str) -> dict[str, str]:
    """Return file name -> text of a scenario folder."""
    import yaml

    key = [("instance_id", "STRING"), ("repetition", "NUMERIC")]
    numbered = list(enumerate(scenario.instances))

    def table(
        stem: str, attributes: Sequence[tuple[str, str]], rows: Sequence[Sequence[str | float]]
    ) -> tuple[str, str]:
        return f"{stem}.arff", format_arff(f"{stem.upper()}_{scenario.name}", attributes, rows)

    runs = scenario.runs.to_pylist()
    run_rows = [
        (run["instance"], run["repetition"] + 1, engine, run["cpu_s"], _STATUS_TO_ASLIB.get(run["status"], "ok"))
        for run, engine in zip(runs, engine_labels(scenario.runs), strict=True)
    ]
    files = dict(
        [
            table(
                "algorithm_runs",
                [*key, ("algorithm", "STRING"), ("runtime", "NUMERIC"), ("runstatus", _RUN_STATUSES)],
                run_rows,
            ),
            table(
                "feature_values",
                key + [(name, "NUMERIC") for name in scenario.feature_names],
                [(name, 1, *scenario.features[i]) for i, name in numbered],
            ),
            table(
                "feature_runstatus",
                key + [(step, _STEP_STATUSES) for step in scenario.steps],
                [(name, 1, *scenario.step_status[i]) for i, name in numbered],
            ),
        ]
    )
    if np.isfinite(scenario.step_costs).any():
        rows = [(name, 1, *scenario.step_costs[i]) for i, name in numbered]
        files |= [table("feature_costs", key + [(step, "NUMERIC") for step in scenario.steps], rows)]
    if scenario.folds.any():
        rows = [(name, 1, int(scenario.folds[i])) for i, name in numbered]
        files |= [table("cv", [*key, ("fold", "NUMERIC")], rows)]
    truth = {run["instance"]: run["status"].upper() for run in runs if run["status"] in ("sat", "unsat")}
    if truth:
        truth_rows = [(name, truth.get(name, float("nan"))) for name in scenario.instances]
        files |= [table("ground_truth", [("instance_id", "STRING"), ("satunsat", "{SAT,UNSAT}")], truth_rows)]

    memory = scenario.runs.column("memory_limit_bytes")[0].as_py()
    description = {
        "scenario_id": scenario.name,
        "performance_measures": ["runtime"],
        "maximize": [False],
        "performance_type": ["runtime"],
        "algorithm_cutoff_time": cutoff_s,
        "algorithm_cutoff_memory": "?" if memory is None else memory / _MEGABYTE,
        "features_cutoff_time": "?",
        "features_cutoff_memory": "?",
        "features_deterministic": list(scenario.feature_names),
        "features_stochastic": [],
        "metainfo_algorithms": {engine: {"configuration": "", "deterministic": True} for engine in engines},
        "number_of_feature_steps": len(scenario.steps),
        "default_steps": list(scenario.steps),
        "feature_steps": {
            step: {"provides": list(provides)}
            | ({"requires": list(scenario.requires[step])} if step in scenario.requires else {})
            for step, provides in scenario.steps.items()
        },
    }
    files["description.txt"] = yaml.safe_dump(description, sort_keys=False)
    files["readme.txt"] = (
        (f"{about.strip()}\n\n" if about else "")
        + "Runtimes are CPU seconds. A run that ended by a limit, or without a right answer, has the time it used up.\n"
        + "Features are '?' where their step did not end normally: see feature_runstatus.arff.\n"
    )
    return files
