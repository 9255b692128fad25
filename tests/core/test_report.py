"""Reports: one file, nothing executed or fetched, nothing unescaped."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from edasat.core.report import INK, Provenance, Report, figure_style, plain

EVIL = "<script>alert('1')</script> & \"quotes\""
FROM = Provenance("edasat x", 7, "2026-01-01T00:00:00+00:00", "a machine", {"edasat": "0"})


class Page(HTMLParser):
    """Collects elements, ids and attributes, and checks that elements nest."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def drawing(label: str = "time") -> Figure:
    with figure_style():
        figure = Figure(figsize=(4, 3))
        axes = figure.add_subplot()
        axes.plot([1, 2], [3, 4], label=label)
        axes.scatter([1], [3], clip_on=True, rasterized=True)
        axes.set_xlabel(label)
        axes.legend()
    return figure


def full_report() -> Report:
    report = Report(EVIL, lead=EVIL, provenance=FROM)
    report.facts({EVIL: EVIL, "count": 12345, "share": 0.5})
    for heading in (EVIL, "two", "three"):
        report.section(heading)
        report.paragraph(EVIL)
        report.message(EVIL, "error")
        report.table([EVIL, "n"], [[EVIL, 1], [None, 2.5]], caption=EVIL)
        report.figure(drawing(plain(EVIL)), caption=EVIL)
    return report


def test_page_is_whole_and_self_contained() -> None:
    text = full_report().to_html()
    page = Page(text)
    assert "script" not in page.tags
    assert not {"link", "iframe", "object", "img"} & set(page.tags)
    assert len(page.ids) == len(set(page.ids))  # matplotlib numbers every figure from the start
    assert not any(name.startswith("on") for name, _ in page.attributes)
    for name, value in page.attributes:
        if name in ("href", "src", "xlink:href", "action"):
            assert value.startswith(("#", "data:image/png;base64,")), value
    for reference in re.findall(r'(?:url\(#|href="#)([^")]+)', text):
        assert reference in page.ids
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []
    assert page.text.count("<script>alert('1')</script>") >= 12


def test_figures_follow_the_page_colours() -> None:
    text = full_report().to_html()
    assert "currentColor" in text
    assert INK not in text
    assert "prefers-color-scheme: dark" in text
    assert text.count("max-width:") >= 3


def test_same_figure_gives_same_bytes() -> None:
    pages = []
    for _ in range(2):
        report = Report("t", provenance=FROM)
        report.figure(drawing(), caption="c")
        pages.append(report.to_html())
    assert pages[0] == pages[1]


def test_letters_without_a_glyph_do_not_fail() -> None:
    report = Report("t", provenance=FROM)
    report.figure(drawing("求解器"), caption="求解器")
    assert "求解器" in report.to_html()


def test_dollar_signs_are_no_formula() -> None:
    report = Report("t", provenance=FROM)
    report.figure(drawing(plain(r"a$\frac$b$")), caption="c")
    assert report.to_html()
    assert plain("x" * 50, 9) == "xxxx…xxxx"


def test_table_cells() -> None:
    report = Report("t", provenance=FROM)
    report.table(["name", "big", "small", "mixed"], [["a", 1234567, 0.12345, "58.6 %"], ["b", None, math.nan, None]])
    text = report.to_html()
    assert '<td class="number">1,234,567</td>' in text
    assert '<td class="number">0.123</td>' in text
    assert '<td class="number">58.6 %</td>' in text
    assert text.count('<td class="number">–</td>') == 3
    assert '<td class="short">a</td>' in text


def test_decimals_agree_within_a_column() -> None:
    report = Report("t", provenance=FROM)
    report.table(["s"], [[4588.2], [0.25]])
    assert '<td class="number">4,588</td>' in report.to_html()
    assert '<td class="number">0</td>' in report.to_html()


def test_ragged_table_is_refused() -> None:
    with pytest.raises(ValueError, match="expected rows of 2 cells, got 1"):
        Report("t", provenance=FROM).table(["a", "b"], [["x"]])


def test_provenance_stands_on_the_page(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    Report("t", provenance=FROM).write(path)
    text = Page(path.read_text(encoding="utf-8")).text
    for words in ("edasat x", "2026-01-01", "a machine", "Seed", "7", "edasat 0"):
        assert words in text
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


def test_provenance_of_this_process() -> None:
    here = Provenance.collect(seed=1, packages=("numpy", "no-such-package"))
    assert here.seed == 1
    assert here.versions["no-such-package"] == "(not installed)"
    assert here.machine


def test_a_listing_shows_lines_by_their_share() -> None:
    report = Report("Lines", provenance=FROM)
    report.listing([(1, EVIL, 0.0), (2, "  assign y = a * b;", 0.64), (9, "endmodule", 0.16)], caption="share of it")
    text = report.to_html()
    page = Page(text)
    assert EVIL in page.text and "<script" not in text
    assert "64.0%" in page.text and "16.0%" in page.text and "0.0%" not in page.text
    heats = [float(value.split(":")[1]) for name, value in page.attributes if name == "style" and "--heat" in value]
    assert heats[0] == 0 and heats[1] == 2 * heats[2] > 0.5  # the colour goes with the root of the share
    assert text.count('class="gap"') == 1
