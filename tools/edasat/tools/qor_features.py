"""What boosting reads of each design: counts of its syntax, its words and its gates, computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from edasat.core.files import read_bytes
from edasat.core.tasks import Journal, run_tasks
from edasat.datasets.qor_rtl import QorSet, open_set
from edasat.eda.flow import Rtl
from edasat.eda.verilog.gate_balancing import balance
from edasat.eda.verilog.gate_network import gate_network
from edasat.eda.verilog.lut_mapping import map_luts
from edasat.eda.verilog.syntax import syntax_features
from edasat.eda.verilog.word_graph import word_graph
from edasat.eda.verilog.words import read_words
from edasat.models.evaluation.qor_baselines import gate_features, word_features

from .qor_designs import RealDesign, real_designs
from .qor_real import kept_part

#: Sources of features; each name begins with that of its source.
SYNTAX: Final = "syntax/"
WORDS: Final = "words/"
GATES: Final = "gates/"
#: Features that add up over a design: a weighted sum of them is a first estimate of its area.
_ADDITIVE: Final = {
    SYNTAX: ("syntax/all_count_", "syntax/all_bits_", "syntax/all_memory"),
    WORDS: ("words/bits/", "words/product/", "words/cases/"),
    GATES: ("gates/count/",),
}
#: Changes when features change their meaning.
_VERSION: Final = 2


def design_features(table: Path, data: Path, work: Path) -> dict[str, dict[str, float]]:
    """Return the features of every design of the labelled set, and of real ones that were measured, by name.

    Args:
        table: folder of the labelled set.
        data: folder that holds ``rtl/``.
        work: folder where features and measured designs are kept.
    """
    labelled = open_set(table)
    tasks: dict[str, Any] = {name: name for name in labelled.modules}
    tasks |= {one.name: one for one in real_designs(data) if kept_part(work / "real", one.name, "words").exists()}
    with Journal(work / "features.jsonl", {"version": _VERSION}) as journal:
        run_tasks(partial(_features, labelled, work / "real"), tasks, journal, title="features")
        return {name: journal.results[name] for name in tasks if name in journal.results}


def _features(labelled: QorSet, real: Path, design: str | RealDesign) -> dict[str, float]:
    if isinstance(design, RealDesign):
        rtl, words = design.rtl, read_bytes(kept_part(real, design.name, "words"))
    else:
        module = labelled.module(design)
        rtl, words = Rtl([module.text.encode()], module.top), labelled.words(design)
    elaborated = read_words(words)
    gates = balance(gate_network(elaborated))
    sources = {
        SYNTAX: syntax_features(rtl),
        WORDS: word_features(word_graph(elaborated)),
        GATES: gate_features(gates, map_luts(gates).network),
    }
    return {source + name: float(value) for source, own in sources.items() for name, value in own.items() if value}


def of_source(features: Mapping[str, float], source: str) -> dict[str, float]:
    """Return the features of one source.

    >>> of_source({"syntax/depth": 9.0, "words/levels": 3.0}, "words/")
    {'words/levels': 3.0}
    """
    return {name: value for name, value in features.items() if name.startswith(source)}


def additive(features: Mapping[str, Mapping[str, float]], source: str) -> Sequence[str]:
    """Return the names of the features of a source that add up over a design."""
    return sorted({name for row in features.values() for name in row if name.startswith(_ADDITIVE[source])})
