"""``edasat train``, ``edasat evaluate`` and ``edasat models``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from edasat.core.errors import InputError

from .common import Json, Quiet, Threads, print_json, set_up

app = typer.Typer(help="Released weights and their cards.", no_args_is_help=True)

SYSTEMS = ("grass", "core", "e2eslack", "veridistill")
#: What ``edasat evaluate`` takes: ``generate`` has nothing to train.
EVALUATED = (*SYSTEMS, "generate")

TRAIN_EXAMPLES = (
    "Examples: edasat train grass -o mine/ --data.table runs.parquet | edasat train grass -o mine/ "
    "--trainer.max_epochs 5 --model.width 16. Then: edasat sat select a.cnf --weights mine/ | edasat train veridistill "
    "-o teacher/ --data.folder labels/ --model.network teacher, and with what it leaves: edasat train veridistill -o "
    "text/ --model.network text --data.teacher teacher/teacher_latents.safetensors"
)
EVALUATE_EXAMPLES = "Example: edasat evaluate grass -o results/solver_selection.json --work /tmp/grass"


def _known(system: str, systems: Sequence[str] = SYSTEMS) -> None:
    if system not in systems:
        raise InputError(f"there is no system '{system}'", hint=f"systems are {', '.join(systems)}")


def train(
    context: typer.Context,
    system: Annotated[str, typer.Argument(help="grass, core, e2eslack or veridistill")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for weights, card and training logs.")],
    members: Annotated[
        int | None,
        typer.Option("--members", min=1, help="Networks of an ensemble; grass: also folds, 4; veridistill: 1."),
    ] = None,
    threads: Threads = 1,
    quiet: Quiet = False,
) -> None:
    """Train a system on a labelled set: yours (``edasat sat bench``) or the one that ships.

    Everything else on the command line goes to LightningCLI: --data.table FILE, --trainer.max_epochs N,
    --trainer.devices N, --trainer.num_nodes N, --model.width N, --config FILE.yaml.
    """
    set_up(threads=threads, quiet=quiet)
    _known(system)
    if system == "core":
        from edasat.models.core.release import train as train_core

        train_core(context.args, output=out)
    elif system == "e2eslack":
        from edasat.models.e2eslack.release import train as train_e2eslack

        train_e2eslack(context.args, output=out)
    elif system == "veridistill":
        from edasat.models.veridistill.release import train as train_veridistill

        train_veridistill(context.args, output=out, members=members or 1)
    else:
        from edasat.models.grass.release import train as train_grass

        train_grass(context.args, output=out, members=members or 4)
    typer.echo(f"weights: {out}")


def evaluate(
    system: Annotated[str, typer.Argument(help=", ".join(EVALUATED))],
    out: Annotated[Path, typer.Option("--out", "-o", help="Result file (JSON).")],
    work: Annotated[Path, typer.Option("--work", help="Folder for what is trained on the way; reused.")],
    table: Annotated[
        Path | None,
        typer.Option("--table", help="Labelled table; default: the one that ships. e2eslack, veridistill: its folder."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="e2eslack: folder of the cell libraries. generate: of more formulas.")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Page of figures and tables (HTML).")] = None,
    threads: Threads = 1,
    quiet: Quiet = False,
) -> None:
    """Score a system and its baselines on held-out data; prints the table and writes one JSON."""
    set_up(threads=threads, quiet=quiet)
    _known(system, EVALUATED)
    if system != "grass" and report is not None:
        raise InputError(f"{system} has no page of figures", hint="leave out --report")
    if system == "e2eslack":
        _evaluate_slack(table, data, out, work)
        return
    if system == "veridistill":
        _evaluate_qor(table, data, out, work)
        return
    if system == "generate":
        from edasat.tools.evaluate_generate import main as evaluate_generate

        evaluate_generate(["--work", str(work), "-o", str(out), *(["--files", str(data)] if data else [])])
        return
    options = {"--work": work, "-o": out, "--table": table, "--report": report}
    words = [word for option, path in options.items() if path for word in (option, str(path))]
    if system == "core":
        from edasat.tools.evaluate_core import main as evaluate_core

        evaluate_core(words)
    else:
        from edasat.tools.evaluate_grass import main as evaluate_grass

        evaluate_grass(words)


def _evaluate_slack(folder: Path | None, data: Path | None, out: Path, work: Path) -> None:
    if folder is None or data is None:
        raise InputError(
            "e2eslack is evaluated on labelled layouts and their libraries",
            hint="give --table FOLDER (of edasat data build timing) and --data FOLDER",
        )
    from edasat.tools.evaluate_e2eslack import main as evaluate_e2eslack

    evaluate_e2eslack([str(folder), "--data", str(data), "--work", str(work), "-o", str(out)])


@app.command("join", epilog="Example: edasat models join text/ graph/ both/ -o mine/")
def join_models(
    folders: Annotated[list[Path], typer.Argument(help="Weights of veridistill, of different networks.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the weights with all of the networks.")],
) -> None:
    """Put networks of VeriDistill that were trained apart into one set of weights."""
    from edasat.models.veridistill.release import join

    join(folders, out)
    typer.echo(f"weights: {out}")


def _evaluate_qor(folder: Path | None, data: Path | None, out: Path, work: Path) -> None:
    if folder is None or data is None:
        raise InputError(
            "veridistill is evaluated on labelled modules and real RTL",
            hint="give --table FOLDER (of edasat data build qor-rtl) and --data FOLDER (with rtl/ and libs/)",
        )
    from edasat.tools.evaluate_veridistill import main as evaluate_veridistill

    evaluate_veridistill(["--table", str(folder), "--data", str(data), "--work", str(work), "-o", str(out)])


@app.command("list", epilog="Example: edasat models list --json")
def list_models(as_json: Json = False) -> None:
    """List the released weights: what they were trained on, what they reach, where their limits lie."""
    from edasat.models.training.weights import PRETRAINED, load_card

    cards = [load_card(PRETRAINED, path.stem) for path in sorted(PRETRAINED.glob("*.json"))]
    if as_json:
        print_json(cards)
        return
    for card in cards:
        print(f"{card['system']}: {card.get('title', '')}")
        for name in ("licence", "sources", "command", "limits"):
            print(f"  {name}: {card.get(name, '')}")
