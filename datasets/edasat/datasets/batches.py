"""What labelled sets share: folds by group, batches with a budget of nodes, and the data module."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import lightning as L
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Sampler

IntArray = npt.NDArray[np.int64]


def fold_numbers(groups: Sequence[str], num_folds: int) -> IntArray:
    """Return the fold of each instance, int64 from 0; instances of one group share a fold."""
    return np.array([int(stable_fraction(g, "fold") * num_folds) for g in groups], dtype=np.int64)


def stable_fraction(key: str, purpose: str) -> float:
    """Return a number in [0, 1) that depends on nothing but its arguments."""
    digest = hashlib.blake2b(f"{purpose}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class BudgetBatches(Sampler[list[int]]):
    """Batches of up to ``batch_size`` rows and a total size of ``budget``, in a new order every epoch.

    All processes of a distributed run draw the same order and take every ``world_size``-th batch of it; the last round
    is filled up from the start, so that each does the same number of steps.

    Args:
        rows: row numbers.
        sizes: what each of them costs, such as its clauses or nodes.
        batch_size: most rows in a batch.
        budget: largest total size of a batch; a larger row is a batch of its own.
        shuffle: False keeps the order of ``rows``.
        seed: of the orders.
        rank: number of this process.
        world_size: number of processes.
    """

    def __init__(
        self,
        rows: IntArray,
        sizes: IntArray,
        *,
        batch_size: int,
        budget: int,
        shuffle: bool,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.rows, self.sizes = rows, sizes
        self.batch_size, self.budget = batch_size, budget
        self.shuffle, self.seed = shuffle, seed
        self.rank, self.world_size = rank, world_size
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order; Lightning calls this before each epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._batches())

    def __len__(self) -> int:
        return len(self._batches())

    def _batches(self) -> list[list[int]]:
        order: IntArray = np.arange(len(self.rows))
        if self.shuffle:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(order)
        batches: list[list[int]] = []
        size = 0
        for place in order:
            cost = int(self.sizes[place])
            if not batches or len(batches[-1]) == self.batch_size or size + cost > self.budget:
                batches.append([])
                size = 0
            batches[-1].append(int(self.rows[place]))
            size += cost
        rounds = -(-len(batches) // self.world_size)
        return [batches[(self.rank + i * self.world_size) % len(batches)] for i in range(rounds)]


class BudgetData(L.LightningDataModule):
    """Batches of a labelled set in memory.

    Subclasses have ``items``, a data set whose items are row numbers with a method ``batch`` that joins them.

    Args:
        batch_size: most rows in a batch.
        budget: largest total size of a batch, see :meth:`sizes`.
        seed: order of the batches.
    """

    items: Any

    def __init__(self, batch_size: int, budget: int, seed: int) -> None:
        super().__init__()
        self.batch_size, self.budget, self.seed = batch_size, budget, seed

    @property
    @abstractmethod
    def fold_rows(self) -> tuple[IntArray, IntArray]:
        """Rows for training and for validation."""

    @abstractmethod
    def sizes(self, rows: IntArray) -> IntArray:
        """Return what some rows cost in a batch, such as their nodes."""

    def train_dataloader(self) -> DataLoader[Any]:
        """Shuffled batches of the rows for training."""
        trainer = self.trainer
        return self.loader(
            self.fold_rows[0],
            shuffle=True,
            rank=trainer.global_rank if trainer else 0,
            world_size=trainer.world_size if trainer else 1,
        )

    def val_dataloader(self) -> DataLoader[Any]:
        """Batches of the rows for validation."""
        return self.loader(self.fold_rows[1])

    def loader(self, rows: IntArray, *, shuffle: bool = False, rank: int = 0, world_size: int = 1) -> DataLoader[Any]:
        """Return batches of some rows of the table."""
        batches = BudgetBatches(
            rows,
            self.sizes(rows),
            batch_size=self.batch_size,
            budget=self.budget,
            shuffle=shuffle,
            seed=self.seed,
            rank=rank,
            world_size=world_size,
        )
        # The graphs are in memory and joining them is cheap: worker processes would only copy.
        return DataLoader(self.items, batch_sampler=batches, collate_fn=self.items.batch, num_workers=0)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Move a batch, which is a class of ours."""
        return batch.to(device)
