"""Slack before routing by the published kind of model: arrivals and slews regressed over the pin graph.

E2ESlack (Bodhe et al., arXiv 2501.07564) predicts arrivals by a graph network over pins and takes required times from
their formula; neither its code nor its tables are public. Its network is taken to be of the kind of TimingPredict (DAC
2022) and PreRoutGNN (AAAI 2024), which can be read. See :mod:`~.pin_network` and :mod:`~.required` for the two halves.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from edasat.core.errors import InputError
from edasat.datasets.timing.samples import TimingSample
from edasat.eda.timing.analysis import Timing
from edasat.eda.timing.design import Design
from edasat.eda.timing.wires import RcNetwork

from ..training.weights import load_weights, save_weights
from .pin_batch import PinBatch, PinColumns, join_columns, pin_columns, pin_labels
from .pin_inputs import pin_inputs
from .pin_network import PinConfig, PinNetwork
from .prediction import SlackPrediction
from .required import predicted_ends
from .table_attention import TIME_FLOOR

Float = npt.NDArray[np.float64]

#: Name of weights of this kind.
SYSTEM: Final = "e2eslack_published"


@dataclass(frozen=True)
class PublishedConfig:
    """Settings of training.

    Attributes:
        network: of the network.
        epochs: passes over all designs.
        designs_per_step: designs in a batch; 7 as published, fewer make more steps of the same time.
        forced_share, learning_rate: see :class:`~.pin_module.PinModule`.
    """

    network: PinConfig = field(default_factory=PinConfig)
    epochs: int = 40
    designs_per_step: int = 4
    forced_share: float = 0.5
    learning_rate: float = 3e-3


class PublishedModel:
    """A trained network."""

    def __init__(self, network: PinNetwork) -> None:
        self.network = network.eval()

    def predict(self, design: Design) -> SlackPrediction:
        """Predict the slack of all end points of a placed design; its wires do not count.

        Raises:
            InputError: if the design has no placement.
        """
        reference = design.timer.run()
        arrival, slew = self.predict_times(design, reference)
        return SlackPrediction.of(predicted_ends(design.timer, reference, arrival, slew))

    def predict_times(self, design: Design, reference: Timing | None = None) -> tuple[Float, Float]:
        """Predict arrivals and slews.

        Args:
            design: placed.
            reference: its analysis without wires, if it is at hand.

        Returns:
            Two arrays (num_nodes, 2, 2), ns: [EARLY or LATE, RISE or FALL]; 0 where nothing arrives.
        """
        inputs = pin_inputs(design, reference if reference is not None else design.timer.run())
        device = self.network.node_mean.device
        batch = join_columns([pin_columns(inputs)]).to(device)
        with torch.inference_mode():
            state = self.network(batch).state.index_select(0, batch.position[0].to(device))
        arrival, slew = state.cpu().double().numpy().reshape(-1, 2, 2, 2).transpose(1, 0, 2, 3)
        slew = np.maximum(np.exp(slew) - TIME_FLOOR, 0.0)
        arrival, slew = (np.where(inputs.occurs, part * inputs.scales.time, 0.0) for part in (arrival, slew))
        return arrival, slew

    def save(self, folder: str | Path, card: Mapping[str, Any]) -> None:
        """Write weights and card; ``card`` adds sources, command, metrics and limits of use."""
        settings = {"config": self.network.config.to_dict()}
        save_weights(folder, SYSTEM, self.network.state_dict(), {"settings": settings, **card})

    @classmethod
    def load(cls, folder: str | Path) -> PublishedModel:
        """Read what :meth:`save` wrote.

        Raises:
            InputError: if the files are missing, damaged, or do not fit each other.
        """
        tensors, card = load_weights(folder, SYSTEM)
        try:
            network = PinNetwork(PinConfig(**card["settings"]["config"]))
            network.load_state_dict(tensors)
        except (KeyError, TypeError, RuntimeError) as error:
            raise InputError(
                f"{SYSTEM}.json and {SYSTEM}.safetensors do not fit: {error}", path=str(folder), code="weights-damaged"
            ) from None
        return cls(network)


def labelled_columns(design: Design, wires: RcNetwork) -> PinColumns:
    """Return a design as the network reads it, with labels by the exact engine.

    Args:
        design: placed.
        wires: as extracted from its routed layout.
    """
    inputs = pin_inputs(design, design.timer.run())
    return replace(pin_columns(inputs), labels=pin_labels(inputs, design.timer.run(wires)))


def train_published(
    samples: Sequence[TimingSample], config: PublishedConfig | None = None, seed: int = 0
) -> PublishedModel:
    """Train a network.

    Args:
        samples: labelled layouts.
        config: by default :class:`PublishedConfig`.
        seed: of the weights at first and of the order of designs.
    """
    return train_on([labelled_columns(sample.design, sample.golden) for sample in samples], config, seed)


def train_on(designs: Sequence[PinColumns], config: PublishedConfig | None = None, seed: int = 0) -> PublishedModel:
    """Train a network on what :func:`labelled_columns` returns; see :func:`train_published`."""
    import lightning as L
    from torch.utils.data import DataLoader

    from .pin_module import PinModule

    config = config if config is not None else PublishedConfig()
    with torch.random.fork_rng(), warnings.catch_warnings():
        torch.manual_seed(seed)
        # Lightning 2.6 calls torch in ways that it announces to change; designs are joined from memory.
        warnings.filterwarnings("ignore", ".*LeafSpec.* is deprecated")
        warnings.filterwarnings("ignore", ".*does not have many workers.*")
        module = PinModule(config.network.to_dict(), config.forced_share, config.learning_rate)
        module.set_statistics([join_columns([design]) for design in designs])
        of_designs: Any = list(designs)  # which a loader takes, though its type says otherwise
        loader: DataLoader[PinBatch] = DataLoader(
            of_designs, config.designs_per_step, shuffle=True, collate_fn=join_columns
        )
        trainer = L.Trainer(
            max_epochs=config.epochs,
            gradient_clip_val=1.0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, loader)
    return PublishedModel(module.network)
