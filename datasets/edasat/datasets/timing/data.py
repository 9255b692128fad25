"""Labelled nets for training: draws from every design, so that large designs do not drown small ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import lightning as L
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from edasat.core.errors import InputError, Message
from edasat.core.progress import Progress

from .build import sample_folders
from .samples import TimingSample, read_sample
from .wires import LabelledNets, PlacedWires, join_nets, wire_labels

#: Families of finished layouts; each is held out in turn. All others are circuits of our own.
FINISHED_FAMILIES: Final = ("gcd", "aes", "ibex")

_NONE = Message("timing-no-samples", "no labelled layouts here", "edasat data build timing makes them")


class NetDraws(IterableDataset[LabelledNets]):
    """Batches of nets without end.

    Args:
        designs: labelled nets of each design.
        num_nets: of a batch, roughly: a third is spread evenly over the designs, the rest by their size.
        steps: batches of one epoch.
        seed: of the draws.
    """

    def __init__(self, designs: Sequence[LabelledNets], num_nets: int, steps: int, seed: int) -> None:
        self.all = join_nets(designs)
        self.counts = [design.forest.num_nets for design in designs]
        self.num_nets, self.steps = num_nets, steps
        self.rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[LabelledNets]:
        first = np.cumsum([0, *self.counts])
        total = first[-1]
        for _ in range(self.steps):
            drawn = []
            for start, count in zip(first, self.counts, strict=False):
                wanted = self.num_nets * (1 / (3 * len(self.counts)) + 2 * count / (3 * total))
                drawn.append(start + self.rng.choice(count, min(count, round(wanted)), replace=False))
            yield self.all.pick(torch.as_tensor(np.sort(np.concatenate(drawn))))


class TimingData(L.LightningDataModule):
    """Nets of the layouts of a build, split by family.

    Args:
        folder: of ``edasat data build timing``.
        data: folder of other people's libraries, see :func:`~.libraries.library_files`.
        held_out: families that are left out; "own" stands for all circuits but the finished ones.
        without_libraries: cell libraries that are left out.
        validation_share: share of the nets of each design that only choose the epoch.
        num_nets: of a batch.
        steps: batches of one epoch.
        seed: of draws and of the validation nets.
    """

    def __init__(
        self,
        folder: str,
        data: str | None = None,
        held_out: tuple[str, ...] = (),
        without_libraries: tuple[str, ...] = (),
        validation_share: float = 0.05,
        num_nets: int = 4000,
        steps: int = 80,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.validation_share, self.num_nets, self.steps, self.seed = validation_share, num_nets, steps, seed
        root = Path(data) if data is not None else None
        samples = [read_sample(path, root) for path in sample_folders(folder)]
        self.samples = [
            sample for sample in samples if group_of(sample) not in held_out and sample.library not in without_libraries
        ]
        if not self.samples:
            raise InputError.of(_NONE, folder)
        self._train: list[LabelledNets] = []
        self._validation: list[LabelledNets] = []

    @property
    def libraries(self) -> tuple[str, ...]:
        """Names of the cell libraries in training, in the order of their numbers."""
        return tuple(sorted({sample.library for sample in self.samples}))

    def setup(self, stage: str) -> None:
        """Read all layouts; once."""
        if self._train:
            return
        rng = np.random.default_rng(self.seed)
        with Progress("reading layouts", len(self.samples)) as progress:
            for sample in self.samples:
                nets = labelled_nets(sample, self.libraries)
                aside = rng.random(nets.forest.num_nets) < self.validation_share
                self._train.append(nets.pick(torch.as_tensor(np.flatnonzero(~aside))))
                self._validation.append(nets.pick(torch.as_tensor(np.flatnonzero(aside))))
                progress.step(sample.id)

    @property
    def training_nets(self) -> LabelledNets:
        """All nets of the training part."""
        return join_nets(self._train)

    def train_dataloader(self) -> DataLoader[LabelledNets]:
        """Draws from the training nets."""
        return DataLoader(NetDraws(self._train, self.num_nets, self.steps, self.seed), batch_size=None)

    def val_dataloader(self) -> DataLoader[LabelledNets]:
        """The validation nets, a batch for each design."""
        return DataLoader(self._validation, batch_size=None)  # type: ignore[arg-type]


def group_of(sample: TimingSample) -> str:
    """Return what is held out together with a sample: its family, or "own"."""
    return sample.family if sample.family in FINISHED_FAMILIES else "own"


def labelled_nets(sample: TimingSample, libraries: Sequence[str]) -> LabelledNets:
    """Return the nets of one layout with their labels.

    Args:
        sample: the layout.
        libraries: names in the order of their numbers; an unknown one gets the next number.
    """
    wires = PlacedWires.of(sample.design)
    number = libraries.index(sample.library) if sample.library in libraries else len(libraries)
    return LabelledNets(wires.forest(number), wire_labels(sample.design.graph, wires.trees, sample.golden))
