"""From Verilog files and a library to predicted, or measured, area and delay: what `edasat qor predict` does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edasat.core.errors import InputError, Message, ToolError, ToolTimeout
from edasat.core.files import Source, read_bytes
from edasat.core.processes import Limits
from edasat.eda.flow import Rtl
from edasat.eda.verilog.check import check_kind, check_text

from .qor_libraries import QorLibrary, qor_library

if TYPE_CHECKING:
    from edasat.api import QorNetwork, QorResult, QorScript
    from edasat.eda.synthesis.qor import Qor
    from edasat.models.veridistill.predictor import Predictor

#: Of each run of Yosys or ABC. What elaborates to more is a mistake, such as a parameter of a billion.
DEFAULT_LIMITS: Final = Limits(cpu_s=600, wall_s=2400, memory_bytes=4 << 30)

_REFUSED = Message("qor-refused", "Yosys: {text}", "{hint}")
_LIMIT = Message(
    "qor-limit",
    "Yosys reached its {what} limit",
    "is a parameter or a memory very large? --timeout and --memory raise it",
)
#: "top.v:12: text": the place that Yosys tells, if it does.
_PLACE: Final = re.compile(r"(?P<path>.+?):(?P<line>\d+): (?P<text>.*)", re.DOTALL)
#: What Yosys' own sentences leave open.
_HINTS: Final = (
    (re.compile(r"is not part of the design"), "give the file that holds this module"),
    (re.compile(r"TOK_ID|unexpected"), "if this is SystemVerilog, its file must end in .sv"),
)
Sources = str | Path | bytes


def as_rtl(design: Rtl | Sources | Sequence[Sources]) -> Rtl:
    """Return a design whose sources can be read more than once: standard input becomes its content."""
    if not isinstance(design, Rtl):
        design = Rtl([design] if isinstance(design, str | Path | bytes) else list(design))
    if sum(str(source) == "-" for source in design.sources) > 1:
        raise InputError("standard input can be given once only")
    sources = [read_bytes(source) if str(source) == "-" else source for source in design.sources]
    return replace(design, sources=sources)


def predict(
    design: Rtl | Sources | Sequence[Sources],
    library: str | Path | QorLibrary,
    script: QorScript,
    network: QorNetwork,
    weights: str | Path | None,
    limits: Limits | None,
) -> QorResult:
    """Predict; see :func:`edasat.api.predict_qor`."""
    from edasat.api import QorResult

    rtl = as_rtl(design)
    check_kind(rtl.sources)
    chosen_library = qor_library(library)
    predictor = _predictor(weights)
    chosen = predictor.choose(network)
    title, notes = rtl.top or _title(rtl), []
    if chosen in ("text", "embeddings"):  # nobody else looks for mistakes
        outline = check_text(rtl)
        rtl, title = replace(rtl, top=outline.top), outline.top
        notes = list(outline.notes.lines())
    try:
        predicted = predictor.predict(
            rtl, chosen_library.units, script, network=chosen, limits=limits or DEFAULT_LIMITS
        )
    except ToolError as error:
        raise refusal(error) from None
    predicted = replace(predicted, reasons=[*predicted.reasons, *notes])
    coverage = predictor.ensembles[chosen].settings.coverage
    return QorResult(title, chosen_library, script, predicted, coverage)


def measure(
    design: Rtl | Sources | Sequence[Sources],
    library: str | Path | QorLibrary,
    script: QorScript,
    limits: Limits | None,
) -> Qor:
    """Synthesise; see :func:`edasat.api.measure_qor`."""
    from edasat.eda.synthesis.qor import measure as measure_on

    rtl = as_rtl(design)
    check_kind(rtl.sources)
    mapping = qor_library(library).mapping()
    try:
        done = measure_on(rtl, [mapping], [script], luts=False, limits=limits or DEFAULT_LIMITS)
    except ToolError as error:
        raise refusal(error) from None
    return replace(done.qor[mapping.name, script], cpu_s=sum(done.cpu_s.values()))


@lru_cache(maxsize=2)
def _predictor(weights: str | Path | None) -> Predictor:
    """Return loaded networks; those of the last calls are kept."""
    from edasat.models.veridistill.predictor import Predictor

    return Predictor.load(weights)


def _title(rtl: Rtl) -> str:
    return Path(Source(rtl.sources[0]).name).name


def refusal(error: ToolError) -> InputError | ToolError:
    """Return what Yosys refuses as an error of the user's file; a crash stays one of the tool."""
    if isinstance(error, ToolTimeout) or "memory limit" in error.message:
        return InputError.of(_LIMIT, what="memory" if "memory" in error.message else "time")
    if "ended with status" in error.message:
        return error
    found = _PLACE.fullmatch(error.message)
    path, line, text = (found["path"], int(found["line"]), found["text"]) if found else ("", 0, error.message)
    text = text.removeprefix("Yosys: ")
    hint = next((hint for pattern, hint in _HINTS if pattern.search(text)), "")
    made = InputError.of(_REFUSED, path, text=text, hint=hint)
    made.line, made.source_line = line, _source_line(path, line)
    return made


def _source_line(path: str, line: int) -> str:
    """Return a line of a file that is still there, "" otherwise."""
    try:
        lines = read_bytes(path).decode("utf-8", "replace").split("\n") if path and Path(path).is_file() else []
    except InputError:
        return ""
    return lines[line - 1] if 0 < line <= len(lines) else ""
