"""Graphs of a design in Verilog, from its text down to look-up tables."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, Literal

from edasat.core.files import Source
from edasat.core.graph import Graph
from edasat.core.processes import Limits

from ..flow.sources import Rtl
from ..formats.blif import read_blif
from ..graphs import aig_graph
from ..rtl.elaborate import elaborate_rtl
from ..synthesis.qor import DEFAULT_LIMITS, measure, word_level
from .gate_graph import gate_graph
from .gate_network import gate_network
from .luts import lut_graph
from .syntax import syntax_graph
from .word_graph import word_graph
from .words import Words, read_words

DesignGraph = Literal["ast", "cdfg", "gate", "aig", "lut"]

#: Names that Yosys reads the sources and folders of included files under.
_SOURCE: Final = re.compile(r"(?:\d+/)?rtl(\d+)\.v")
_INCLUDED: Final = re.compile(r"(?:\d+/)?include\d+/")


def design_graph(rtl: Rtl, kind: DesignGraph, *, limits: Limits = DEFAULT_LIMITS) -> Graph:
    """Return a graph of a design.

    Args:
        rtl: the design.
        kind: "ast" for the syntax tree (:func:`.syntax.syntax_graph`), "cdfg" for words with the hierarchy kept
            (:func:`.word_graph.word_graph`), "gate" for the flat gates that these are made of, before synthesis
            optimises anything (:func:`.gate_graph.gate_graph`), "aig" for a flat and-inverter graph
            (:func:`edasat.eda.graphs.aig_graph`), "lut" for a flat network of 6-input look-up tables after
            technology-independent optimisation (:func:`.luts.lut_graph`).
        limits: of each process.

    Raises:
        InputError: for a file that cannot be read or, as "ast", that is no Verilog.
        ToolError: if Yosys or ABC refuses the design; ToolTimeout at a limit. The text alone is read for "ast".
    """
    if kind == "ast":
        return syntax_graph(rtl)
    if kind in ("cdfg", "gate"):
        words = named_files(read_words(word_level(rtl, limits=limits)), rtl)
        return word_graph(words) if kind == "cdfg" else gate_graph(gate_network(words), words)
    if kind == "aig":
        return aig_graph(elaborate_rtl(rtl, limits))
    return lut_graph(read_blif(measure(rtl, (), (), limits=limits).luts))


def named_files(words: Words, rtl: Rtl) -> Words:
    """Return words whose files have the names of a design's sources instead of those that Yosys read them under."""
    return replace(words, files=tuple(_user_name(file, rtl) for file in words.files))


def _user_name(file: str, rtl: Rtl) -> str:
    if (found := _SOURCE.fullmatch(file)) and int(found[1]) < len(rtl.sources):
        return Source(rtl.sources[int(found[1])]).name
    return _INCLUDED.sub("", file)
