from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.eda.formats.sdf import ANY, ELSE, MESSAGES, NONE, TOP, CheckType, Edge, Sdf, WireKind, read_sdf

NAN = float("nan")

TOUR = rb"""// made by hand
(delayfile
  (SDFVERSION "3.0") (DESIGN "tour") (DATE "today (maybe)") /* two
  lines */ (DIVIDER .) (VOLTAGE 1.1::0.9) (PROCESS "typical") (TIMESCALE 100 ps)
  (CELL (CELLTYPE "NAND2") (INSTANCE top.u\.1\[3\])
    (DELAY
      (PATHPULSE A Z (1) (2))
      (ABSOLUTE
        (IOPATH A Z (1:2:3) (4::6))
        (IOPATH B[2] Z () (.5))
        (COND "name" A == 1'b0 && (B || C) (IOPATH (posedge B) Z (1.5e1) (-2)))
        (CONDELSE (IOPATH (01 B) Z (RETAIN (1) (2)) (7)))
        (IOPATH A Y ((1:1:1) (2) (3)) (5))
        (DEVICE (1)) (DEVICE Z (2)))
      (INCREMENT (IOPATH A Z (::3) (1: :)) (PORT A (1)))
    )
    (TIMINGENV (PATHCONSTRAINT a b (1) (1)))
    (TIMINGCHECK
      (SETUP (COND E==1 (posedge D)) (negedge CK) (1))
      (SETUPHOLD D (COND "x" R CK) (1:2:3) (4) (SCOND S == 1) (CCOND T))
      (WIDTH (posedge CK) (9)) (NOCHANGE W A (1) (2)) (HOLD D CK (-0.1)))
  )
  (CELL (INSTANCE)
    (DELAY (ABSOLUTE
      (INTERCONNECT in[0] top.u\.1\[3\].A (1))
      (INTERCONNECT top.u.Z out (1) (2))
      (NETDELAY top.n1 (3)) (MYSTERY (a "))" \) b)))))
  (CELL (CELLTYPE "blk") (INSTANCE b) (DELAY (ABSOLUTE (INTERCONNECT p u1.A (1)) (INTERCONNECT u1.Z u2.c.A (1)))))
  (CELL (CELLTYPE "NAND2") (INSTANCE *) (DELAY (ABSOLUTE (IOPATH A Z (1)(2)(3)) (IOPATH B Z (1)(2)(3)(4)(5)(6)))))
)
"""


@pytest.fixture(scope="module")
def tour() -> Sdf:
    return read_sdf(TOUR)


def same(values: object, wanted: object) -> None:
    np.testing.assert_allclose(values, wanted, rtol=1e-15, equal_nan=True)


def test_header_and_names(tour: Sdf) -> None:
    assert (tour.version, tour.design, tour.divider, tour.timescale_ns) == ("3.0", "tour", ".", 0.1)
    assert tour.header == {"DATE": "today (maybe)", "VOLTAGE": "1.1::0.9", "PROCESS": "typical"}
    assert tour.types.to_list() == ["NAND2", "blk"]
    assert set(tour.instances) == {"top/u.1[3]", "top/u", "top", "b", "u1", "u2/c", "b/u1", "b/u2/c"}
    assert [tour.instances[i] if i >= 0 else i for i in tour.cells.instance] == ["top/u.1[3]", TOP, "b", ANY]
    assert tour.cells.type.tolist() == [0, NONE, 1, 0]


def test_paths(tour: Sdf) -> None:
    paths = tour.paths
    assert [tour.pins[i] for i in paths.from_pin] == ["A", "B[2]", "B", "B", "A", "A", "A", "B"]
    assert [tour.pins[i] for i in paths.to_pin] == ["Z", "Z", "Z", "Z", "Y", "Z", "Z", "Z"]
    assert paths.from_edge.tolist() == [0, 0, Edge.POSEDGE, Edge.RISE, 0, 0, 0, 0]
    assert tour.conditions[int(paths.condition[2])] == "A==1'b0&&(B||C)"
    assert paths.condition[3:].tolist() == [ELSE, *[NONE] * 4]
    assert paths.increment.tolist() == [False] * 5 + [True] + [False] * 2
    assert paths.cell.tolist() == [0] * 6 + [3] * 2
    assert paths.instance[-1] == ANY
    same(paths.delays[0], [[0.1, 0.2, 0.3], [0.4, NAN, 0.6]])
    same(paths.delays[1], [[NAN] * 3, [0.05] * 3])
    same(paths.delays[2], [[1.5] * 3, [-0.2] * 3])
    same(paths.delays[3], [[0.7] * 3] * 2)
    same(paths.delays[4], [[0.1] * 3, [0.5] * 3])
    same(paths.delays[5], [[NAN, NAN, 0.3], [0.1, NAN, NAN]])


def test_further_transitions_follow_the_standard(tour: Sdf) -> None:
    assert (tour.further.path.tolist(), tour.further.wire.tolist()) == ([6, 7], [NONE, NONE])
    same(tour.further.delays[0, :, 0], [0.3, 0.1, 0.3, 0.2, *[NAN] * 6])
    same(tour.further.delays[1, :, 0], [0.3, 0.4, 0.5, 0.6, *[NAN] * 6])


def test_wires(tour: Sdf) -> None:
    wires = tour.wires
    kind = WireKind
    assert wires.kind.tolist() == [
        *(kind.DEVICE, kind.DEVICE, kind.PORT, kind.INTERCONNECT, kind.INTERCONNECT, kind.NETDELAY),
        *(kind.INTERCONNECT, kind.INTERCONNECT),
    ]

    def pin(instance: int, pin: int) -> tuple[str | int, str | int]:
        return tour.instances[instance] if instance >= 0 else instance, tour.pins[pin] if pin >= 0 else pin

    ends = [
        (pin(*row[:2]), pin(*row[2:]))
        for row in zip(wires.from_instance, wires.from_pin, wires.to_instance, wires.to_pin, strict=True)
    ]
    nowhere = (TOP, NONE)
    assert ends == [
        (nowhere, ("top/u.1[3]", NONE)),
        (nowhere, ("top/u.1[3]", "Z")),
        (nowhere, ("top/u.1[3]", "A")),
        ((TOP, "in[0]"), ("top/u.1[3]", "A")),
        (("top/u", "Z"), (TOP, "out")),
        (nowhere, ("top", "n1")),
        (("b", "p"), ("b/u1", "A")),
        (("b/u1", "Z"), ("b/u2/c", "A")),
    ]
    same(wires.delays[4], [[0.1] * 3, [0.2] * 3])
    assert wires.increment.tolist() == [False, False, True, *[False] * 5]


def test_checks(tour: Sdf) -> None:
    checks = tour.checks
    kind = CheckType
    assert checks.type.tolist() == [kind.SETUP, kind.SETUPHOLD, kind.WIDTH, kind.NOCHANGE, kind.HOLD]
    assert [tour.pins[i] for i in checks.data_pin] == ["D", "D", "CK", "W", "D"]
    assert [tour.pins[i] if i >= 0 else i for i in checks.reference_pin] == ["CK", "CK", NONE, "A", "CK"]
    assert checks.data_edge.tolist() == [Edge.POSEDGE, 0, Edge.POSEDGE, 0, 0]
    assert checks.reference_edge.tolist() == [Edge.NEGEDGE, 0, 0, 0, 0]

    def text(conditions: np.ndarray) -> list[str]:
        return [tour.conditions[i] if i >= 0 else "" for i in conditions]

    assert text(checks.data_condition) == ["E==1", "S==1", "", "", ""]
    assert text(checks.reference_condition) == ["", "T", "", "", ""]  # CCOND comes after COND and replaces it
    same(checks.values[0], [[0.1] * 3, [NAN] * 3])
    same(checks.values[1], [[0.1, 0.2, 0.3], [0.4] * 3])
    same(checks.values[4, 0], [-0.01] * 3)
    assert {checks.instance[0]} == {tour.cells.instance[0]}


def test_nothing_is_dropped_silently(tour: Sdf) -> None:
    assert tour.notes.counts == {
        "sdf-skipped-pathpulse": 1,
        "sdf-skipped-timingenv": 1,
        "sdf-skipped-mystery": 1,
        "sdf-retain": 1,
        "sdf-pulse-limits": 1,
        "sdf-condition-name": 2,
    }
    assert "warning: PATHPULSE constructs skipped at <bytes>:7 [sdf-skipped-pathpulse]" in list(tour.notes.lines())


def cell(body: str, before: str = "") -> bytes:
    return f"(DELAYFILE {before}\n(CELL (INSTANCE u)\n{body}))".encode()


def path(body: str) -> bytes:
    return cell(f"(DELAY (ABSOLUTE\n{body}))")


def check(body: str) -> bytes:
    return cell(f"(TIMINGCHECK\n{body})")


@pytest.mark.parametrize("divider", ["", "(DIVIDER .)", "(DIVIDER /)"])
def test_dividers(divider: str) -> None:
    sdf = read_sdf(f"(DELAYFILE {divider} (CELL (INSTANCE a.b/c\\.d) (DELAY (ABSOLUTE (IOPATH A Z (1))))))".encode())
    assert sdf.divider == divider[9:10]
    assert sdf.instances.to_list() == ["a.b/c.d" if divider == "(DIVIDER /)" else "a/b/c.d"]


@pytest.mark.parametrize(("scale", "ns"), [("1ns", 1), ("10 us", 1e4), ("100PS", 0.1), ("1.0 fs", 1e-6), (".5ms", 5e5)])
def test_time_scales(scale: str, ns: float) -> None:
    sdf = read_sdf(cell("", f"(TIMESCALE {scale})"))
    assert sdf.timescale_ns == pytest.approx(ns, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    ["1", "+1.5", "-.5", "0.", "1e3", "1.25E-05", "12345678.5", "123456789012345678", "0.1234567890123456", "3e-30"],
)
def test_numbers_are_those_of_python(text: str) -> None:
    assert read_sdf(path(f"(IOPATH A Z ({text}))")).paths.delays[0, 0, 0] == float(text)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 12))
def test_any_number_to_fifteen_digits(value: float, digits: int) -> None:
    text = f"{value:.{digits}e}"
    read = read_sdf(path(f"(IOPATH A Z ({text}))")).paths.delays[0, 0, 0]
    assert read == pytest.approx(float(text), rel=5e-16, abs=5e-324)


def test_many_rows_and_names() -> None:
    count = 3000
    cells = "".join(
        f'(CELL (CELLTYPE "T{i}") (INSTANCE u\\[{i}\\]) (DELAY (ABSOLUTE (COND s=={i} (IOPATH a{i} z (1)(2)({i}))))'
        f"(PATHPULSE a z (1))) (TIMINGCHECK (WIDTH ck{i} (1))))\n"
        for i in range(count)
    )
    sdf = read_sdf(f"(DELAYFILE {cells})".encode())
    assert sdf.instances.to_list() == [f"u[{i}]" for i in range(count)]
    assert [sdf.conditions[i] for i in sdf.paths.condition] == [f"s=={i}" for i in range(count)]
    assert len(sdf.types) == count
    assert [sdf.pins[i] for i in sdf.checks.data_pin] == [f"ck{i}" for i in range(count)]
    assert sdf.further.delays[:, 0, 0].tolist() == list(range(count))
    assert sdf.notes.counts == {"sdf-skipped-pathpulse": count}


REFUSED = {
    "empty": (b"", "sdf-empty", 0, 0),
    "only a comment": (b"// nothing\n", "sdf-empty", 0, 0),
    "text": (b"hello\n", "sdf-start", 1, 1),
    "Liberty": (b"library (x) {\n}\n", "sdf-wrong-file", 1, 1),
    "Verilog": (b"// c\nmodule top();\n", "sdf-wrong-file", 2, 1),
    "SPEF": (b'*SPEF "IEEE 1481-1998"\n', "sdf-wrong-file", 1, 1),
    "DEF": (b"VERSION 5.8 ;\n", "sdf-wrong-file", 1, 1),
    "SDC": (b"create_clock -period 1\n", "sdf-wrong-file", 1, 1),
    "cut off in the header": (b"(DELAYFILE\n (DESIGN ", "sdf-end", 2, 10),
    "cut off": (path("(IOPATH A Z (1))")[:-2], "sdf-end", 4, 19),
    "open comment": (b"(DELAYFILE /* x\n", "sdf-comment", 1, 12),
    "open comment inside": (path("(IOPATH A Z /* (1))"), "sdf-comment", 4, 13),
    "open string": (cell("").replace(b"(INSTANCE u)", b'(CELLTYPE "x)'), "sdf-string", 2, 17),
    "one parenthesis too many": (path("(IOPATH A Z (1))") + b")", "sdf-trailing", 4, 21),
    "text between": (cell("oops"), "sdf-parenthesis", 3, 1),
    "no keyword": (cell("(\n)"), "sdf-keyword", 4, 1),
    "divider": (cell("", "(DIVIDER :)"), "sdf-divider", 1, 21),
    "time scale": (cell("", "(TIMESCALE 1 lightyear)"), "sdf-timescale", 1, 23),
    "unquoted type": (cell("(CELLTYPE BUF)"), "sdf-text", 3, 11),
    "two names of an instance": (b"(DELAYFILE (CELL (INSTANCE a b)))", "sdf-instance", 1, 30),
    "second instance": (cell("(INSTANCE v)"), "sdf-instance-twice", 3, 1),
    "no instance": (b"(DELAYFILE (CELL (DELAY)))", "sdf-instance-missing", 1, 18),
    "no port": (path("(IOPATH A)"), "sdf-port", 4, 10),
    "edge without a port": (path("(IOPATH (posedge) A (1))"), "sdf-port", 4, 17),
    "unknown edge": (path("(IOPATH (upedge A) Z (1))"), "sdf-edge", 4, 10),
    "value for a port": (check("(SETUP (0.1) CK (1))"), "sdf-edge", 4, 9),
    "pin without a name": (path("(IOPATH u/ Z (1))"), "sdf-port", 4, 9),
    "condition without a path": (path("(COND a==1)"), "sdf-condition", 4, 1),
    "path without a condition": (path("(COND (IOPATH A Z (1)))"), "sdf-condition", 4, 1),
    "check without a condition": (check("(SETUP (COND D) CK (1))"), "sdf-condition", 4, 8),
    "no value": (path("(IOPATH A Z)"), "sdf-value", 4, 12),
    "third port": (path("(IOPATH A Z Y (1))"), "sdf-value", 4, 13),
    "word for a value": (path("(IOPATH A Z (1) (x))"), "sdf-value", 4, 17),
    "word in a value": (path("(IOPATH A Z (1:x:2))"), "sdf-value", 4, 16),
    "two of three": (path("(IOPATH A Z (1:2))"), "sdf-triple", 4, 17),
    "four of three": (path("(IOPATH A Z (1:2:3:4))"), "sdf-triple", 4, 19),
    "two numbers": (path("(IOPATH A Z (1 2))"), "sdf-triple", 4, 16),
    "thirteen values": (path("(IOPATH A Z" + " (1)" * 13 + ")"), "sdf-value-count", 4, 61),
    "one of two limits": (check("(SETUPHOLD D CK (1))"), "sdf-value-count", 4, 20),
    "two of one limit": (check("(SETUP D CK (1) (2))"), "sdf-value-count", 4, 17),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_own_message_and_place(tmp_path: Path, name: str) -> None:
    text, code, line, column = REFUSED[name]
    file = tmp_path / "bad.sdf"
    file.write_bytes(text)
    with pytest.raises(InputError) as caught:
        read_sdf(file)
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, line, column), str(caught.value)
    assert "{" not in caught.value.message + caught.value.hint


def test_every_message_of_the_table_is_covered() -> None:
    assert {case[1] for case in REFUSED.values()} == set(MESSAGES)


def test_messages_name_what_is_wrong() -> None:
    with pytest.raises(InputError, match=r"the file ends inside IOPATH, which begins on line 4") as caught:
        read_sdf(path("(IOPATH A Z (1)")[:-4])
    assert caught.value.hint == "a ')' is missing, or the file is cut off"
    with pytest.raises(InputError, match=r"this is a Liberty library, not SDF"):
        read_sdf(gzip.compress(b"library(typ) {}"))
    with pytest.raises(InputError, match=r"expected a value such as .*, got 'fast'"):
        read_sdf(path("(IOPATH a\\[0\\] Z fast)"))


@settings(max_examples=300)
@given(st.data())
def test_damaged_files_give_a_record_or_an_error(data: st.DataObject) -> None:
    text = bytearray(TOUR)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        piece = data.draw(
            st.sampled_from(
                [b"(", b")", b'"', b"\\", b"/*", b"//", b":", b" ", b"\0", b"\xff", b"(COND ", b"1e999", b"."]
            )
            | st.binary(max_size=4)
        )
        text[at : at + data.draw(st.integers(0, 12))] = piece
    cut = data.draw(st.integers(0, len(text)) | st.just(len(text)))
    try:
        read = read_sdf(bytes(text[:cut]))
    except InputError as error:
        assert error.code in MESSAGES or error.code.startswith("file-")
    else:
        for table in (read.paths, read.wires, read.checks):
            assert len(table) == 0 or table.cell.max() < len(read.cells)


def test_opensta_examples_all_read(shared_data: Path) -> None:
    found = 0
    for file in sorted((shared_data / "timing").glob("opensta_*/*.sdf*")):
        text = file.read_text()
        sdf = read_sdf(file)
        assert len(sdf.paths) == len(re.findall(r"\(IOPATH", text))
        assert len(sdf.cells) == len(re.findall(r"\(CELL\b", text))
        assert not sdf.notes
        found += 1
    assert found >= 14


def test_annotated_arcs_are_those_that_opensta_lists(shared_data: Path) -> None:
    folder = shared_data / "timing" / "opensta_sdf"
    report = (folder / "sdf_annotation.ok").read_text()
    listed = re.search(r"Annotated Arcs\n((?: delay .*\n)+)", report)
    assert listed
    arcs = {tuple(line.split()[1::2]) for line in listed[1].splitlines()}
    sdf = read_sdf(folder / "sdf_test1.sdf")
    paths = sdf.paths
    ours = {
        (f"{sdf.instances[i]}/{sdf.pins[a]}", f"{sdf.instances[i]}/{sdf.pins[b]}")
        for i, a, b in zip(paths.instance, paths.from_pin, paths.to_pin, strict=True)
    }
    assert ours == arcs


def test_path_of_opensta_is_the_sum_of_our_delays(shared_data: Path) -> None:
    """The worst path of the report, stage by stage: maximum delays of wires and cells, as OpenSTA annotated them."""
    folder = shared_data / "timing" / "opensta_sdf"
    report = (folder / "sdf_cond_pathpulse.ok").read_text()
    stages = re.findall(
        r"^ +([0-9.]+) +[0-9.]+ ([v^]) (\w+)/(\w+) \((?!DFF)", report.split("data arrival time")[0], re.M
    )
    sdf = read_sdf(folder / "sdf_cond_pathpulse.sdf")
    assert [stage[2] for stage in stages] == ["buf1", "and1", "or1", "nand1"]
    previous = None
    for delay, edge, instance, pin in stages:
        to = sdf.instances.index(instance)
        arcs = np.flatnonzero((sdf.paths.instance == to) & (sdf.paths.to_pin == sdf.pins.index(pin)))
        total = 0.0
        if previous is not None:
            wire = (sdf.wires.from_instance == previous) & (sdf.wires.to_instance == to)
            total = float(sdf.wires.delays[wire, 0, 2].item())
            driven = sdf.wires.to_pin[wire].item()
            arcs = arcs[sdf.paths.from_pin[arcs] == driven]
        total += float(sdf.paths.delays[arcs, "^v".index(edge), 2].item())
        assert total == pytest.approx(float(delay), abs=1e-9)
        previous = to
