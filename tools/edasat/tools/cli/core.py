"""``edasat sat core`` and ``edasat sat check``: unsatisfiable cores and proofs."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE, InputError

from .common import Json, Memory, Quiet, Relaxed, Threads, Weights, parse_size, print_json, print_notes, set_up

CORE_EXAMPLES: Final = (
    "Examples: edasat sat core a.cnf -o core.cnf | edasat sat core a.cnf.xz --exact --minimal -t 60 "
    "--proof core.drat | xzcat a.cnf.xz | edasat sat core - --exact --json | edasat sat core a.cnf --guess --json"
)
CHECK_EXAMPLES: Final = (
    "Examples: edasat sat check a.cnf a.drat | edasat sat check a.cnf.xz a.drat.gz -o core.cnf --trimmed short.drat"
)

_NO_CORE: Final = {
    "sat": "satisfiable: there is no core",
    "timeout": "unknown: the time limit came first",
    "memout": "unknown: the memory limit came first",
    "crash": "unknown: the engine crashed",
    "unproved": "not proved",
}


def core(
    file: Annotated[str, typer.Argument(help="CNF file, or - for standard input.")],
    exact: Annotated[bool, typer.Option("--exact", help="Solve the whole formula; nothing is guessed.")] = False,
    guess: Annotated[
        bool, typer.Option("--guess", help="Print the predicted core without proving it, with its probabilities.")
    ] = False,
    minimal: Annotated[
        bool, typer.Option("--minimal", help="Remove clauses until each is necessary, as far as the time goes.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="CNF file of the core; default: print.")] = None,
    proof: Annotated[Path | None, typer.Option("--proof", help="Write the core's DRAT proof here.")] = None,
    engine: Annotated[str | None, typer.Option("--engine", "-e", help="Engine that writes proofs.")] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", "-t", min=0.01, help="CPU seconds of all steps together.")
    ] = None,
    memory: Memory = None,
    weights: Weights = None,
    relaxed: Relaxed = False,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find clauses that make a formula unsatisfiable, with a checked proof.

    A model ranks the clauses; those ranked first are solved, and more of them as long as they are satisfiable. The
    proof is then trimmed until the core stops shrinking. --exact solves the whole formula instead.

    Exit code 0: a core was found and proved, 1: there is none (satisfiable), or none was found in time.
    """
    set_up(threads=threads, quiet=quiet)
    from edasat import api
    from edasat.core.files import check_writable
    from edasat.sat.proofs import write_proof

    _check_options(exact=exact, guess=guess, minimal=minimal, proof=proof, engine=engine, timeout=timeout)
    for path in (out, proof):
        if path is not None:
            check_writable(path)
    if guess:
        _guess(file, out, weights=weights, relaxed=relaxed, as_json=as_json, quiet=quiet)
        return
    found = api.core(
        file,
        method="exact" if exact else "predicted",
        engine=engine,
        timeout_s=timeout,
        memory_bytes=parse_size(memory),
        minimal=minimal,
        relaxed=relaxed,
        weights=weights,
    )
    print_notes(found.formula.notes, quiet=quiet)
    if found.core.proved:
        if proof is not None and found.core.proof is not None:
            write_proof(found.core.proof, proof)
        if out is not None or not as_json:
            _write_formula(found.core_formula, out, _summary(found))
    if as_json:
        print_json(_core_json(found, out, proof))
    elif out is not None or not found.core.proved:
        print(_summary(found))
    raise typer.Exit(found.core.exit_code)


def _check_options(
    *, exact: bool, guess: bool, minimal: bool, proof: Path | None, engine: str | None, timeout: float | None
) -> None:
    if guess and (exact or minimal or proof is not None or engine is not None or timeout is not None):
        raise InputError(
            "a guess runs no engine", hint="leave out --guess, or --exact, --minimal, --proof, --engine and --timeout"
        )


def _guess(file: str, out: Path | None, *, weights: Path | None, relaxed: bool, as_json: bool, quiet: bool) -> None:
    """Print the clauses that are likely in a core, the likeliest first."""
    import numpy as np

    from edasat import api

    formula = api.read_formula(file, relaxed=relaxed)
    print_notes(formula.notes, quiet=quiet)
    prediction = api.predict_core(formula, weights=weights)
    ranking = prediction.ranking[: prediction.prefix()]
    told = f"{len(ranking)} of {formula.num_clauses} clauses predicted, not proved; {prediction.cpu_s:.2f} s"
    if out is not None or not as_json:
        _write_formula(formula.select(np.sort(ranking)), out, told)
    if as_json:
        print_json(
            {
                "proved": False,
                "num_clauses": formula.num_clauses,
                "clause_numbers": (ranking + 1).tolist(),  # of the file, from 1
                "probabilities": np.round(prediction.probabilities[ranking], 4).tolist(),
                "cpu_s": prediction.timings,
                "core": str(out) if out is not None else None,
            }
        )
    elif out is not None:
        print(told)


def _summary(found: Any) -> str:
    """Say in one line what was found."""
    core, total = found.core, found.formula.num_clauses
    if not core.proved:
        return _NO_CORE[core.status] + (f" ({core.detail})" if core.detail else "")
    share = len(core.clauses) / total
    kind = "minimal core" if core.minimal else "core"
    spent = ", ".join(f"{step} {seconds:.2f} s" for step, seconds in core.cpu_s.items())
    return f"{kind} of {found.formula.name}: {len(core.clauses)} of {total} clauses ({share:.1%}), proved; {spent}"


def _write_formula(formula: Any, path: Path | None, comment: str) -> None:
    from edasat.sat.dimacs import format_dimacs, write_dimacs

    formula = replace(formula, comments=(comment,))
    if path is not None:
        write_dimacs(formula, path)
    else:
        sys.stdout.buffer.write(format_dimacs(formula))


def _core_json(found: Any, out: Path | None, proof: Path | None) -> dict[str, Any]:
    core = found.core
    return {
        "status": core.status,
        "num_clauses": found.formula.num_clauses,
        "num_core_clauses": len(core.clauses),
        "proved": core.proved,
        "minimal": core.minimal,
        "confirmed": core.confirmed,
        "sizes": core.sizes,
        "cpu_s": core.cpu_s,
        "detail": core.detail,
        "statistics": asdict(core.statistics) if core.statistics is not None else None,
        "attempts": [asdict(attempt) for attempt in found.attempts],
        "clause_numbers": (core.clauses + 1).tolist(),  # of the file, from 1
        "core": str(out) if out is not None and core.proved else None,
        "proof": str(proof) if proof is not None and core.proved else None,
    }


def check(
    file: Annotated[str, typer.Argument(help="CNF file, or - for standard input.")],
    proof: Annotated[str, typer.Argument(help="DRAT proof, text or binary, or - for standard input.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the clauses the proof needs as CNF.")] = None,
    trimmed: Annotated[Path | None, typer.Option("--trimmed", help="Write the steps that are needed as DRAT.")] = None,
    timeout: Annotated[float | None, typer.Option("--timeout", "-t", min=0.01, help="CPU seconds.")] = None,
    relaxed: Relaxed = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Verify a proof of unsatisfiability; say which step is wrong.

    Exit code 0: verified, 1: not verified.
    """
    set_up(quiet=quiet)
    from edasat import api
    from edasat.core.files import check_writable
    from edasat.sat.proofs import write_proof

    if file == proof == "-":
        raise InputError("formula and proof cannot both come from standard input")
    for path in (out, trimmed):
        if path is not None:
            check_writable(path)
    formula = api.read_formula(file, relaxed=relaxed)
    print_notes(formula.notes, quiet=quiet)
    done = api.check_proof(formula, proof, timeout_s=timeout)
    if done.verified and out is not None:
        _write_formula(formula.select(done.core), out, f"core of {formula.name}")
    if done.proof is not None and trimmed is not None:
        write_proof(done.proof, trimmed)
    told = done.statistics
    if as_json:
        print_json(
            {
                "verdict": done.verdict,
                "detail": done.detail,
                "failed_step": done.failed_step,
                "num_core_clauses": len(done.core),
                "statistics": asdict(told),
            }
        )
    elif done.verified:
        print(
            f"verified: {told.checked} of {told.lemmas} lemmas and {len(done.core)} of {formula.num_clauses} clauses "
            f"needed, {told.cpu_s:.2f} CPU s"
        )
    else:
        print(f"not verified: {done.detail}")
    raise typer.Exit(EXIT_DONE if done.verified else EXIT_CHECK_FAILED)
