"""Labelled RTL as training data: the arrays of every design, its questions and answers, and batches of designs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from edasat.core.errors import InputError
from edasat.core.files import Cache
from edasat.core.progress import Progress
from edasat.eda.flow import Rtl
from edasat.eda.formats.blif import read_blif
from edasat.eda.synthesis.known_libraries import known_units
from edasat.eda.synthesis.mapping_library import FEATURES, LibraryUnits
from edasat.eda.synthesis.scripts import SCRIPTS, Script
from edasat.eda.verilog.gate_network import gate_network
from edasat.eda.verilog.lexical.vocabulary import VOCABULARY
from edasat.eda.verilog.luts import lut_graph
from edasat.eda.verilog.operations import OPERATIONS
from edasat.eda.verilog.syntax import syntax_graph
from edasat.eda.verilog.syntax_tree import NODE_KINDS
from edasat.eda.verilog.text import tokenize
from edasat.eda.verilog.word_graph import word_graph
from edasat.eda.verilog.words import read_words

from .batches import BudgetData, IntArray, fold_numbers
from .design_batches import (
    Arrays,
    GraphArrays,
    QorBatch,
    TokenArrays,
    batch_graphs,
    batch_lines,
    batch_tokens,
)
from .design_graphs import (
    LUT_FEATURES,
    LUT_NODES,
    LUT_RELATIONS,
    SYNTAX_FEATURES,
    SYNTAX_RELATIONS,
    WORD_FEATURES,
    WORD_RELATIONS,
    gate_arrays,
    lut_arrays,
    syntax_arrays,
    word_arrays,
)
from .design_tokens import TOKEN_FEATURES, token_arrays
from .qor_rtl import QorSet, open_set
from .text_embeddings import LanguageModel

View = Literal["tokens", "words", "gates", "luts", "lines", "syntax"]
#: What a network reads. "graph" is that of words as Yosys elaborates them; "gates" are what these words are made of
#: before synthesis, mapped on LUTs; the teacher reads the LUT networks that synthesis gives, "embeddings" what a
#: language model of Hugging Face says of the lines, and "syntax", to compare with, syntax trees.
NetworkName = Literal["text", "graph", "gates", "text+graph", "teacher", "embeddings", "syntax"]
VIEWS: Final[Mapping[NetworkName, tuple[View, ...]]] = {
    "text": ("tokens",),
    "graph": ("words",),
    "gates": ("gates",),
    "text+graph": ("tokens", "gates"),
    "teacher": ("luts",),
    "embeddings": ("lines",),
    "syntax": ("syntax",),
}
FloatArray = npt.NDArray[np.float32]

#: Relations of each view that is a graph.
_RELATIONS: Final[Mapping[View, Sequence[str]]] = {
    "words": WORD_RELATIONS,
    "gates": LUT_RELATIONS,
    "luts": LUT_RELATIONS,
    "syntax": SYNTAX_RELATIONS,
}
#: Part of every cache key: raised when the meaning of the arrays changes.
_CACHE_VERSION: Final = 5
#: Designs per file of the cache: few files, and a set that has grown is read anew in its last group alone.
_GROUP: Final = 256
#: Columns of the library's features that hold under each script: those of its own mapping, and the registers.
_COLUMNS: Final[Mapping[str, IntArray]] = {
    script: np.array([i for i, name in enumerate(FEATURES) if "," not in name or name.endswith(f", {script}")])
    for script in SCRIPTS
}


def condition_names() -> tuple[str, ...]:
    """Return what the columns of :func:`conditions` are."""
    script = next(iter(SCRIPTS))
    return (*(FEATURES[i].removesuffix(f", {script}") for i in _COLUMNS[script]), *SCRIPTS)


def conditions(units: LibraryUnits, script: Script) -> FloatArray:
    """Return what a network is told of library and script, float32, (C,): the library's features under this script."""
    return np.concatenate([units.features[_COLUMNS[script]], [script == one for one in SCRIPTS]]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class LabelledDesign:
    """One design ready for training, with its Q questions.

    Attributes:
        name, family: of the module.
        part: "train", "validation", "test", "held-out" or "hand-written"; see :func:`.qor_rtl.part_of`.
        views: arrays of each view asked for.
        conditions: float32, (Q, C): see :class:`.design_batches.QorBatch`.
        libraries, scripts: of each question.
        log_area, log_delay: float32, (Q,): in units of the library; NaN where there is no logic to have a delay.
    """

    name: str
    family: str
    part: str
    views: Mapping[View, Arrays]
    conditions: FloatArray
    libraries: tuple[str, ...]
    scripts: tuple[str, ...]
    log_area: FloatArray
    log_delay: FloatArray

    @property
    def size(self) -> int:
        """What the design costs in a batch: nodes, tokens or lines of its largest view."""
        return max(arrays.size for arrays in self.views.values())


def load_designs(
    folder: str | Path | None, views: Sequence[View], model: LanguageModel | None = None
) -> list[LabelledDesign]:
    """Read a labelled set, finished or growing, and make (or fetch from the cache) the arrays of every design.

    Args:
        folder: made by `edasat data build qor-rtl`; None: the table that ships.
        views: arrays to make. LUT networks are only where the folder is.
        model: reads the view "lines".

    Raises:
        InputError: if there is no labelled set, or it lacks a view.
    """
    labelled = open_set(folder)
    questions: dict[str, list[dict[str, Any]]] = {}
    for row in labelled.labels.to_pylist():
        questions.setdefault(row["name"], []).append(row)
    cache = ViewCache()
    names = list(questions)
    designs = []
    with Progress("designs", len(names)) as progress:
        for start in range(0, len(names), _GROUP):
            group = names[start : start + _GROUP]
            columns = [_group_views(labelled, group, view, cache, model) for view in views]
            for name, *arrays in zip(group, *columns, strict=True):
                designs.append(_labelled(labelled, questions[name], dict(zip(views, arrays, strict=True))))
                progress.step(name)
    return designs


def _labelled(
    labelled: QorSet,
    rows: Sequence[Mapping[str, Any]],
    views: Mapping[View, Arrays],
) -> LabelledDesign:
    own = [known_units()[row["library"]] for row in rows]
    area = np.array([row["area_um2"] / unit.area_um2 for row, unit in zip(rows, own, strict=True)])
    delay = np.array([row["delay_ps"] / unit.delay_ps for row, unit in zip(rows, own, strict=True)])
    return LabelledDesign(
        name=rows[0]["name"],
        family=rows[0]["family"],
        part=labelled.part(rows[0]["name"]),
        views=views,
        conditions=np.stack([conditions(unit, row["script"]) for row, unit in zip(rows, own, strict=True)]),
        libraries=tuple(row["library"] for row in rows),
        scripts=tuple(row["script"] for row in rows),
        log_area=np.log(area).astype(np.float32),
        log_delay=np.log(np.where(delay > 0, delay, np.nan)).astype(np.float32),
    )


def _group_views(
    labelled: QorSet, names: Sequence[str], view: View, cache: ViewCache, model: LanguageModel | None
) -> list[Arrays]:
    """Return one view of some designs, from the cache if it is there."""
    if view == "lines":  # the language model has a cache of its own
        assert model is not None
        return [model.read([labelled.module(name).text.encode()]) for name in names]
    hashes = [labelled.modules[name]["sha256"] for name in names]
    found = cache.load(view, hashes)
    if found is None:
        found = [_view(labelled, name, view) for name in names]
        cache.store(view, hashes, found)
    return found


def _view(labelled: QorSet, name: str, view: View) -> Arrays:
    """Return one view of a design."""
    if view in ("tokens", "syntax"):
        module = labelled.module(name)
        rtl = Rtl([module.text.encode()], module.top)
        return token_arrays(tokenize(rtl)) if view == "tokens" else syntax_arrays(syntax_graph(rtl))
    if view == "words":
        return word_arrays(word_graph(read_words(labelled.words(name))))
    if view == "gates":
        words = read_words(labelled.words(name))
        return gate_arrays(gate_network(words), words)
    network = labelled.luts(name)
    if network is None:
        raise InputError(
            f"the LUT network of '{name}' is not here",
            path=str(labelled.folder or ""),
            hint="a teacher is trained on a folder of `edasat data build qor-rtl`",
        )
    return lut_arrays(lut_graph(read_blif(network)))


class Designs(Dataset[int]):
    """Labelled designs in memory. Items are positions; :meth:`batch` joins them."""

    def __init__(self, designs: Sequence[LabelledDesign], latents: Mapping[str, FloatArray] | None = None) -> None:
        self.designs = designs
        #: what the teacher makes of designs, by name; see :func:`read_latents`
        self.latents = latents or {}

    def __len__(self) -> int:
        return len(self.designs)

    def __getitem__(self, position: int) -> int:
        return position

    def batch(self, positions: Sequence[int]) -> QorBatch:
        """Return some designs as one labelled batch."""
        chosen = [self.designs[position] for position in positions]
        questions = np.array([len(one.log_area) for one in chosen])
        latent = None
        if self.latents:
            nothing = np.full_like(next(iter(self.latents.values())), np.nan)
            latent = torch.from_numpy(np.stack([self.latents.get(one.name, nothing) for one in chosen]))
        return QorBatch(
            design=torch.from_numpy(np.repeat(np.arange(len(chosen)), questions)),
            conditions=torch.from_numpy(np.concatenate([one.conditions for one in chosen])),
            log_area=torch.from_numpy(np.concatenate([one.log_area for one in chosen])),
            log_delay=torch.from_numpy(np.concatenate([one.log_delay for one in chosen])),
            teacher_latent=latent,
            **batch_views([one.views for one in chosen]),
        )


def batch_views(views: Sequence[Mapping[View, Any]]) -> dict[str, Any]:
    """Join the views of designs; the keys are fields of :class:`.design_batches.QorBatch`."""
    joined: dict[str, Any] = {}
    for view in views[0]:
        arrays = [one[view] for one in views]
        if view == "tokens":
            joined[view] = batch_tokens(arrays)
        elif view == "lines":
            joined[view] = batch_lines(arrays)
        else:
            joined[view] = batch_graphs(arrays, len(_RELATIONS[view]))
    return joined


class ViewCache:
    """Arrays of some designs on disk: a file for each group of designs and each view."""

    def __init__(self) -> None:
        self._cache = Cache("qor-views", max_bytes=8 << 30)

    def load(self, view: View, hashes: Sequence[str]) -> list[Arrays] | None:
        """Return what was stored for designs with these contents, or None if there is nothing or it is damaged."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self._cache.get(_key(view, hashes))
        if path is None:
            return None
        kind = TokenArrays if view == "tokens" else GraphArrays
        names = [field.name for field in fields(kind)]
        try:
            arrays = load_file(path)
            return [kind(**{name: arrays[f"{i}.{name}"] for name in names}) for i in range(len(hashes))]
        except (SafetensorError, KeyError):  # cut off by a full disk, or of another layout: build it again
            return None

    def store(self, view: View, hashes: Sequence[str], designs: Sequence[Arrays]) -> None:
        """Keep arrays."""
        from safetensors.numpy import save

        columns = {
            f"{i}.{field.name}": np.ascontiguousarray(getattr(arrays, field.name))
            for i, arrays in enumerate(designs)
            for field in fields(arrays)
        }
        with self._cache.put(_key(view, hashes)) as file:
            file.write(save(columns))


#: What the columns of each view are; arrays of a version with others are not found.
_COLUMNS_OF_VIEW: Final[Mapping[View, tuple[str, ...]]] = {
    "tokens": (*VOCABULARY, *TOKEN_FEATURES),
    "words": (*OPERATIONS, *WORD_FEATURES),
    "gates": (*LUT_NODES, *LUT_FEATURES),
    "luts": (*LUT_NODES, *LUT_FEATURES),
    "syntax": (*NODE_KINDS, *SYNTAX_FEATURES),
}


def _key(view: View, hashes: Sequence[str]) -> str:
    words = [*_COLUMNS_OF_VIEW[view], *hashes]
    digest = hashlib.blake2b(" ".join(words).encode(), digest_size=16).hexdigest()
    return f"{digest}-{view}-v{_CACHE_VERSION}.safetensors"


def read_latents(path: str | Path) -> dict[str, FloatArray]:
    """Read what a teacher makes of designs, by name: float32, (LATENT,) each.

    Raises:
        InputError: if the file is missing or something else.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            latents, names = file.get_tensor("latent"), json.loads(file.metadata()["names"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"cannot be read as teacher latents: {error}",
            path=str(path),
            hint="`edasat train veridistill --model.network teacher` writes teacher_latents.safetensors",
        ) from None
    return dict(zip(names, latents, strict=True))


def write_latents(path: str | Path, latents: Mapping[str, FloatArray]) -> None:
    """Write what :func:`read_latents` reads."""
    from safetensors.numpy import save_file

    save_file({"latent": np.stack(list(latents.values()))}, path, metadata={"names": json.dumps(list(latents))})


class QorData(BudgetData):
    """Batches of labelled designs; the families that may be trained on are split into folds.

    Args:
        folder: labelled set made by `edasat data build qor-rtl`; None: the one that ships.
        network: decides what is read of each design, see :data:`VIEWS`.
        teacher: file of the teacher's latents; None trains on the labels alone.
        language_model: of Hugging Face, that the network "embeddings" reads: its folder, or its name on the hub.
        revision: branch, tag or commit of the language model.
        fold: families of this fold validate; the others train.
        num_folds: folds of the families.
        batch_size: designs per batch.
        batch_nodes: nodes or tokens per batch.
        max_nodes: larger designs train nothing.
        seed: order of the batches.
    """

    def __init__(
        self,
        folder: str | None = None,
        network: NetworkName = "graph",
        teacher: str | None = None,
        language_model: str | None = None,
        revision: str | None = None,
        fold: int = 0,
        num_folds: int = 8,
        batch_size: int = 16,
        batch_nodes: int = 20_000,
        max_nodes: int = 60_000,
        seed: int = 0,
    ) -> None:
        super().__init__(batch_size, batch_nodes, seed)
        if not 0 <= fold < num_folds or num_folds < 2:
            raise InputError(f"fold {fold} of {num_folds}: expected at least 2 folds, numbered from 0")
        self.folder, self.views, self.teacher = folder, VIEWS[network], teacher
        if ("lines" in self.views) != (language_model is not None):
            raise InputError(
                f"a network '{network}' reads {'a' if language_model is None else 'no'} language model",
                hint="--model.network embeddings and --data.language_model FOLDER_OR_NAME go together",
            )
        self.model = LanguageModel(language_model, revision) if language_model is not None else None
        self.fold, self.num_folds, self.max_nodes = fold, num_folds, max_nodes

    @property
    def num_conditions(self) -> int:
        """Columns that describe library and script."""
        return len(condition_names())

    @property
    def embedding_width(self) -> int:
        """Columns of the language model's vectors; 0 without one."""
        return self.model.width if self.model is not None else 0

    @cached_property
    def items(self) -> Designs:
        """All labelled designs."""
        designs = load_designs(self.folder, self.views, self.model)
        return Designs(designs, read_latents(self.teacher) if self.teacher else {})

    def rows(self, *parts: str) -> IntArray:
        """Return the designs of some parts of the split."""
        return np.flatnonzero(np.isin([one.part for one in self.items.designs], parts))

    @property
    def development(self) -> IntArray:
        """Designs to train, choose and calibrate on: the parts "train" and "validation"."""
        return self.rows("train", "validation")

    def left_out(self, fold: int) -> IntArray:
        """Return the designs whose families a fold leaves out."""
        rows = self.development
        families = [self.items.designs[row].family for row in rows]
        return rows[fold_numbers(families, self.num_folds) == fold]

    @property
    def fold_rows(self) -> tuple[IntArray, IntArray]:
        """Designs for training, and for validation those of the families left out."""
        validation = self.left_out(self.fold)
        train = np.setdiff1d(self.development, validation)
        return train[self.sizes(train) <= self.max_nodes], validation

    def sizes(self, rows: IntArray) -> IntArray:
        """Return the nodes or tokens of designs."""
        return np.array([self.items.designs[row].size for row in rows], dtype=np.int64)

    def prepare_data(self) -> None:
        """Fill the cache of arrays, once per machine."""
        load_designs(self.folder, self.views, self.model)

    def setup(self, stage: str) -> None:
        """Check that training and validation have designs."""
        train, validation = self.fold_rows
        if stage == "fit" and not (len(train) and len(validation)):
            raise InputError(
                f"fold {self.fold} of {self.num_folds} has {len(train)} training and {len(validation)} validation "
                "designs",
                hint="label more designs, or give fewer folds",
            )
