"""What the methods of the evaluation of slack prediction are called, in result files and tables."""

from __future__ import annotations

from typing import Final

MODEL: Final = "E2ESlack (engine, learned wires)"
PUBLISHED: Final = "E2ESlack (published kind)"
CALIBRATED: Final = "calibrated tree"
ENGINE: Final = "extracted wires, our engine"
