"""Reports as one HTML file: text, tables and matplotlib figures, nothing fetched from anywhere.

The page follows the reader's light or dark setting, figures included: they are drawn in one ink that becomes the
colour of the text. Everything is escaped, and a content security policy forbids scripts and outside resources.
"""

from __future__ import annotations

import io
import math
import platform
import re
import shlex
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from .files import atomic_write
from .machine import describe_machine

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = str | int | float | None
Level = Literal["note", "warning", "error"]

#: Colour of axes, labels and reference lines; becomes the colour of the page's text.
INK: Final = "#010203"
#: Colours for data: Okabe and Ito's colour-blind safe set without black and yellow, which one of the two backgrounds
#: would swallow. Use line styles or markers as a second sign.
PALETTE: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

#: Width in inches at which a figure fills the page; narrower ones keep their size.
PAGE_WIDTH: Final = 10.4

_NUMERIC = re.compile(r"[-+−]?[\d.,]+( – [-+−]?[\d.,]+)?( ?(%|s|ms|h|MB|GB))?")
_LEAST_SHARE = 0.0005  # of a listing's line; smaller ones would print as 0.0%
_STRONGEST = 0.55  # opacity behind the line of the largest share: its text stays readable
_SHORT = 32  # cells up to this many characters are not broken into lines
_MISSING_CELL = "–"
_STYLE: Final = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": INK,
    "grid.alpha": 0.14,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "font.size": 10,
    "axes.titlesize": 11,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "svg.fonttype": "path",  # shown as laid out, whatever fonts the reader has
    "svg.hashsalt": "edasat",  # the same figure gives the same bytes
}


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from; printed at the foot of every report."""

    command: str
    seed: int | None
    time: str
    machine: str
    versions: dict[str, str]

    @classmethod
    def collect(cls, *, seed: int | None = None, packages: Sequence[str] = ("numpy",)) -> Provenance:
        """Describe this process.

        Args:
            seed: random seed of what is reported.
            packages: installed distributions whose versions matter for the result.
        """
        versions = {"edasat": _version("edasat"), "Python": platform.python_version()}
        versions |= {name: _version(name) for name in packages}
        program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
        return cls(
            command=shlex.join([program, *sys.argv[1:]]),
            seed=seed,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=describe_machine(),
            versions=versions,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Return what to print, in order."""
        pairs = [("Command", self.command), ("Made", self.time), ("Machine", self.machine)]
        if self.seed is not None:
            pairs.append(("Seed", str(self.seed)))
        return [*pairs, ("Versions", ", ".join(f"{name} {version}" for name, version in self.versions.items()))]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


@dataclass
class _Section:
    heading: str
    id: str
    blocks: list[dict[str, Any]] = field(default_factory=list)


class Report:
    """A page put together from top to bottom.

    Args:
        title: heading of the page.
        lead: one sentence below it.
        provenance: default :meth:`Provenance.collect`.

    >>> report = Report("Two engines")
    >>> report.section("Result")
    >>> report.table(["engine", "solved"], [["kissat", 12], ["<b>", 3]])
    >>> "&lt;b&gt;" in report.to_html()
    True
    """

    def __init__(self, title: str, *, lead: str = "", provenance: Provenance | None = None) -> None:
        self.title = title
        self.lead = lead
        self.provenance = provenance or Provenance.collect()
        self._sections = [_Section("", "top")]
        self._num_figures = 0

    def section(self, heading: str) -> None:
        """Begin a section; all that follows belongs to it."""
        self._sections.append(_Section(heading, f"section-{len(self._sections)}"))

    def _add(self, kind: str, **content: Any) -> None:
        self._sections[-1].blocks.append({"kind": kind, **content})

    def paragraph(self, text: str) -> None:
        """Add plain text."""
        self._add("paragraph", text=text)

    def message(self, text: str, level: Level = "note") -> None:
        """Add a box that the reader must not miss."""
        self._add("message", text=text, level=level)

    def facts(self, facts: Mapping[str, Cell]) -> None:
        """Add a row of key figures."""
        self._add("facts", pairs=[(name, _format(value, _decimals([value]))) for name, value in facts.items()])

    def table(self, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, caption: str = "") -> None:
        """Add a table; numeric columns stand right, floats of one column with equal decimals, None as a dash."""
        cells = [list(row) for row in rows]
        for row in cells:
            if len(row) != len(header):
                raise ValueError(f"expected rows of {len(header)} cells, got {len(row)}")
        columns = [[row[i] for row in cells] for i in range(len(header))]
        decimals = [_decimals(column) for column in columns]
        classes = [_column_class(column) for column in columns]
        self._add(
            "table",
            caption=caption,
            header=list(zip(header, classes, strict=True)),
            rows=[
                [(_format(cell, places), name) for cell, places, name in zip(row, decimals, classes, strict=True)]
                for row in cells
            ],
        )

    def listing(self, lines: Iterable[tuple[int, str, float]], *, caption: str = "") -> None:
        """Add lines of a source file, each coloured by its share of something.

        Args:
            lines: number of the line in its file, its text, and its share in [0, 1]; a jump in the numbers shows.
            caption: says what the share is of.
        """
        rows = list(lines)
        most = max((share for _, _, share in rows), default=0.0) or 1.0
        self._add(
            "listing",
            caption=caption,
            rows=[
                {
                    "number": number,
                    "text": text,
                    "share": f"{share:.1%}" if share >= _LEAST_SHARE else "",
                    "heat": f"{math.sqrt(share / most) * _STRONGEST:.3f}",
                    "gap": place > 0 and number != rows[place - 1][0] + 1,
                }
                for place, (number, text, share) in enumerate(rows)
            ],
        )

    def figure(self, figure: Figure, *, caption: str) -> None:
        """Add a figure drawn under :func:`figure_style`.

        Args:
            figure: goes in as SVG; artists with ``rasterized=True`` become pictures inside it.
            caption: says in words what is to be seen; also read aloud in place of the figure.
        """
        from markupsafe import Markup

        self._num_figures += 1
        svg = Markup(_inline_svg(figure, f"figure{self._num_figures}-"))  # noqa: S704 - made by matplotlib from shapes
        self._add("figure", svg=svg, caption=caption)

    def to_html(self) -> str:
        """Return the page."""
        import jinja2

        environment = jinja2.Environment(
            autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        template = environment.from_string(Path(__file__).with_name("report.html").read_text(encoding="utf-8"))
        return template.render(
            title=self.title,
            lead=self.lead,
            sections=[section for section in self._sections if section.heading or section.blocks],
            provenance=self.provenance.pairs(),
        )

    def write(self, path: str | Path) -> None:
        """Write the page; an older file stays until the new one is complete."""
        page = self.to_html()
        with atomic_write(path) as file:
            file.write(page.encode("utf-8", "replace"))


@contextmanager
def figure_style() -> Iterator[None]:
    """Set matplotlib's style for figures of a report; make ``matplotlib.figure.Figure`` objects inside.

    ``Figure`` needs no pyplot, hence no display and no global state.
    """
    import matplotlib as mpl
    from cycler import cycler

    with mpl.rc_context({**_STYLE, "axes.prop_cycle": cycler(color=PALETTE)}):
        yield


def plain(text: str, limit: int = 40) -> str:
    """Return a name for a figure: shortened, and with ``$`` kept from starting a formula."""
    shown = text if len(text) <= limit else f"{text[: limit // 2]}…{text[-(limit - limit // 2 - 1) :]}"
    return shown.replace("$", r"\$")


def _inline_svg(figure: Figure, prefix: str) -> str:
    """Return a figure as an SVG element whose names are unique in the page and whose ink is the page's."""
    buffer = io.StringIO()
    with figure_style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a box in place of a letter is enough
        figure.savefig(buffer, format="svg", bbox_inches="tight", pad_inches=0.05, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r'(\sid="|xlink:href="#|url\(#)', rf"\g<1>{prefix}", text)
    # as wide as the column, but never larger than drawn: letters have one size in all figures
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) width="([^"]*)"', r'\1 style="max-width: \2"', text, count=1)
    return text.replace(INK, "currentColor")


def _column_class(column: Sequence[Cell]) -> str:
    """Return how the page sets a column."""
    if column and all(map(_is_numeric, column)):
        return "number"
    return "short" if all(not isinstance(cell, str) or len(cell) <= _SHORT for cell in column) else ""


def _is_numeric(cell: Cell) -> bool:
    return not isinstance(cell, str) or cell == _MISSING_CELL or _NUMERIC.fullmatch(cell) is not None


def _decimals(column: Sequence[Cell]) -> int:
    """Return how many decimals show three significant digits of the column's largest number."""
    finite = [abs(cell) for cell in column if isinstance(cell, float) and math.isfinite(cell)]
    largest = max(finite, default=0.0)
    return 0 if largest >= 100 else 1 if largest >= 10 else 2 if largest >= 1 else 3


def _format(cell: Cell, decimals: int) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return _MISSING_CELL
    if isinstance(cell, float):
        return f"{cell:,.{decimals}f}"
    return f"{cell:,}" if isinstance(cell, int) else cell
