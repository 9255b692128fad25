"""Generated RTL: one text per seed, legal for three readers, different enough, and right where a model exists."""

from __future__ import annotations

import dataclasses
import math
import random
import re

import pyslang
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.eda.flow.yosys import run_passes
from edasat.eda.rtl import RtlModule, families, generate, hand_written, module_list, plain_text, structure_hash

#: Diagnostics of slang that are matters of taste in Verilog, which converts widths and signs silently.
TASTE = re.compile(r"-W(arith-op-mismatch|bitwise-op-mismatch|sign-conversion|sign-compare|width-expand|width-trunc|"
                   r"logical-op-parentheses|bitwise-op-parentheses|case-default)\b")  # fmt: skip


@pytest.fixture
def rng():
    return random.Random(1)


def plain(family: str, seed: int, size: int) -> RtlModule:
    """Return a module in plain style, whose port names are known."""
    text = plain_text(family, seed, size)
    return dataclasses.replace(
        generate(family, seed, size), text=text, top=re.findall(r"^module (\w+)", text, re.M)[-1]
    )


def slang_complaints(text: str) -> list[str]:
    compilation = pyslang.ast.Compilation()
    compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromText(text))
    diagnostics = compilation.getAllDiagnostics()
    report = pyslang.DiagnosticEngine.reportAll(compilation.sourceManager, diagnostics)
    return [line for line in report.splitlines() if re.search(r"error:|warning:", line) and not TASTE.search(line)]


@pytest.mark.parametrize("family", families())
def test_a_seed_gives_one_text(family):
    module = generate(family, 3, 300)
    assert generate(family, 3, 300) == module
    assert generate(family, 4, 300).text != module.text
    assert generate(family, 3, 300, style=9).text != module.text
    assert (module.family, module.seed, module.size, module.licence) == (family, 3, 300, "Apache-2.0")
    assert re.search(rf"^module {re.escape(module.top)}\b", module.text, re.M)
    assert module.clock is None or re.search(rf"\b{re.escape(module.clock)}\b", module.text)


@pytest.mark.parametrize("family", families())
def test_slang_finds_nothing_wrong(family):
    for seed in range(4):
        assert slang_complaints(generate(family, seed, 400).text) == []


def test_slang_finds_nothing_wrong_with_the_designs():
    assert [complaint for module in hand_written() for complaint in slang_complaints(module.text)] == []


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_pyverilog_reads_every_family(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it writes its tables into the working folder
    from pyverilog.vparser.parser import VerilogParser

    parser = VerilogParser(outputdir=str(tmp_path), debug=False)
    for family in families():
        module = generate(family, 5, 100)
        names = [definition.name for definition in parser.parse(module.text).description.definitions]
        assert names[-1] == module.top


def test_yosys_accepts_every_family_without_latches_loops_or_open_nets(tmp_path):
    passes = []
    for index, family in enumerate(families()):
        for seed in (1, 2):
            module = generate(family, seed, 300)
            (tmp_path / f"{index}-{seed}.v").write_text(module.text)
            passes += [f"read_verilog {index}-{seed}.v", f"hierarchy -check -top {module.top}", "proc", "check -assert"]
            passes += ["select -assert-none t:$dlatch t:$adlatch t:$dlatchsr", "design -reset"]
    run_passes(passes, tmp_path)


def header_ports(module: RtlModule) -> list[str]:
    """Return the words of the top module's header, among them its ports in order."""
    text = module.text[module.text.rindex(f"module {module.top}") :]
    return re.findall(r"\w+", re.sub(r"//.*", "", text).split(");", 1)[0])


def test_style_leaves_the_function_alone(benches, rng):
    """Two texts of one module differ in names and layout and answer the same to the same inputs."""
    chosen = ("datapath", "state-machine", "arbiter", "queue", "serial", "parser")
    modules = [generate(family, 6, 120, style=style) for family in chosen for style in (1, 2)]
    made = benches(modules)
    for place in range(0, len(modules), 2):
        sides = []
        for module, bench in zip(modules[place : place + 2], made[place : place + 2], strict=True):
            order = header_ports(module)
            sides.append((bench, sorted(bench.inputs, key=order.index), sorted(bench.outputs, key=order.index)))
        assert modules[place].text != modules[place + 1].text
        for _ in range(50):
            values = [rng.getrandbits(64) for _ in sides[0][1]]
            answers = []
            for bench, inputs, outputs in sides:
                seen = bench.step(**dict(zip(inputs, values, strict=True)))
                answers.append([seen[port] for port in outputs])
            assert answers[0] == answers[1]


def fresh(bench):
    """Return a bench after its reset, if it has one."""
    reset = next((port for port in ("rst", "rst_n") if port in bench.inputs), None)
    return type(bench)(bench.aig, reset)


def settle(bench, cycles=12):
    """Hold the inputs until a pipeline has filled, and return the outputs."""
    for _ in range(cycles):
        bench.step()
    return bench.look()


@pytest.fixture(scope="module")
def arithmetic(benches):
    """Benches of several modules per family; a queue or divider needs its reset."""
    chosen = {"adder": 7, "multiplier": 9, "divider": 6, "sorter": 7, "error-code": 5, "queue": 8, "arbiter": 6}
    modules = [plain(family, seed, 100) for family, count in chosen.items() for seed in range(count)]
    made = benches(modules)
    return {family: [bench for bench, module in zip(made, modules, strict=True) if module.family == family
                     and {"rst", "rst_n"} & set(bench.inputs)] for family in chosen}  # fmt: skip


def test_adders_add(arithmetic, rng):
    for bench in map(fresh, arithmetic["adder"]):
        operands = [port for port in bench.inputs if port.startswith("operand")]
        for _ in range(8):
            values = [rng.getrandbits(bench.width("sum")) for _ in operands]
            bench.set(**dict(zip(operands, values, strict=True)))
            assert settle(bench, 1)["sum"] == sum(values) % (1 << bench.width("sum"))


def test_multipliers_multiply(arithmetic, rng):
    checked = 0
    for bench in map(fresh, arithmetic["multiplier"]):
        if "clear" in bench.inputs:  # accumulates
            continue
        checked += 1
        wide, high = (bench.width(f"operand_{side}") for side in "ab")
        results = {True: [], False: []}
        for _ in range(8):
            a, b = rng.getrandbits(wide), rng.getrandbits(high)
            bench.set(operand_a=a, operand_b=b)
            if "start" in bench.inputs:
                settle(bench, 80)
                bench.step(start=1)
                bench.set(start=0)
                bench.until("done")
            product = settle(bench)["product"]
            results[False].append(product == a * b)
            x, y = a - (a >> (wide - 1) << wide), b - (b >> (high - 1) << high)
            results[True].append(product == (x * y) % (1 << bench.width("product")))
        assert all(results[True]) or all(results[False])
    assert checked >= 4


def test_dividers_divide_and_take_roots(arithmetic, rng):
    for bench in map(fresh, arithmetic["divider"]):
        for _ in range(5):
            value = rng.getrandbits(bench.width("dividend"))
            bench.set(dividend=value)
            divisor = 0
            if "divisor" in bench.inputs:
                divisor = rng.getrandbits(rng.randrange(1, bench.width("divisor") + 1)) or 1
                bench.set(divisor=divisor)
            if "start" in bench.inputs:
                bench.step(start=1)
                bench.set(start=0)
                bench.until("done")
            seen = settle(bench, 2)
            if not divisor:
                assert seen["root"] == math.isqrt(value)
                continue
            assert seen["quotient"] == value // divisor
            assert seen.get("remainder", value % divisor) == value % divisor


def test_sorting_networks_sort(arithmetic, rng):
    checked = 0
    for bench in map(fresh, arithmetic["sorter"]):
        keys = [port for port in bench.inputs if port.startswith("key_")]
        if not keys:  # an insertion sorter takes its keys one by one
            continue
        checked += 1
        width = bench.width(keys[0])
        results = {True: [], False: []}
        for _ in range(8):
            values = [rng.getrandbits(width) for _ in keys]
            bench.set(**dict(zip(keys, values, strict=True)))
            seen = settle(bench, 40)
            half = 1 << (width - 1)
            for with_sign in (True, False):
                ordered = sorted(values, key=lambda value: value ^ half if with_sign else value)
                results[with_sign].append(all(ordered[int(port.split("_")[1])] == seen[port] for port in seen))
        assert all(results[True]) or all(results[False])
    assert checked >= 3


def test_codes_correct_single_errors(arithmetic, rng):
    checked = 0
    for bench in map(fresh, arithmetic["error-code"]):
        if not {"data", "received_word"} <= set(bench.inputs):
            continue
        checked += 1
        bench.set(**{port: 1 for port in bench.inputs if port == "enable"})
        for flips in (0, 1, 1, 1):
            data = rng.getrandbits(bench.width("data"))
            bench.step(data=data)
            word = bench.look()["code_word"]
            for position in rng.sample(range(bench.width("data")), flips):
                word ^= 1 << position
            bench.step(received_word=word)
            seen = bench.look()
            assert (seen["corrected_data"], seen["error"]) == (data, flips)
    assert checked >= 2


def test_queues_keep_order(arithmetic, rng):
    """A reference list says what may be read, from one end or the other; a late output shows it a cycle later."""
    for bench in map(fresh, arithmetic["queue"]):
        wrong = {(last, late): 0 for last in (True, False) for late in (True, False)}
        kept = {True: [], False: []}
        expected, reads = None, 0
        for _ in range(300):
            values = {"write_enable": rng.getrandbits(1), "read_enable": rng.getrandbits(1)}
            values["write_data"] = rng.getrandbits(bench.width("write_data"))
            seen = bench.step(**values)
            if expected:
                for last in (True, False):
                    wrong[last, True] += seen["read_data"] != expected[last]
            expected = None
            if values["read_enable"] and not seen["empty"]:
                reads += 1
                expected = {last: kept[last].pop(-1 if last else 0) for last in (True, False)}
                for last in (True, False):
                    wrong[last, False] += seen["read_data"] != expected[last]
            if values["write_enable"] and not seen["full"]:
                for last in (True, False):
                    kept[last].append(values["write_data"])
        assert reads > 30
        assert min(wrong.values()) == 0


def test_arbiters_grant_one_of_those_that_ask(arithmetic, rng):
    for bench in map(fresh, arithmetic["arbiter"]):
        request, granted = 0, set()
        for _ in range(150):
            before = request
            request = rng.getrandbits(bench.width("request"))
            grant = bench.step(request=request, acknowledge=1)["grant"]
            assert grant & (grant - 1) == 0
            assert grant & ~before == 0
            granted.add(grant)
        assert len(granted) > 2


def test_large_modules_hold_channels():
    module = generate("serial", 1, 20_000)
    assert module.text.count("endmodule") >= 2
    assert "generate" in module.text


def test_unknown_family_is_named():
    with pytest.raises(InputError, match="no family of RTL is called 'fifos'"):
        generate("fifos", 1)


def test_lists_hold_different_modules_of_all_families():
    modules = module_list(58, seed=4, largest=600)
    assert modules == module_list(58, seed=4, largest=600)
    assert {module.family for module in modules} == set(families())
    assert len({module.name for module in modules}) == 58
    keys = {structure_hash(plain_text(module.family, module.seed, module.size)) for module in modules}
    assert len(keys) == 58
    assert all(50 <= module.size <= 600 for module in modules)
    assert modules[:20] == module_list(20, seed=4, largest=600)


def test_lists_say_when_nothing_new_is_left():
    with pytest.raises(InputError, match="expected 400 different modules"):
        module_list(400, smallest=50, largest=60, only=("register-file",))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_hash_forgets_names_numbers_and_layout(first, second):
    text = "module {0} (a, {1}); // {2}\n input [{2}:0] a; output {1}; assign {1} = ^a + 8'h{2:x}; endmodule"
    one = text.format(f"m{first}", f"y{second}", first)
    two = re.sub(r" ", "\n\t ", text.format(f"n{second}", f"z{first}", second).replace("// ", "/* */ // "))
    assert structure_hash(one) == structure_hash(two.replace("//\n\t ", "// "))


def test_hash_remembers_operators_and_wiring():
    text = "module m(input a, input b, output y); assign y = a & b; endmodule"
    for changed in (text.replace("&", "|"), text.replace("a & b", "a & a"), text.replace("input b", "inout b")):
        assert structure_hash(changed) != structure_hash(text)
