"""From formulas to as many new ones as wanted that are like them: resumable, parallel, every status proved.

The output folder holds ``0001.cnf.xz`` and so on, the manifest, a list of the parents, and a journal. A candidate waits
in ``work/`` until it gets its number; a number, once in the journal, is its for good. A kill at any moment loses the
attempts in flight, and the same command makes them again and goes on.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE, EdasatError, InputError
from edasat.core.files import atomic_write, printable
from edasat.core.progress import Progress
from edasat.core.tasks import Executor, Journal, run_tasks

from ..cnf import Cnf
from .candidate import attempt, candidate_path, proof_path
from .manifest import write_manifest
from .parents import Parent, measure_parent, save_formula, save_parents
from .planning import Outcome, Planned, Planner, find_methods
from .request import Request

JOURNAL: Final = "journal.jsonl"
PARENTS: Final = "parents.jsonl"
_WORK: Final = "work"


@dataclass(frozen=True)
class Generated:
    """What a run gave.

    Attributes:
        folder: where the formulas are.
        request: what was wanted.
        rows: manifest rows of all formulas in the folder.
        parents: name and measured figures of each parent.
        left_out: parents that cannot have offspring -> why.
        tries: every attempt: "parent" (name), "method", "verdict" ("duplicate" where an earlier offspring is the same
            up to names and order), "detail", "ratio" (conflicts over those of the parent, or None), "cpu_s".
        spare: accepted attempts beyond what was wanted; the same call with a larger count takes them first.
        cpu_s: CPU seconds of all attempts and of measuring the parents, those of earlier calls included.
    """

    folder: Path
    request: Request
    rows: list[dict[str, Any]]
    parents: list[dict[str, Any]]
    left_out: dict[str, str]
    tries: list[dict[str, Any]]
    spare: int
    cpu_s: float

    @property
    def complete(self) -> bool:
        """Whether there are as many as wanted."""
        return len(self.rows) >= self.request.count

    @property
    def exit_code(self) -> int:
        """0 when complete, 1 when the attempts ran out before."""
        return EXIT_DONE if self.complete else EXIT_CHECK_FAILED

    @property
    def attempts(self) -> int:
        """Candidates made."""
        return len(self.tries)

    @property
    def verdicts(self) -> dict[str, int]:
        """Attempts by verdict, the commonest first."""
        return dict(Counter(each["verdict"] for each in self.tries).most_common())

    @property
    def reasons(self) -> dict[str, int]:
        """Rejected attempts by verdict and detail, the commonest first."""
        rejected = (each for each in self.tries if each["verdict"] != "accepted")
        return dict(
            Counter(": ".join(filter(None, (each["verdict"], each["detail"]))) for each in rejected).most_common()
        )

    @property
    def cpu_s_each(self) -> float | None:
        """CPU seconds for each accepted candidate, rejected ones and parents included."""
        accepted = self.verdicts.get("accepted", 0)
        return self.cpu_s / accepted if accepted else None


def generate_like(
    parents: Sequence[Cnf], request: Request, out: str | Path, *, jobs: int = 1, executor: Executor | None = None
) -> Generated:
    """Make formulas like some others; the same call with the same folder resumes, with a larger count it adds.

    Args:
        parents: what the formulas are to be like; their names stand in the manifest.
        request: what is wanted.
        out: folder, made when missing.
        jobs: attempts at a time; with Ray 0 lets the cluster decide.
        executor: default: this process for one job, else a pool of processes. Workers of a Ray cluster must see the
            folder under the same path.

    Raises:
        InputError: for values out of range, a folder with other content or of another run, and parents none of which
            can have offspring.
    """
    request.check()
    methods = find_methods(request.method, request.status)
    formulas = _distinct(parents)
    folder = _prepare_folder(Path(out).absolute())
    settings = request.settings(_digest(formulas))
    executor = executor or ("threads" if jobs == 1 else "processes")
    with Journal(folder / JOURNAL, settings) as journal, _children_end_with_us():
        run = _Run(request, settings, folder, journal, jobs, executor)
        run.measure(formulas)
        run.make(methods)
        return run.result()


class _Run:
    """One call: measures parents, makes attempts round by round, gives numbers to what was accepted."""

    def __init__(
        self,
        request: Request,
        settings: Mapping[str, Any],
        folder: Path,
        journal: Journal,
        jobs: int,
        executor: Executor,
    ) -> None:
        self.request, self.settings, self.folder = request, settings, folder
        self.journal, self.jobs, self.executor = journal, jobs, executor
        self.work = folder / _WORK
        self.parents: list[Parent] = []
        self.left_out: dict[str, str] = {}

    def measure(self, formulas: Mapping[str, Cnf]) -> None:
        """Measure the parents that the journal does not know yet; keep those that can have offspring.

        Raises:
            InputError: if none can.
        """
        for unfinished in self.work.glob(".*.tmp"):  # files in writing when an earlier call was killed
            unfinished.unlink()
        tasks: dict[str, dict[str, Any]] = {}
        for name, cnf in formulas.items():
            path = self.work / f"parent-{len(tasks):06d}.npz"
            if not path.exists():
                save_formula(cnf, path)
            tasks[f"parent {name}"] = {
                "name": name,
                "path": str(path),
                "timeout_s": self.request.timeout_s,
                "memory_bytes": self.request.memory_bytes,
            }
        self._do(measure_parent, tasks)
        for key, task in tasks.items():
            row = self.journal.results[key]
            problem = row["problem"] or self._wrong_status(row["status"])
            if problem:
                self.left_out[task["name"]] = problem
            else:
                self.parents.append(Parent(task["name"], task["path"], row))
        if not self.parents:
            self._remove_all()
            name, problem = next(iter(self.left_out.items()))
            message, _, hint = problem.partition("\n")
            others = len(self.left_out) - 1
            more = f"; the {others} other formulas cannot be used either" if others else ""
            raise InputError(message + more, path=name, code="generate-parent", hint=hint)
        save_parents(self.parents, self.work)
        with atomic_write(self.work / PARENTS, "w") as file:
            file.writelines(json.dumps(row) + "\n" for row in self._parent_rows())
        (self.work / PARENTS).replace(self.folder / PARENTS)

    def _wrong_status(self, status: str) -> str:
        if (self.request.status, status) == ("unsat", "sat"):
            return (
                "satisfiable, and unsatisfiable formulas are wanted\ngive an unsatisfiable one, or --status sat or any"
            )
        return ""

    def _parent_rows(self) -> list[dict[str, Any]]:
        hidden = ("core", "problem")
        return [
            {"name": parent.name, **{key: value for key, value in parent.row.items() if key not in hidden}}
            for parent in self.parents
        ]

    def make(self, methods: tuple[str, ...]) -> None:
        """Make attempts until there are enough offspring or no attempts are left.

        Args:
            methods: to choose from.
        """
        planner = Planner(methods, len(self.parents), self.request.target, self.request.seed, max(1, self.jobs))
        tally = _Tally(self.journal, self.request.count)
        with tally:
            while planned := self._next_round(planner):
                tasks = {
                    _attempt_key(each.attempt): {
                        **asdict(each),
                        "folder": str(self.work),
                        "settings": self.settings,
                    }
                    for each in planned
                }
                self._do(attempt, tasks, tally)
                self._give_numbers()
        self._give_numbers()

    def _next_round(self, planner: Planner) -> list[Planned]:
        """Return attempts that were planned and not finished, or plan more; none if there are enough offspring.

        A plan is recorded before it is carried out, so that a run that was killed makes the same formulas.
        """
        results, duplicates = self._attempts(), self._duplicates()
        accepted = sum(result["verdict"] == "accepted" for result in results.values()) - len(duplicates)
        if accepted >= self.request.count:
            return []
        rounds = [result["planned"] for key, result in self.journal.results.items() if key.startswith("round ")]
        planned = [Planned(**each) for each in chain.from_iterable(rounds)]
        if unfinished := [each for each in planned if each.attempt not in results]:
            return unfinished
        left = self.request.most_attempts - len(planned)
        if left <= 0:
            return []
        outcomes = [
            Outcome.of(result if number not in duplicates else {**result, "verdict": "duplicate"})
            for number, result in results.items()
        ]
        fresh = planner.plan(outcomes, self.request.count - accepted, len(planned), left)
        self.journal.done(f"round {len(rounds)}", {"planned": [asdict(each) for each in fresh]})
        return fresh

    def _attempts(self) -> dict[int, dict[str, Any]]:
        """Return the results of finished attempts by number, rising."""
        found = {
            int(key.removeprefix("attempt ")): result
            for key, result in self.journal.results.items()
            if key.startswith("attempt ")
        }
        return dict(sorted(found.items()))

    def _numbers(self) -> dict[str, int]:
        """Return the attempt behind each file, by its stem."""
        return {
            key.removeprefix("file "): result["attempt"]
            for key, result in self.journal.results.items()
            if key.startswith("file ")
        }

    def _duplicates(self) -> set[int]:
        """Return the accepted attempts whose formula is, up to names and order, one of an earlier attempt."""
        results, numbered = self._attempts(), set(self._numbers().values())
        seen = {results[number]["row"]["isohash"] for number in numbered}
        duplicates = set()
        for number, result in results.items():
            if result["verdict"] == "accepted" and number not in numbered:
                mark = result["row"]["isohash"]
                if mark in seen:
                    duplicates.add(number)
                seen.add(mark)
        return duplicates

    def _waiting(self) -> list[int]:
        """Return the accepted attempts that have no number yet."""
        numbered, duplicates = set(self._numbers().values()), self._duplicates()
        return [
            number
            for number, result in self._attempts().items()
            if result["verdict"] == "accepted" and number not in numbered | duplicates
        ]

    def _give_numbers(self) -> None:
        """Number accepted attempts in their order, as many as are wanted; then write the manifest.

        The number is recorded first: whatever a kill leaves undone is done by the next call.
        """
        for number in self._waiting()[: max(0, self.request.count - len(self._numbers()))]:
            self.journal.done(f"file {len(self._numbers()) + 1:04d}", {"attempt": number})
        for stem, number in self._numbers().items():
            target = self.folder / f"{stem}.cnf.xz"
            proof = proof_path(self.work, number)
            if proof.exists():
                status = self._attempts()[number]["row"]["status"]
                proof.replace(self.folder / f"{stem}.{'drat' if status == 'unsat' else 'model'}.xz")
            if candidate_path(self.work, number).exists():
                candidate_path(self.work, number).replace(target)
            elif not target.exists():
                raise InputError(
                    "the journal tells of this file, and it is gone",
                    path=printable(target),
                    code="generate-file-gone",
                    hint="put it back, or begin again in another folder",
                )
        write_manifest(self._rows(), self.folder, self.work)

    def _rows(self) -> list[dict[str, Any]]:
        results = self._attempts()
        return [{**results[number]["row"], "file": f"{stem}.cnf.xz"} for stem, number in self._numbers().items()]

    def _do(
        self, function: Callable[[Any], dict[str, Any]], tasks: Mapping[str, Any], tally: _Tally | None = None
    ) -> None:
        """Run tasks; one that raised ends the call: the machine's fault, not the candidate's.

        Raises:
            EdasatError: with what was raised.
        """
        run_tasks(
            function,
            tasks,
            self.journal,
            title="measuring parents",
            jobs=self.jobs,
            executor=self.executor,
            progress=tally,
        )
        for key in tasks:
            if key in self.journal.errors:
                said = self.journal.errors[key]
                raise EdasatError(f"error: {key}: {said}\n  hint: nothing is lost: the same command goes on from here")

    def _remove_all(self) -> None:
        """Leave the folder as it was found: nothing was made, and other settings may do better."""
        shutil.rmtree(self.work, ignore_errors=True)
        (self.folder / JOURNAL).unlink(missing_ok=True)

    def result(self) -> Generated:
        """Return what there is, and tidy up."""
        results, duplicates = self._attempts(), self._duplicates()
        told = ("method", "verdict", "detail", "ratio", "cpu_s")
        tries = [
            {"parent": self.parents[result["parent"]].name}
            | {key: result[key] for key in told}
            | ({"verdict": "duplicate"} if number in duplicates else {})
            for number, result in results.items()
        ]
        if not self._waiting():
            shutil.rmtree(self.work)
        parents = [result for key, result in self.journal.results.items() if key.startswith("parent ")]
        return Generated(
            folder=self.folder,
            request=self.request,
            rows=self._rows(),
            parents=self._parent_rows(),
            left_out=self.left_out,
            tries=tries,
            spare=len(self._waiting()),
            cpu_s=sum(result["cpu_s"] for result in [*parents, *results.values()]),
        )


class _Tally(Progress):
    """Progress in accepted candidates; says which share was rejected, and why."""

    def __init__(self, journal: Journal, count: int) -> None:
        self.journal = journal
        self.verdicts = Counter(
            result["verdict"] for key, result in journal.results.items() if key.startswith("attempt ")
        )
        super().__init__("generating", count, min(count, self.verdicts["accepted"]))

    def step(self, item: str = "", *, failed: bool = False, advance: int = 1) -> None:
        verdict = "failed" if failed else self.journal.results[item]["verdict"]
        self.verdicts[verdict] += 1
        wanted = verdict == "accepted" and self.done < self.total
        super().step(self.rejected(), advance=advance if wanted else 0)

    def rejected(self) -> str:
        """Return the share of rejected candidates by reason."""
        total = self.verdicts.total()
        reasons = [f"{name} {count}" for name, count in self.verdicts.most_common() if name != "accepted"]
        share = 1 - self.verdicts["accepted"] / total if total else 0.0
        return f"{share:.0%} of {total} rejected" + (f" ({', '.join(reasons)})" if reasons else "")

    def line(self) -> str:
        return f"{super().line()}, {self.rejected()}"


def _attempt_key(number: int) -> str:
    return f"attempt {number}"


def _distinct(parents: Sequence[Cnf]) -> dict[str, Cnf]:
    """Return the parents by name, equal formulas once.

    Raises:
        InputError: if there are none, or two have one name.
    """
    found: dict[str, Cnf] = {}
    hashes: set[str] = set()
    for cnf in parents:
        name, mark = cnf.name or f"formula {len(hashes) + 1}", cnf.content_hash()
        if mark in hashes:
            continue
        if name in found:
            raise InputError(f"two formulas are named '{name}'", code="generate-same-name", hint="rename one of them")
        found[name] = cnf
        hashes.add(mark)
    if not found:
        raise InputError("no formula was given that new ones could be like", code="generate-parent")
    return found


def _digest(parents: Mapping[str, Cnf]) -> str:
    """Return a short text that differs for other parents."""
    digest = hashlib.blake2b(digest_size=6)
    for name, cnf in parents.items():
        digest.update(f"{name}\0{cnf.content_hash()}\0".encode())
    return f"{len(parents)}:{digest.hexdigest()}"


def _prepare_folder(folder: Path) -> Path:
    """Make the folder and the one for unfinished work.

    Raises:
        InputError: if it holds other things, or cannot be made.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / JOURNAL).exists():
        raise InputError(
            "this folder holds other files",
            path=printable(folder),
            code="generate-folder",
            hint="name a new or empty folder, or one that sat generate began to fill",
        )
    try:
        (folder / _WORK).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror}", path=printable(folder), code="generate-folder") from None
    return folder


@contextmanager
def _children_end_with_us() -> Iterator[None]:
    """End the pool's processes when this one is told to end: by themselves they would finish their attempts first."""
    before = set(multiprocessing.active_children())
    try:
        yield
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
