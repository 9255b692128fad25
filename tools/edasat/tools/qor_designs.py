"""Real register-transfer designs that predictions are tested on, and never trained.

The files are other people's and are read from a folder of the user's (``rtl/PROJECT/*.v`` in it); none is shipped. The
list was fixed before any training. Of each project the top and its larger blocks count, each as a design of its own;
blocks with next to no logic, and those that another project or wrapper repeats, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edasat.core.errors import InputError, Message
from edasat.eda.flow import Rtl

_MISSING = Message("qor-real-files", "here is no real RTL to test on", "a folder with rtl/PROJECT/*.v: see --real")

#: Project -> its top first, then blocks. All are Verilog-2005; two of them use ``do`` as a name, which SystemVerilog
#: reserves.
PROJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "openabcd_ac97_ctrl": (
        "ac97_top", "ac97_cra", "ac97_dma_if", "ac97_fifo_ctrl", "ac97_in_fifo", "ac97_out_fifo", "ac97_prc",
        "ac97_rf", "ac97_soc", "ac97_sout", "ac97_wb_if",
    ),
    "openabcd_fir": ("FIR_filter", "FIR_filter_firBlock_left"),
    "openabcd_mem_ctrl": (
        "mc_top", "mc_adr_sel", "mc_cs_rf", "mc_dp", "mc_mem_if", "mc_obct", "mc_obct_top", "mc_rd_fifo", "mc_refresh",
        "mc_rf", "mc_timing", "mc_wb_if",
    ),
    "openabcd_sasc": ("sasc_top", "sasc_brg", "sasc_fifo4"),
    "openabcd_simple_spi": ("simple_spi_top",),
    "openabcd_spi": ("spi_top", "spi_clgen", "spi_shift"),
    "openabcd_ss_pcm": ("pcm_slv_top",),
    "openabcd_usb_phy": ("usb_phy", "usb_rx_phy", "usb_tx_phy"),
    "openabcd_wb_dma": (
        "wb_dma_top", "wb_dma_ch_arb", "wb_dma_ch_pri_enc", "wb_dma_ch_rf", "wb_dma_ch_sel", "wb_dma_de", "wb_dma_rf",
        "wb_dma_wb_if", "wb_dma_wb_slv",
    ),
    "orfs_aes": ("aes_cipher_top", "aes_inv_cipher_top", "aes_inv_sbox", "aes_key_expand_128", "aes_rcon", "aes_sbox"),
    "orfs_dynamic_node": (
        "dynamic_node_top_wrap", "dynamic_node_top_para", "network_input_blk_multi_out", "space_avail_top",
        "dynamic_input_control", "dynamic_input_route_request_calc", "dynamic_input_top_16", "dynamic_output_control",
        "dynamic_output_datapath", "dynamic_output_top",
    ),
    "orfs_ethmac": (
        "ethmac", "eth_clockgen", "eth_cop", "eth_crc", "eth_fifo", "eth_maccontrol", "eth_macstatus", "eth_miim",
        "eth_outputcontrol", "eth_random", "eth_receivecontrol", "eth_registers", "eth_rxaddrcheck", "eth_rxcounters",
        "eth_rxethmac", "eth_rxstatem", "eth_shiftreg", "eth_spram_256x32", "eth_transmitcontrol", "eth_txcounters",
        "eth_txethmac", "eth_txstatem", "eth_wishbone",
    ),
    "orfs_fifo": ("fifo1", "fifomem", "mock_cpu"),
    "orfs_gcd": ("gcd", "GcdUnitCtrlRTL_0x4d0fc71ead8d3d9e", "GcdUnitDpathRTL_0x4d0fc71ead8d3d9e"),
    "orfs_spi": ("spi",),
}  # fmt: skip
#: Folders of single files, each a design of its own.
COLLECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "rtllm": (
        "JC_counter", "LFSR", "LIFObuffer", "RAM", "ROM", "accu", "adder_16bit", "adder_32bit", "adder_64bit",
        "adder_8bit", "adder_bcd", "alu", "asyn_fifo", "barrel_shifter", "booth4_mul", "calendar", "clkgenerator",
        "comparator_3bit", "comparator_4bit", "counter_12", "div_16bit", "edge_detect", "fixed_point_adder",
        "fixed_point_substractor", "freq_div", "freq_divbyeven", "freq_divbyfrac", "freq_divbyodd", "fsm", "instr_reg",
        "multi_16bit", "multi_8bit", "multi_pipe_4bit", "multi_pipe_8bit", "parallel2serial", "pe", "pulse_detect",
        "radix2_div", "right_shifter", "ring_counter", "sequence_detector", "serial2parallel", "signal_generator",
        "square_wave", "sub_64bit", "traffic_light", "up_down_counter", "width_8to16",
    ),
    "vtr": ("ch_intrinsics", "diffeq1", "diffeq2", "sha", "spree", "stereovision3"),
}  # fmt: skip
_PREFIX: Final = {"rtllm": "verified_", "vtr": ""}


@dataclass(frozen=True)
class RealDesign:
    """One design of other people.

    Attributes:
        name: ``PROJECT/MODULE``.
        project: what the bootstrap draws as a whole; a single file of a collection is one by itself.
        rtl: its files and top.
    """

    name: str
    project: str
    rtl: Rtl


def real_designs(data: str | Path) -> list[RealDesign]:
    """Return the designs of the list.

    Args:
        data: folder that holds ``rtl/``.

    Raises:
        InputError: if a project is not there.
    """
    folder = Path(data) / "rtl"
    found = []
    for project, modules in PROJECTS.items():
        sources = sorted((folder / project).glob("*.v"))
        if not sources:
            raise InputError.of(_MISSING, str(folder / project))
        found += [RealDesign(f"{project}/{name}", project, Rtl(sources, top=name)) for name in modules]
    for collection, names in COLLECTIONS.items():
        for name in names:
            path = folder / collection / f"{_PREFIX[collection]}{name}.v"
            if not path.exists():
                raise InputError.of(_MISSING, str(path))
            found.append(RealDesign(f"{collection}/{name}", f"{collection}/{name}", Rtl([path])))
    return found
