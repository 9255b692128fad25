"""The hand-written designs compute what their headers say."""

from __future__ import annotations

import math
import random
import struct
import zlib

import pytest

from edasat.eda.rtl import hand_written

DESIGNS = {module.name: module for module in hand_written()}

#: Simulated below; elaborated together, since Yosys takes long to start.
SIMULATED = ("booth_mul", "chacha_qr", "crc32", "fp16_adder", "packet_parser", "present80", "risc16", "rr_arbiter",
             "rs_encoder", "secded32", "seq_divider", "sorter8", "uart", "viterbi_k3")  # fmt: skip


@pytest.fixture(scope="module")
def bench(benches):
    """Benches of designs by name, in the state before the first clock edge."""
    made = dict(zip(SIMULATED, benches([DESIGNS[name] for name in SIMULATED]), strict=True))

    def fresh(name, reset=None):
        return type(made[name])(made[name].aig, reset)

    return fresh


@pytest.fixture
def rng():
    return random.Random(1)


def signed(value: int, width: int) -> int:
    return value - (1 << width) if value >> (width - 1) & 1 else value


def test_designs_are_many_and_of_moderate_size():
    assert len(DESIGNS) >= 28
    assert all(100 <= module.size <= 4000 for module in DESIGNS.values())
    for module in DESIGNS.values():
        assert f"module {module.top}" in module.text
        assert module.clock in module.text
    assert DESIGNS["sync_fifo"].parameters == {"WIDTH": 12, "LOG2_DEPTH": 4}


def test_crc32_is_that_of_zlib(bench, rng):
    crc = bench("crc32", "rst")
    data = rng.randbytes(40)
    for index, byte in enumerate(data):
        crc.step(init=index == 0, valid=1, data=byte)
    assert crc.step(init=0, valid=0)["crc"] == zlib.crc32(data)
    for byte in struct.pack("<I", zlib.crc32(data)):
        crc.step(valid=1, data=byte)
    assert crc.look()["match"]


def test_booth_multiplier_multiplies(bench, rng):
    multiplier = bench("booth_mul")
    pairs = [(-32768, -32768), (-32768, 32767), (0, -1)]
    pairs += [(rng.randrange(-(1 << 15), 1 << 15), rng.randrange(-(1 << 15), 1 << 15)) for _ in range(60)]
    seen = [
        multiplier.step(ce=1, in_valid=1, multiplicand=a, multiplier=b) for a, b in [*pairs, (0, 0), (0, 0), (0, 0)]
    ]
    assert [signed(outputs["product"], 32) for outputs in seen[3:]] == [a * b for a, b in pairs]


@pytest.mark.parametrize("with_sign", [0, 1])
def test_divider_divides(bench, rng, with_sign):
    divider = bench("seq_divider", "rst_n")
    for _ in range(10):
        a, b = rng.getrandbits(24), rng.getrandbits(rng.randrange(2, 24)) or 3
        divider.step(start=1, is_signed=with_sign, dividend=a, divisor=b)
        divider.set(start=0)
        result = divider.until("done")
        x, y = (signed(a, 24), signed(b, 24)) if with_sign else (a, b)
        quotient = math.trunc(x / y)
        assert (result["quotient"], result["remainder"]) == (quotient % (1 << 24), (x - quotient * y) % (1 << 24))


def test_secded_corrects_one_error_and_reports_two(bench, rng):
    codec = bench("secded32", "rst_n")
    for count in (0, 1, 1, 1, 2, 2) * 3:
        data = rng.getrandbits(32)
        codec.step(enc_data=data)
        word = codec.look()["enc_word"]
        for position in rng.sample(range(39), count):
            word ^= 1 << position
        codec.step(dec_valid=1, dec_word=word)
        seen = codec.look()
        assert (seen["dec_single"], seen["dec_double"]) == (count == 1, count == 2)
        assert count == 2 or seen["dec_data"] == data


def test_sorter_sorts_keys_with_their_tags(bench, rng):
    sorter = bench("sorter8")
    for _ in range(20):
        items = [rng.getrandbits(6) << 3 | tag for tag in range(8)]
        sorter.set(in_valid=1, in_items=sum(item << 9 * i for i, item in enumerate(items)))
        for _ in range(3):
            sorter.step()
        packed = sorter.look()["out_items"]
        ordered = [packed >> 9 * i & 511 for i in range(8)]
        assert sorted(ordered) == sorted(items)
        assert [item >> 3 for item in ordered] == sorted(item >> 3 for item in items)


def test_chacha_quarter_round_gives_the_vector_of_rfc_8439(bench):
    chacha = bench("chacha_qr", "rst")
    chacha.step(load=1, rounds=1, a_in=0x11111111, b_in=0x01020304, c_in=0x9B8D6F43, d_in=0x01234567)
    for _ in range(4):
        chacha.step(load=0)
    seen = chacha.look()
    assert [seen[f"{word}_out"] for word in "abcd"] == [0xEA2A92F4, 0xCB1CF8CE, 0x4581472E, 0x5881C4BB]


@pytest.mark.parametrize(
    ("plaintext", "key", "ciphertext"),
    [(0, 0, 0x5579C1387B228445), (0, (1 << 80) - 1, 0xE72C46C0F5945049), ((1 << 64) - 1, 0, 0xA112FFC72F68417B)],
)
def test_present_gives_its_published_vectors(bench, plaintext, key, ciphertext):
    cipher = bench("present80", "rst_n")
    cipher.step(load=1, plaintext=plaintext, key=key)
    cipher.set(load=0)
    assert cipher.until("done")["ciphertext"] == ciphertext


def test_reed_solomon_words_have_the_roots_of_the_generator(bench, rng):
    power = [1]
    for _ in range(254):
        doubled = power[-1] << 1
        power.append(doubled ^ 0x11D if doubled > 255 else doubled)
    log = {value: exponent for exponent, value in enumerate(power)}
    encoder = bench("rs_encoder", "rst")
    seen = [encoder.step(data_valid=1, first=i == 0, data=rng.getrandbits(8)) for i in range(30)]
    seen += [encoder.step(data_valid=0, flush=1) for _ in range(8)] + [encoder.step(flush=0)]
    word = [outputs["out_symbol"] for outputs in seen if outputs["out_valid"]]
    assert len(word) == 38
    for root in range(8):
        value = 0
        for symbol in word:
            value = (power[(log[value] + root) % 255] if value else 0) ^ symbol
        assert value == 0


def test_half_precision_adder_rounds_as_ieee_754_says(bench, rng):
    adder = bench("fp16_adder")

    def unpacked(word):
        return struct.unpack("<e", struct.pack("<H", word))[0]

    for _ in range(400):
        a = rng.getrandbits(1) << 15 | rng.randrange(1, 31) << 10 | rng.getrandbits(10)
        near = (a >> 10 & 31) + rng.randrange(-3, 4)
        b = rng.getrandbits(1) << 15 | min(30, max(1, near)) << 10 | rng.getrandbits(10)
        for _ in range(3):
            adder.step(a=a, b=b)
        exact = unpacked(a) + unpacked(b)  # a sum of two halves is exact in double precision
        expected = (
            struct.unpack("<H", struct.pack("<e", exact))[0] if abs(exact) < 65520 else 0x7C00 | (exact < 0) << 15
        )
        if not expected >> 10 & 31:
            expected &= 0x8000
        assert adder.look()["y"] == expected


def test_viterbi_decoder_corrects_scattered_errors(bench, rng):
    codec = bench("viterbi_k3", "rst")
    sent = [rng.getrandbits(1) for _ in range(120)]
    decoded = []
    for index, bit in enumerate(sent):
        codec.step(enc_valid=1, enc_bit=bit, dec_valid=0)
        code = codec.look()["enc_code"] ^ (1 if index % 12 == 5 else 0)
        codec.step(enc_valid=0, dec_valid=1, dec_code=code)
        decoded.append(codec.look()["dec_bit"])
    assert decoded[16:] == sent[:-16]


def test_uart_receives_what_it_sends(bench):
    uart = bench("uart")
    uart.step(rst_n=0, rxd=1)
    uart.set(rst_n=1, divisor=15)
    line = 1
    for byte in (0x55, 0xA3, 0x00, 0xFF):
        received = []
        for cycle in range(220):
            outputs = uart.step(tx_data=byte, tx_valid=cycle == 0, rxd=line)
            line = outputs["txd"]
            assert not outputs["frame_error"]
            if outputs["rx_valid"]:
                received.append(outputs["rx_data"])
        assert received == [byte]


def test_arbiter_serves_in_turn_and_by_weight(bench):
    arbiter = bench("rr_arbiter", "rst")
    served = [arbiter.step(req=0b10110101, weight=0, advance=1)["gnt_index"] for _ in range(10)]
    assert served == [0, 2, 4, 5, 7] * 2
    arbiter = bench("rr_arbiter", "rst")
    served = [arbiter.step(req=0b11, weight=2, advance=1)["gnt_index"] for _ in range(8)]
    assert served == [0, 0, 0, 1] * 2


def test_processor_runs_a_program_with_a_loop_and_a_call(bench):
    """Fibonacci numbers: F(11) goes to address 5, the link register to address 7."""
    addi, sw, bne, jal, halt = 1, 7, 9, 11, 15

    def word(opcode, rd, rs, immediate):
        return opcode << 12 | rd << 9 | rs << 6 | (immediate & 63)

    program = [word(addi, 1, 0, 0), word(addi, 2, 0, 1), word(addi, 3, 0, 11), 4 << 9 | 1 << 6 | 2 << 3,
               word(addi, 1, 2, 0), word(addi, 2, 4, 0), word(addi, 3, 3, -1), word(bne, 3, 0, -5), word(sw, 1, 0, 5),
               jal << 12 | 1, word(addi, 1, 1, 1), word(sw, 7, 0, 7), halt << 12]  # fmt: skip
    cpu = bench("risc16", "rst")
    memory = {}
    for _ in range(120):
        for _ in range(2):  # the address depends on the instruction before, not on the data
            seen = cpu.look()
            cpu.set(imem_data=program[min(seen["imem_addr"], len(program) - 1)], dmem_rdata=0)
        seen = cpu.step()
        if seen["dmem_we"]:
            memory[seen["dmem_addr"]] = seen["dmem_wdata"]
    assert seen["halt"]
    assert memory == {5: 89, 7: 10}


def test_parser_reads_a_tagged_frame(bench):
    header = bytearray.fromhex("45000028 01020000 40110000 0a010203 c0a80007")
    total = sum(struct.unpack(">10H", header))
    header[10:12] = struct.pack(">H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
    frame = bytes.fromhex("020304050607 aabbccddeeff 8100a123 0800") + header + bytes.fromhex("12340035") + bytes(8)
    for broken in (False, True):
        parser = bench("packet_parser", "rst_n")
        parser.set(my_mac=0x020304050607, rx_valid=1)
        for index, byte in enumerate(frame):
            flip = 1 if broken and index == 30 else 0
            parser.step(rx_sof=index == 0, rx_eof=index == len(frame) - 1, rx_byte=byte ^ flip)
        seen = parser.look()
        assert seen["checksum_ok"] == (not broken)
        assert (seen["vlan_id"], seen["src_port"], seen["dst_port"], seen["length"]) == (0x123, 0x1234, 53, len(frame))
        assert seen["for_me"]
        assert not seen["malformed"]
