"""The command line of training: LightningCLI on a system's module, data and configuration file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
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


def best_checkpoint(cli: LightningCLI) -> dict[str, Any]:
    """Return the best checkpoint of a finished run, read without executing anything in it."""
    import torch

    callback = cli.trainer.checkpoint_callback
    assert callback is not None
    state: dict[str, Any] = torch.load(callback.best_model_path, map_location="cpu", weights_only=True)
    return state
