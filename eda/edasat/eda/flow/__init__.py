"""The physical flow: register-transfer Verilog to a routed layout, by Yosys, graywolf and qrouter.

Labels for timing prediction come from it; predicting needs none of these programs. Every program is called in one
module of its own: :mod:`.yosys`, :mod:`.graywolf`, :mod:`.qrouter`. ``tools/setup --flow`` installs the last two.
"""

from .placement import place
from .programs import Step
from .qrouter import Routed, run_qrouter
from .record import FlowResult
from .run import run_flow
from .sources import Rtl
from .synthesis import Mapped, synthesise
from .technologies import Technology, edasat45, nangate45, osu018

__all__ = ["FlowResult", "Mapped", "Routed", "Rtl", "Step", "Technology", "edasat45", "nangate45", "osu018", "place",
           "run_flow", "run_qrouter", "synthesise"]  # fmt: skip
