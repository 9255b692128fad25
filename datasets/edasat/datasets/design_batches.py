"""Designs as models read them: tokens of the text, word-level graph, LUT network, joined into batches.

Batching is a disjoint union: node numbers are shifted, nothing is padded. A design stands in a batch once, however many
libraries and scripts it is labelled for; :attr:`QorBatch.design` says which design each label belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.core.csr import group_values

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TokenArrays:
    """Tokens of one design, T in number, without those of its modules that no instance needs.

    Attributes:
        ids: int16, (T,): position in the vocabulary.
        place: int8, (T,): kind of statement that the token stands in.
        x: float32, (T, F): numeric features, see :data:`.design_tokens.TOKEN_FEATURES`.
        log_copies: float32, (T,): logarithm of how often the flattened design holds the token.
        module: int32, (T,): module that the token stands in.
        line: int32, (T,): line in its file, from 1.
        file: int16, (T,).
    """

    ids: npt.NDArray[np.int16]
    place: npt.NDArray[np.int8]
    x: FloatArray
    log_copies: FloatArray
    module: npt.NDArray[np.int32]
    line: npt.NDArray[np.int32]
    file: npt.NDArray[np.int16]

    @property
    def size(self) -> int:
        """Number of tokens."""
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class LineArrays:
    """What a frozen language model says of the L lines of one design that hold tokens.

    Attributes:
        means: float16, (L, width): mean of the last hidden states of each line's tokens.
        tokens: float32, (L,): tokens of each line.
        line: int32, (L,): line in its file, from 1.
        file: int16, (L,).
    """

    means: npt.NDArray[np.float16]
    tokens: FloatArray
    line: npt.NDArray[np.int32]
    file: npt.NDArray[np.int16]

    @property
    def size(self) -> int:
        """Number of lines."""
        return len(self.line)


@dataclass(frozen=True, eq=False)
class GraphArrays:
    """A circuit graph of one design, with N nodes and E edges.

    Attributes:
        kind: int16, (N,): operator of a word, kind of a LUT node or of a node of syntax.
        x: float32, (N, F): numeric features.
        log_copies: float32, (N,): logarithm of how often the flattened design holds the node.
        order: int32, (N,): nodes, every one behind those that its paths come from.
        source, target: int32, (E,).
        relation: int8, (E,): index into the relations of the graph's kind.
        path: int8, (E,): one of :data:`NO_PATH`, :data:`PATH` and :data:`INSIDE`.
        line: int32, (N,): line in the file, -1 unknown.
        file: int16, (N,).
    """

    kind: npt.NDArray[np.int16]
    x: FloatArray
    log_copies: FloatArray
    order: npt.NDArray[np.int32]
    source: npt.NDArray[np.int32]
    target: npt.NDArray[np.int32]
    relation: npt.NDArray[np.int8]
    path: npt.NDArray[np.int8]
    line: npt.NDArray[np.int32]
    file: npt.NDArray[np.int16]

    @property
    def num_nodes(self) -> int:
        """Number of nodes."""
        return len(self.kind)

    @property
    def size(self) -> int:
        """Number of nodes."""
        return self.num_nodes


#: What a network may read of a design.
Arrays = TokenArrays | LineArrays | GraphArrays


#: An edge into a register or memory, or one that closes a combinational cycle: paths end here.
NO_PATH = 0
#: A signal travels along the edge within a clock cycle.
PATH = 1
#: From an output of a module to its instance: what passes the instance spends the time inside on top.
INSIDE = 2


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Tokens of several designs, one design after the other.

    Attributes:
        ids, place: int64, (T,).
        x: float32, (T, F).
        log_copies: float32, (T,).
        module: int64, (T,): numbered over all designs, rising; each module's tokens stand together.
        counts: tokens of each design.
    """

    ids: Tensor
    place: Tensor
    x: Tensor
    log_copies: Tensor
    module: Tensor
    counts: tuple[int, ...]

    def to(self, device: torch.device | str) -> TokenBatch:
        """Return the batch with all tensors on a device."""
        return _moved(self, device)


@dataclass(frozen=True, eq=False)
class LineBatch:
    """Lines of several designs as a language model sees them, one design after the other.

    Attributes:
        means: float32, (L, width).
        tokens: float32, (L,): tokens of each line.
        counts: lines of each design.
    """

    means: Tensor
    tokens: Tensor
    counts: tuple[int, ...]

    def to(self, device: torch.device | str) -> LineBatch:
        """Return the batch with all tensors on a device."""
        return _moved(self, device)


class EdgeGroups(NamedTuple):
    """Edges of one relation grouped by target and by source; the columns of :class:`edasat.models.layers.Incidence`."""

    sources: Tensor
    target_offsets: Tensor
    targets: Tensor
    source_offsets: Tensor


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """Circuit graphs of several designs, one after the other.

    Attributes:
        kind: int64, (N,).
        x: float32, (N, F).
        log_copies: float32, (N,).
        counts: nodes of each design.
        relations: edges of each relation.
        order: int32, (N,): topological order along paths.
        path_offsets, path_sources: int64, (N + 1,) and int32, (P,): where the paths into each node come from.
        inside: bool, (P,): the edge is of kind :data:`INSIDE`.
    """

    kind: Tensor
    x: Tensor
    log_copies: Tensor
    counts: tuple[int, ...]
    relations: tuple[EdgeGroups, ...]
    order: Tensor
    path_offsets: Tensor
    path_sources: Tensor
    inside: Tensor

    def to(self, device: torch.device | str) -> GraphBatch:
        """Return the batch with all tensors on a device."""
        moved = _moved(self, device)
        relations = tuple(EdgeGroups(*(part.to(device) for part in groups)) for groups in self.relations)
        return replace(moved, relations=relations)


@dataclass(frozen=True, eq=False)
class QorBatch:
    """D designs with B questions, each for area and delay on one library by one script.

    Attributes:
        design: int64, (B,): design in the batch that each question is about.
        conditions: float32, (B, C): library features, then one column per script.
        tokens, words, gates, luts, lines, syntax: the designs as each network needs them; None where not needed.
        log_area: float32, (B,): logarithm of the area in units of the library (a two-input NAND); None in prediction.
        log_delay: float32, (B,): logarithm of the delay in units of the library (a bit of a ripple-carry adder); NaN
            where the design has none.
        teacher_latent: float32, (D, LATENT): what the teacher made of each design, NaN rows where it saw none.
    """

    design: Tensor
    conditions: Tensor
    tokens: TokenBatch | None = None
    words: GraphBatch | None = None
    gates: GraphBatch | None = None
    luts: GraphBatch | None = None
    lines: LineBatch | None = None
    syntax: GraphBatch | None = None
    log_area: Tensor | None = None
    log_delay: Tensor | None = None
    teacher_latent: Tensor | None = None

    @property
    def num_designs(self) -> int:
        """Number of designs."""
        part = self.tokens or self.words or self.gates or self.luts or self.lines or self.syntax
        assert part is not None
        return len(part.counts)

    def to(self, device: torch.device | str) -> QorBatch:
        """Return the batch with all tensors on a device."""
        moved = _moved(self, device)
        parts = {name: getattr(self, name) for name in ("tokens", "words", "gates", "luts", "lines", "syntax")}
        return replace(moved, **{name: part.to(device) for name, part in parts.items() if part is not None})


def _moved(batch: Any, device: torch.device | str) -> Any:
    found = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return replace(batch, **{name: x.to(device) for name, x in found.items() if isinstance(x, Tensor)})


def batch_tokens(designs: Sequence[TokenArrays]) -> TokenBatch:
    """Join the tokens of designs."""
    modules = [int(one.module.max(initial=-1)) + 1 for one in designs]
    first = np.concatenate([[0], np.cumsum(modules)])
    return TokenBatch(
        ids=torch.from_numpy(np.concatenate([one.ids for one in designs]).astype(np.int64)),
        place=torch.from_numpy(np.concatenate([one.place for one in designs]).astype(np.int64)),
        x=torch.from_numpy(np.concatenate([one.x for one in designs])),
        log_copies=torch.from_numpy(np.concatenate([one.log_copies for one in designs])),
        module=torch.from_numpy(np.concatenate([one.module + n for one, n in zip(designs, first, strict=False)])),
        counts=tuple(len(one.ids) for one in designs),
    )


def batch_lines(designs: Sequence[LineArrays]) -> LineBatch:
    """Join the lines of designs."""
    return LineBatch(
        means=torch.from_numpy(np.concatenate([one.means for one in designs]).astype(np.float32)),
        tokens=torch.from_numpy(np.concatenate([one.tokens for one in designs])),
        counts=tuple(one.size for one in designs),
    )


def batch_graphs(graphs: Sequence[GraphArrays], num_relations: int) -> GraphBatch:
    """Join the graphs of designs."""
    counts = [graph.num_nodes for graph in graphs]
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    total = int(starts[-1])
    source = np.concatenate([graph.source + start for graph, start in zip(graphs, starts, strict=False)])
    target = np.concatenate([graph.target + start for graph, start in zip(graphs, starts, strict=False)])
    relation = np.concatenate([graph.relation for graph in graphs])
    path = np.concatenate([graph.path for graph in graphs])
    on_path = np.flatnonzero(path != NO_PATH)
    path_offsets, path_edges = group_values(target[on_path], on_path, total)
    groups = []
    for number in range(num_relations):
        chosen = relation == number
        groups.append(_group(source[chosen], target[chosen], total))
    return GraphBatch(
        kind=torch.from_numpy(np.concatenate([graph.kind for graph in graphs]).astype(np.int64)),
        x=torch.from_numpy(np.concatenate([graph.x for graph in graphs])),
        log_copies=torch.from_numpy(np.concatenate([graph.log_copies for graph in graphs])),
        counts=tuple(counts),
        relations=tuple(groups),
        order=torch.from_numpy(np.concatenate([g.order + start for g, start in zip(graphs, starts, strict=False)])),
        path_offsets=torch.from_numpy(path_offsets),
        path_sources=torch.from_numpy(source[path_edges]),
        inside=torch.from_numpy(path[path_edges] == INSIDE),
    )


def _group(source: npt.NDArray[np.int32], target: npt.NDArray[np.int32], count: int) -> EdgeGroups:
    target_offsets, sources = group_values(target, source, count)
    source_offsets, targets = group_values(source, target, count)
    return EdgeGroups(
        torch.from_numpy(sources),
        torch.from_numpy(target_offsets.astype(np.int32)),
        torch.from_numpy(targets),
        torch.from_numpy(source_offsets.astype(np.int32)),
    )
