"""Area and delay of Verilog: what `edasat qor predict` calls."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, LimitError, MissingToolError
from edasat.core.files import Source
from edasat.core.processes import Limits
from edasat.datasets.design_batches import Arrays, GraphArrays, QorBatch
from edasat.datasets.design_graphs import LUT_FEATURES, LUT_NODES, WORD_FEATURES, gate_arrays, word_arrays
from edasat.datasets.design_tokens import TOKEN_FEATURES, token_arrays
from edasat.datasets.qor_rtl_data import VIEWS, View, batch_views, condition_names, conditions
from edasat.datasets.text_embeddings import LanguageModel, ModelIdentity
from edasat.eda.flow import Rtl
from edasat.eda.synthesis.mapping_library import LibraryUnits
from edasat.eda.synthesis.qor import word_level
from edasat.eda.synthesis.scripts import Script
from edasat.eda.verilog.gate_network import gate_network
from edasat.eda.verilog.lexical.vocabulary import VOCABULARY
from edasat.eda.verilog.loops import find_loop
from edasat.eda.verilog.operations import OPERATIONS
from edasat.eda.verilog.text import tokenize
from edasat.eda.verilog.word_graph import word_graph
from edasat.eda.verilog.words import read_words

from ..training.weights import load_weights, save_weights
from .ensemble import EnsembleSettings, QorEnsemble

SYSTEM: Final = "veridistill"
Network = Literal["text", "graph", "gates", "text+graph", "embeddings"]
#: Names of all inputs; weights trained on others are refused.
INPUTS: Final[Mapping[str, Sequence[str]]] = {
    "vocabulary": list(VOCABULARY),
    "token_features": list(TOKEN_FEATURES),
    "operations": list(OPERATIONS),
    "word_features": list(WORD_FEATURES),
    "gates": [*LUT_NODES, *LUT_FEATURES],
    "conditions": list(condition_names()),
}
#: Lines of a loop that are told.
_SHOWN: Final = 3
#: Yosys needs seconds for what it elaborates at all; more is a mistake such as a loop of a billion turns.
_LIMITS: Final = Limits(cpu_s=120, wall_s=240, memory_bytes=4 << 30)


class LineShare(NamedTuple):
    """What one line of the design costs.

    Attributes:
        file: as the user named it.
        line: from 1.
        area_share: share of the predicted area, in [0, 1]; shares of all lines add up to at most 1.
    """

    file: str
    line: int
    area_share: float


@dataclass(frozen=True)
class QorPrediction:
    """Area and delay that a network expects.

    Attributes:
        area_um2: area in um2.
        area_interval: where the area lies, nine times of ten (see the card of the weights).
        delay_ps: delay of the longest path in ps.
        delay_interval: where the delay lies, likewise.
        network: the network that answered.
        out_of_distribution: the design is unlike those of the training; :attr:`reasons` says how.
        reasons: sentences, empty where the design is like those of the training.
        lines: lines that cost area, the largest share first.
        timings: CPU seconds of this process by step: ``text``, ``words`` (Yosys, its process included, and the graphs)
            and ``model``; ``lines`` of a language model; those that were needed.
    """

    area_um2: float
    area_interval: tuple[float, float]
    delay_ps: float
    delay_interval: tuple[float, float]
    network: Network
    out_of_distribution: bool
    reasons: Sequence[str]
    lines: Sequence[LineShare] = field(repr=False)
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def cpu_s(self) -> float:
        """CPU seconds in all."""
        return sum(self.timings.values())


@dataclass(frozen=True, eq=False)
class PreparedDesign:
    """A design as the networks read it, made once for any number of questions.

    Attributes:
        views: arrays of each view.
        files: for each view, the user's names of the files that its lines refer to.
        timings: CPU seconds by step.
        loop: file and line of the words of a loop of logic without a register, where Yosys was asked and there is one.
        left_out: words that were not made into gates, see :class:`edasat.eda.verilog.gate_network.GateNetwork`.
    """

    views: Mapping[View, Arrays]
    files: Mapping[View, Sequence[str]]
    timings: dict[str, float]
    loop: Sequence[tuple[str, int]] = ()
    left_out: int = 0


class Predictor:
    """Ensembles of one or more networks.

    Args:
        ensembles: by network.
    """

    def __init__(self, ensembles: Mapping[str, QorEnsemble]) -> None:
        self.ensembles = dict(ensembles)

    def predict(
        self,
        rtl: Rtl | Sequence[str | Path],
        units: LibraryUnits,
        script: Script = "area",
        *,
        network: Network | Literal["auto"] = "auto",
        limits: Limits = _LIMITS,
    ) -> QorPrediction:
        """Predict area and delay of a design.

        Args:
            rtl: the design, or its files.
            units: of the library.
            script: of ABC, "area" or "speed".
            network: "text" needs no Yosys; "graph" reads words as Yosys elaborates them, "gates" the gates that these
                are made of; "auto" is the best where Yosys is installed ("graph" for designs too large to be
                flattened), else "text"; "embeddings" reads the language model that it was trained with.
            limits: of Yosys' process.

        Raises:
            InputError: for files that cannot be read, a network that the weights do not hold, or a language model that
                is not there.
            LimitError: if gates are to be read and the flattened design is too large for that.
            MissingToolError: if what runs the language model is not installed.
            ToolError: if Yosys refuses the design.
        """
        chosen = self.choose(network)
        rtl = rtl if isinstance(rtl, Rtl) else Rtl(list(rtl))
        model = self.ensembles[chosen].settings.language_model
        try:
            design = prepare(rtl, VIEWS[chosen], limits, model)
        except LimitError:
            if network != "auto" or "graph" not in self.ensembles:
                raise
            chosen = "graph"
            design = prepare(rtl, VIEWS[chosen], limits)
        return self.answer(design, units, script, chosen)

    def choose(self, network: str = "auto") -> Network:
        """Return the network that answers.

        Raises:
            InputError: if the weights do not hold it.
        """
        if network == "auto":
            wanted = ("text+graph", "gates", "graph", "text") if _yosys_installed() else ("text",)
            network = next((one for one in (*wanted, "embeddings") if one in self.ensembles), "text")
        if network not in self.ensembles:
            raise InputError(
                f"these weights hold no network '{network}'", hint=f"they hold: {', '.join(self.ensembles)}"
            )
        return network  # type: ignore[return-value]

    def answer(self, design: PreparedDesign, units: LibraryUnits, script: Script, network: Network) -> QorPrediction:
        """Predict area and delay of a prepared design; see :meth:`predict`."""
        import torch

        start = time.process_time()
        ensemble = self.ensembles[network]
        views = {view: design.views[view] for view in VIEWS[network]}
        batch = QorBatch(
            design=torch.zeros(1, dtype=torch.int64),
            conditions=torch.from_numpy(conditions(units, script)[None]),
            **batch_views([views]),
        )
        answers = ensemble.answer(batch)
        last = VIEWS[network][-1]
        lines = _line_shares(ensemble.shares(batch), views[last], design.files[last])
        (log_area, log_delay), distance = answers.logs[0], float(answers.distance[0])
        reasons = [
            *_loop(design.loop),
            *_left_out(design.left_out),
            *_doubts(ensemble.settings, log_area, distance, views),
        ]
        area, delay = units.area_um2 * math.exp(log_area), units.delay_ps * math.exp(log_delay)
        area_factor, delay_factor = (math.exp(width) for width in ensemble.settings.half_widths)
        return QorPrediction(
            area_um2=area,
            area_interval=(area / area_factor, area * area_factor),
            delay_ps=delay,
            delay_interval=(delay / delay_factor, delay * delay_factor),
            network=network,
            out_of_distribution=bool(reasons),
            reasons=reasons,
            lines=lines,
            timings={**design.timings, "model": time.process_time() - start},
        )

    def save(self, folder: str | Path, card: Mapping[str, Any]) -> None:
        """Write weights and card; ``card`` tells what the networks do not know about themselves."""
        tensors = {
            f"{name}.{key}": tensor
            for name, ensemble in self.ensembles.items()
            for key, tensor in ensemble.tensors().items()
        }
        settings = {
            "inputs": INPUTS,
            "networks": {name: ensemble.settings.to_dict() for name, ensemble in self.ensembles.items()},
        }
        save_weights(folder, SYSTEM, tensors, {**card, "settings": settings})

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Predictor:
        """Read weights; ``None`` stands for those shipped with the package.

        Raises:
            InputError: if they are missing or damaged, or were trained on other inputs.
        """
        tensors, card = load_weights(folder, SYSTEM)
        try:
            if card["settings"]["inputs"] != INPUTS:
                raise InputError(
                    "the weights were trained on other inputs than this version computes",
                    path=str(folder or ""),
                    code="weights-features",
                    hint="train again with `edasat train veridistill`",
                )
            ensembles = {}
            for name, raw in card["settings"]["networks"].items():
                own = {key.removeprefix(f"{name}."): x for key, x in tensors.items() if key.startswith(f"{name}.")}
                ensembles[name] = QorEnsemble.from_tensors(own, EnsembleSettings.from_dict(raw))
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise InputError(
                f"veridistill.json and veridistill.safetensors do not fit: {error}",
                path=str(folder or ""),
                code="weights-damaged",
            ) from None
        return cls(ensembles)


def prepare(
    rtl: Rtl, views: Sequence[View], limits: Limits = _LIMITS, model: ModelIdentity | None = None
) -> PreparedDesign:
    """Read a design for some networks; CPU seconds of Yosys' process are counted.

    Args:
        rtl: the design.
        views: what the networks read.
        limits: of Yosys' process.
        model: the language model that reads the view "lines".

    Raises:
        InputError, MissingToolError, ToolError: see :meth:`Predictor.predict`.
    """
    found: dict[View, Arrays] = {}
    files: dict[View, Sequence[str]] = {}
    timings: dict[str, float] = {}
    loop: list[tuple[str, int]] = []
    left_out = 0
    if "tokens" in views:
        start = time.process_time()
        tokens = tokenize(rtl)
        found["tokens"], files["tokens"] = token_arrays(tokens), tokens.files
        timings["text"] = time.process_time() - start
    if "words" in views or "gates" in views:
        start = _cpu_with_children()
        words = read_words(word_level(rtl, limits=limits))
        names = [_users_name(rtl, name) for name in words.files]
        suspect = False
        if "words" in views:
            graph = word_graph(words)
            found["words"], files["words"] = word_arrays(graph), names
            suspect = graph.metadata["cut_cycles"] > 0
        if "gates" in views:
            gates = gate_network(words)
            found["gates"], files["gates"] = gate_arrays(gates, words), names
            suspect |= gates.cut_bits > 0
            left_out = gates.left_out
        if suspect:
            loop = [(names[file], line) for file, line in find_loop(words)]
        timings["words"] = _cpu_with_children() - start
    if "lines" in views:
        start = time.process_time()
        assert model is not None
        found["lines"] = _language_model(model).read(rtl.sources)
        files["lines"] = [Source(source).name for source in rtl.sources]
        timings["lines"] = time.process_time() - start
    return PreparedDesign(found, files, timings, loop, left_out)


@lru_cache(maxsize=1)
def _language_model(identity: ModelIdentity) -> LanguageModel:
    """Return the model; that of the last call is kept."""
    return LanguageModel.known_as(identity)


def _users_name(rtl: Rtl, name: str) -> str:
    """Return how the user calls a file that Yosys knows as ``rtl<number>.v``; included files keep their names."""
    copied = re.fullmatch(r"(?:\d+/)?rtl(\d+)\.v", name)
    return Source(rtl.sources[int(copied[1])]).name if copied else name


def _cpu_with_children() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _yosys_installed() -> bool:
    from edasat.eda.flow.yosys import version

    try:
        version()
    except MissingToolError:
        return False
    return True


def _line_shares(shares: npt.NDArray[np.float64], arrays: Arrays, files: Sequence[str]) -> list[LineShare]:
    """Add up the shares of tokens, nodes or lines over lines; parts without a known line are left out."""
    known = (arrays.line > 0) & (arrays.file >= 0) & (arrays.file < len(files))
    place = arrays.file[known].astype(np.int64) << 32 | arrays.line[known]
    places, row = np.unique(place, return_inverse=True)
    total = np.bincount(row, weights=shares[known], minlength=len(places))
    return [
        LineShare(files[int(places[i]) >> 32], int(places[i]) & 0xFFFFFFFF, float(total[i]))
        for i in np.argsort(-total, kind="stable")
    ]


def _loop(places: Sequence[tuple[str, int]]) -> list[str]:
    """Return what is said of a design with a loop of logic."""
    if not places:
        return []
    shown = ", ".join(f"{file}:{line}" for file, line in places[:_SHOWN]) + (", ..." if len(places) > _SHOWN else "")
    return [f"the design holds a loop of logic without a register near {shown}; synthesis refuses it"]


def _left_out(count: int) -> list[str]:
    """Return what is said of a design with words that no gates were made of."""
    if not count:
        return []
    what = f"{count} large memories or powers are" if count > 1 else "a large memory or a power is"
    return [f"{what} not counted: synthesis makes registers of memories, or needs a macro for them"]


def _doubts(settings: EnsembleSettings, log_area: float, distance: float, views: Mapping[View, Arrays]) -> list[str]:
    """Return how a design is unlike those of the training."""
    found = []
    if log_area > settings.largest:
        times = math.exp(log_area - settings.largest)
        found.append(f"about {times:.1f} times as large as the largest design of the training")
    if distance > 1:
        found.append(f"its features lie {distance:.1f} times as far from those of the training as is usual for others")
    words = views.get("words")
    if isinstance(words, GraphArrays):
        strange = sorted(set(np.unique(words.kind).tolist()) - set(settings.seen))
        if strange:
            found.append(f"the training had none of: {', '.join(OPERATIONS[kind] for kind in strange)}")
    return found
