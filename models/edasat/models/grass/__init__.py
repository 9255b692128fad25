"""GraSS: a graph network that predicts how long each SAT engine will take, and chooses.

Zhang et al., "GraSS: Combining Graph Neural Networks with Expert Knowledge for SAT Solver Selection", KDD 2024. Data
flow: :mod:`.network` (graph to runtime distributions, :mod:`.runtime`), :mod:`.losses` and :mod:`.module` (training);
:mod:`.forest` and :mod:`.neighbours` (runs of similar formulas), :mod:`.prior` (how far to believe them),
:mod:`.scheduling` (what to run); :mod:`.release` (all of these from a run table), :mod:`.ensemble` (weights on disk),
:mod:`.selector` (what the commands call).
"""
