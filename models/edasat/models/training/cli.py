"""The command line of training: LightningCLI on a system's module, data and configuration file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import lightning as L
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

#: Configuration files shipped with the package, one per system.
CONFIGS: Final = Path(__file__).parents[1] / "configs"


def fit(
    module: type[L.LightningModule],
    data: type[L.LightningDataModule],
    config: Path,
    arguments: Sequence[str],
    links: Mapping[str, str],
    shared: Mapping[str, str] | None = None,
) -> LightningCLI:
    """Train as ``python main.py fit --config <config> <arguments>`` of LightningCLI does; return it when done.

    Args:
        config: YAML file with the defaults; arguments override it, and may name further files with ``--config``.
        links: attributes of the data module -> arguments of the module that take their values.
        shared: arguments of the module -> arguments of the data module that take their values.
    """

    class _Cli(LightningCLI):
        def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
            for source, target in links.items():
                parser.link_arguments(f"data.{source}", f"model.{target}", apply_on="instantiate")
            for source, target in (shared or {}).items():
                parser.link_arguments(f"model.{source}", f"data.{target}")

    with warnings.catch_warnings():
        # Lightning 2.6 calls jsonargparse and torch in ways that these announce to change.
        warnings.filterwarnings("ignore", ".*LeafSpec.* is deprecated")
        warnings.filterwarnings("ignore", r"(?s)\s*(By default only one Jsonargparse|.*was deprecated in v4\.)")
        # Tests and `edasat train` have command lines of their own.
        warnings.filterwarnings("ignore", "LightningCLI's args parameter is intended")
        # Samples are joined from memory: loader processes would only copy them.
        warnings.filterwarnings("ignore", ".*does not have many workers.*")
        # A data set smaller than the logging interval is no mistake.
        warnings.filterwarnings("ignore", ".*The number of training batches .* is smaller than the logging interval.*")
        return _Cli(
            module,
            data,
            args=["fit", f"--config={config}", *arguments],
            save_config_kwargs={"overwrite": True},
            seed_everything_default=0,
        )


@dataclass(frozen=True)
class Members:
    """Trained members of an ensemble.

    Attributes:
        modules: the best state of each.
        data: data module of the last one.
        parameters: hyperparameters of the last one, without those of Lightning itself.
    """

    modules: list[Any]
    data: Any
    parameters: dict[str, Any]


def fit_members(
    module: type[L.LightningModule],
    data: type[L.LightningDataModule],
    config: Path,
    arguments: Sequence[str],
    output: str | Path,
    count: int,
    own: Callable[[int], Sequence[str]],
    *links: Mapping[str, str],
) -> Members | None:
    """Train ``count`` modules, member k with ``--data.fold=k``; logs and checkpoints go below ``output/training``.

    Args:
        own: further arguments of each member.
        module, data, config, arguments, links: see :func:`fit`.

    Returns:
        The members; None in all processes of a distributed run but the first.
    """
    modules: list[Any] = []
    datamodule: Any = None
    parameters: dict[str, Any] = {}
    for fold in range(count):
        folder = Path(output) / "training" / f"fold-{fold}"
        places = [f"--trainer.default_root_dir={folder}", f"--trainer.logger.init_args.save_dir={folder}"]
        cli = fit(module, data, config, [*arguments, f"--data.fold={fold}", *own(fold), *places], *links)
        if not cli.trainer.is_global_zero:
            continue
        state = best_checkpoint(cli)
        parameters = {k: v for k, v in state["hyper_parameters"].items() if not k.startswith("_")}
        best = module(**parameters)
        best.load_state_dict(state["state_dict"])
        modules.append(best.eval())
        datamodule = cli.datamodule
    return Members(modules, datamodule, parameters) if modules else None


def best_checkpoint(cli: LightningCLI) -> dict[str, Any]:
    """Return the best checkpoint of a finished run, read without executing anything in it."""
    import torch

    callback = cli.trainer.checkpoint_callback
    assert callback is not None
    state: dict[str, Any] = torch.load(callback.best_model_path, map_location="cpu", weights_only=True)
    return state
