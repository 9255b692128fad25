"""Formulas as models read them: the graph of one formula, its cache on disk, and several joined into one batch.

A graph is made once per formula: features are computed on the whole formula, and only then is a formula above the
clause budget thinned, so that degrees and lengths stay true.
Batching is a disjoint union: node numbers are shifted, nothing is padded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.core.files import Cache
from edasat.sat.cnf import Cnf
from edasat.sat.features.instance import FEATURE_NAMES, ORDER_FEATURES, features_of_arrays
from edasat.sat.features.nodes import CLAUSE_FEATURES, LITERAL_FEATURES, node_features
from edasat.sat.tripartite import TripartiteArrays, tripartite_arrays

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int32]

#: Part of every cache key: raised when features or the thinning rule change.
_CACHE_VERSION: Final = 1
#: The last clause feature is the place in the file. It travels on its own, so that a model can leave it out or permute
#: it; see :attr:`FormulaBatch.clause_position`.
assert CLAUSE_FEATURES[-1] == "position"

NUM_LITERAL_FEATURES: Final = len(LITERAL_FEATURES)
NUM_CLAUSE_FEATURES: Final = len(CLAUSE_FEATURES) - 1

#: Instance features given to models: those that renaming variables and reordering clauses leave alone. The others tell
#: generators apart by how they write files, which does not carry over to another tool's output.
INSTANCE_FEATURES: Final = tuple(name for name in FEATURE_NAMES if name not in ORDER_FEATURES)
NUM_INSTANCE_FEATURES: Final = len(INSTANCE_FEATURES)


@dataclass(frozen=True, eq=False)
class FormulaGraph:
    """One formula, ready for message passing. Literal nodes are 2i (variable pair i plain) and 2i + 1 (negated).

    Attributes:
        literals: int32, (num_occurrences,): literal nodes grouped by clause.
        clause_offsets: int32, (num_clauses + 1,): see :class:`edasat.sat.tripartite.TripartiteArrays`.
        clauses: int32, (num_occurrences,): clauses grouped by literal node.
        literal_offsets: int32, (2 * num_vars + 1,).
        literal_x: float32, (2 * num_vars, NUM_LITERAL_FEATURES).
        clause_x: float32, (num_clauses, NUM_CLAUSE_FEATURES).
        clause_position: int32, (num_clauses,): index of each clause in the file, from 0.
        file_clauses: int32, (1,): clauses in the file; more than ``num_clauses`` where the formula was thinned.
        instance_x: float32, (NUM_INSTANCE_FEATURES,): features of the whole formula, raw.
    """

    literals: IntArray
    clause_offsets: IntArray
    clauses: IntArray
    literal_offsets: IntArray
    literal_x: FloatArray
    clause_x: FloatArray
    clause_position: IntArray
    file_clauses: IntArray
    instance_x: FloatArray

    @property
    def num_vars(self) -> int:
        """Number of variable pairs kept."""
        return len(self.literal_x) // 2

    @property
    def num_clauses(self) -> int:
        """Number of clauses kept."""
        return len(self.clause_x)


def formula_graph(cnf: Cnf, clause_budget: int | None = None) -> FormulaGraph:
    """Build the graph of a formula, thinned to ``clause_budget`` clauses if it has more."""
    arrays = tripartite_arrays(cnf)
    x = node_features(arrays)
    literal_x, clause_x = x.literal, x.clause[:, :-1]
    found = features_of_arrays(arrays)
    position = np.arange(cnf.num_clauses, dtype=np.int32)
    if clause_budget is not None and cnf.num_clauses > clause_budget:
        position, variables, part = _thin(cnf, clause_budget)
        arrays = tripartite_arrays(part)
        clause_x = np.ascontiguousarray(clause_x[position])
        literal_x = literal_x.reshape(cnf.num_vars, -1)[variables - 1].reshape(-1, NUM_LITERAL_FEATURES)
    return FormulaGraph(
        literals=arrays.literals,
        clause_offsets=arrays.clause_offsets,
        clauses=arrays.clauses,
        literal_offsets=arrays.literal_offsets,
        literal_x=literal_x,
        clause_x=clause_x,
        clause_position=position,
        file_clauses=np.array([cnf.num_clauses], np.int32),
        instance_x=np.array([found[name] for name in INSTANCE_FEATURES], np.float32),
    )


def _thin(cnf: Cnf, num_clauses: int) -> tuple[IntArray, IntArray, Cnf]:
    """Sample clauses; return which, the variables left, and the formula over these renumbered from 1.

    The rule of :func:`edasat.sat.tripartite.tripartite_arrays`, for a number of clauses in place of bytes: in order of
    length, then of position, clauses are taken at even distances, so each length and each part of the file keeps its
    share.
    """
    # NumPy sorts 16-bit keys by counting, ten times faster; lengths above 65,535 may share a class.
    by_length = np.argsort(np.minimum(cnf.clause_lengths, 2**16 - 1).astype(np.uint16), kind="stable")
    kept = np.sort(by_length[np.arange(num_clauses, dtype=np.int64) * cnf.num_clauses // num_clauses])
    part = cnf.select(kept)
    variables, renumbered = np.unique(np.abs(part.literals), return_inverse=True)
    literals = (renumbered + 1).astype(np.int32) * np.sign(part.literals)
    return kept.astype(np.int32), variables, Cnf(len(variables), part.offsets, literals)


def structure_hash(arrays: TripartiteArrays, rounds: int = 3) -> int:
    """Return 64 bits that two formulas share if one is the other with clauses permuted and variables renamed.

    Colour refinement (Weisfeiler and Leman) on the tripartite graph, started from degrees and lengths; formulas that
    only it cannot tell apart share the hash too, which is harmless where the question is what to keep out of a test.
    """
    literal = _mixed(arrays.literal_degrees)
    clause = _mixed(arrays.clause_lengths)
    for _ in range(rounds):
        clause = _mixed(clause * _ODD_1 + _group_sums(literal[arrays.literals], arrays.clause_offsets))
        flipped = literal.reshape(-1, 2)[:, ::-1].reshape(-1)
        literal = _mixed(
            literal * _ODD_1 + flipped * _ODD_2 + _group_sums(clause[arrays.clauses], arrays.literal_offsets)
        )
    return int(_mixed(np.array([literal.sum(dtype=np.uint64), clause.sum(dtype=np.uint64)])) @ [_ODD_1, _ODD_2])


#: Odd multipliers keep 64-bit products a permutation; these are the golden ratio and sqrt(2), scaled to 64 bits.
_ODD_1: Final = np.uint64(0x9E3779B97F4A7C15)
_ODD_2: Final = np.uint64(0x6A09E667F3BCC909)


def _mixed(values: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Spread 64-bit values, so that sums of them collide only by chance (the finaliser of SplitMix64)."""
    x = values.astype(np.uint64) + _ODD_1
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _group_sums(values: npt.NDArray[np.uint64], offsets: IntArray) -> npt.NDArray[np.uint64]:
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)])
    return sums[offsets[1:]] - sums[offsets[:-1]]


class GraphCache:
    """Graphs and structure hashes on disk as safetensors, by content hash of the formula and clause budget."""

    def __init__(self, clause_budget: int | None) -> None:
        self.clause_budget = clause_budget
        self._cache = Cache("formula-graphs", max_bytes=8 << 30)

    def load(self, content_hash: str) -> tuple[FormulaGraph, int] | None:
        """Return graph and structure hash of the formula with this content hash, None if not there or damaged."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self._cache.get(self._key(content_hash))
        if path is None:
            return None
        try:
            arrays = load_file(path)
            structure = int(arrays.pop("structure")[0])
            return FormulaGraph(**arrays), structure
        except (SafetensorError, KeyError, TypeError):  # cut off by a full disk, or of another layout: build it again
            return None

    def build(self, cnf: Cnf) -> tuple[FormulaGraph, int]:
        """Return graph and structure hash of a formula, from the cache if it is there."""
        from safetensors.numpy import save

        content_hash = cnf.content_hash()
        if (found := self.load(content_hash)) is not None:
            return found
        graph = formula_graph(cnf, self.clause_budget)
        structure = structure_hash(tripartite_arrays(cnf))
        arrays = {field.name: np.ascontiguousarray(getattr(graph, field.name)) for field in fields(graph)}
        with self._cache.put(self._key(content_hash)) as file:
            file.write(save({**arrays, "structure": np.array([structure], np.uint64)}))
        return graph, structure

    def _key(self, content_hash: str) -> str:
        return f"{content_hash}-{self.clause_budget or 0}-{_CACHE_VERSION}.safetensors"


@dataclass(frozen=True, eq=False)
class FormulaBatch:
    """Several formulas as one disjoint graph. B formulas, V variable pairs, C clauses and E occurrences in all.

    Attributes:
        literals: int32, (E,): literal nodes grouped by clause.
        clause_offsets: int32, (C + 1,).
        clauses: int32, (E,): clauses grouped by literal node.
        literal_offsets: int32, (2 * V + 1,).
        literal_x: float32, (2 * V, NUM_LITERAL_FEATURES).
        clause_x: float32, (C, NUM_CLAUSE_FEATURES).
        clause_position: float32, (C,): index of each clause in its file, from 0.
        clause_fraction: float32, (C,): the same from 0 (first clause) to 1 (last).
        instance_x: float32, (B, NUM_INSTANCE_FEATURES): raw.
        vars_per_formula: B numbers.
        clauses_per_formula: B numbers.
        runtime_s: float32, (B, num_engines): CPU seconds, the cutoff where not solved; None without labels.
        solved: bool, (B, num_engines); None without labels.
        clause_hints: float32, (C, NUM_HINTS): see :mod:`edasat.sat.features.hints`; None where not needed.
        in_core: bool, (C,): label of core detection; None without labels.
    """

    literals: Tensor
    clause_offsets: Tensor
    clauses: Tensor
    literal_offsets: Tensor
    literal_x: Tensor
    clause_x: Tensor
    clause_position: Tensor
    clause_fraction: Tensor
    instance_x: Tensor
    vars_per_formula: list[int]
    clauses_per_formula: list[int]
    runtime_s: Tensor | None = None
    solved: Tensor | None = None
    clause_hints: Tensor | None = None
    in_core: Tensor | None = None

    @property
    def num_formulas(self) -> int:
        """Number of formulas."""
        return len(self.vars_per_formula)

    def with_labels(self, runtime_s: npt.NDArray[Any], solved: npt.NDArray[np.bool_]) -> FormulaBatch:
        """Return the batch with the labels of its formulas, both (B, num_engines)."""
        return replace(self, runtime_s=torch.from_numpy(runtime_s).float(), solved=torch.from_numpy(solved))

    def to(self, device: torch.device | str, **options: Any) -> FormulaBatch:
        """Return the batch on another device."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        moved = {name: x.to(device, **options) for name, x in columns.items() if isinstance(x, Tensor)}
        return replace(self, **moved)  # type: ignore[arg-type]


def batch_graphs(graphs: Sequence[FormulaGraph]) -> FormulaBatch:
    """Join graphs; of a single one nothing but the positions is copied."""
    pairs = np.cumsum([0] + [g.num_vars for g in graphs], dtype=np.int64)
    clauses = np.cumsum([0] + [g.num_clauses for g in graphs], dtype=np.int64)
    edges = np.cumsum([0] + [len(g.literals) for g in graphs], dtype=np.int64)

    def join(name: str, shifts: Sequence[int] | npt.NDArray[np.int64], drop_last: bool = False) -> Tensor:
        parts = [getattr(g, name) for g in graphs]
        if len(parts) == 1:
            return torch.from_numpy(parts[0])
        if drop_last:  # offsets: the end of one formula is the start of the next
            parts = [part if i == len(parts) - 1 else part[:-1] for i, part in enumerate(parts)]
        return torch.from_numpy(
            np.concatenate([p + p.dtype.type(s) if s else p for p, s in zip(parts, shifts, strict=True)])
        )

    none = [0] * len(graphs)
    last = [np.float32(max(1, g.file_clauses[0] - 1)) for g in graphs]
    position = [g.clause_position.astype(np.float32) for g in graphs]
    return FormulaBatch(
        literals=join("literals", 2 * pairs[:-1]),
        clause_offsets=join("clause_offsets", edges[:-1], drop_last=True),
        clauses=join("clauses", clauses[:-1]),
        literal_offsets=join("literal_offsets", edges[:-1], drop_last=True),
        literal_x=join("literal_x", none),
        clause_x=join("clause_x", none),
        clause_position=torch.from_numpy(np.concatenate(position)),
        clause_fraction=torch.from_numpy(np.concatenate([p / n for p, n in zip(position, last, strict=True)])),
        instance_x=torch.from_numpy(np.stack([g.instance_x for g in graphs])),
        vars_per_formula=[g.num_vars for g in graphs],
        clauses_per_formula=[g.num_clauses for g in graphs],
    )
