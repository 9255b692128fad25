"""RTL of our own: hand-written designs of many kinds, and seeded generators of more.

>>> module = generate("queue", seed=7, size=400)
>>> module.family, module.clock is not None
('queue', True)
"""

from __future__ import annotations

from .generate import families, generate, module_list, plain_text
from .module import RtlModule, hand_written
from .signature import structure_hash

__all__ = ["RtlModule", "families", "generate", "hand_written", "module_list", "plain_text", "structure_hash"]
