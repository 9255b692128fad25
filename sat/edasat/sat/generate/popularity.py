"""Popularity-Similarity formulas: random clauses with popular variables and with locality.

Giraldez-Cru and Levy, "Locality in Random SAT Instances", IJCAI 2017. Variables and clauses get a popularity radius in
(0, 1) and an angle on a circle. With ``d = r_i^beta * r_j^beta' * (angle between i and j)``, variable i stands in
clause j with odds that fall like ``d^(-1/T)``: near and popular pairs first, the more strictly the lower the
temperature T.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.sat.cnf import Cnf

FloatArray = npt.NDArray[np.float64]

#: Smallest radius and angle: a variable exactly at the place of a clause would have infinite weight.
_SMALLEST: Final = 1e-9


def popularity_similarity(
    num_vars: int,
    num_clauses: int,
    rng: np.random.Generator,
    *,
    clause_size: int = 3,
    extra_size: float = 0.0,
    beta: float = 0.5,
    clause_beta: float = 1.0,
    temperature: float = 1.3,
) -> Cnf:
    """Draw a formula; the defaults are those with which HardCore (NeurIPS 2024) makes its clauses.

    Args:
        num_vars: variables.
        num_clauses: clauses; some may be empty where ``clause_size`` is 0.
        clause_size: distinct variables that every clause gets: the regular part.
        extra_size: variables that a clause gets beyond these on average. They are dealt out over all clauses at once,
            so that sizes follow a power law with exponent ``1 + 1 / clause_beta``: the flexible part.
        beta: how much popular variables are preferred; occurrences follow a power law with exponent ``1 + 1 / beta``.
        clause_beta: the same of clauses; without a flexible part it has no effect.
        temperature: above 0; near 0 a clause takes its nearest variables, high values take any.

    >>> f = popularity_similarity(50, 200, np.random.default_rng(1))
    >>> f.num_vars, f.num_clauses, f.num_literals
    (50, 200, 600)

    Raises:
        ValueError: if a clause cannot have that many distinct variables, or a parameter is out of range.
    """
    if clause_size < 0 or extra_size < 0 or clause_size + extra_size > num_vars:
        raise ValueError(f"expected clauses of 0 to {num_vars} variables, got {clause_size} + {extra_size:g}")
    if temperature <= 0:
        raise ValueError(f"the temperature must be positive, got {temperature:g}")
    angles = rng.uniform(0, 2 * np.pi, num_vars), rng.uniform(0, 2 * np.pi, num_clauses)
    radii = rng.uniform(_SMALLEST, 1, num_vars), rng.uniform(_SMALLEST, 1, num_clauses)
    # Weights w = d^(-1/T) are products; only the angle depends on both ends.
    weights = radii[0] ** (-beta / temperature), radii[1] ** (-clause_beta / temperature)
    chosen = np.zeros((num_clauses, num_vars), np.bool_)
    if clause_size:
        _regular(*angles, np.log(weights[0]), 1 / temperature, clause_size, rng, chosen)
    if extra_size and num_clauses:
        _flexible(*angles, *weights, 1 / temperature, extra_size * num_clauses, rng, chosen)
    clauses, variables = np.nonzero(chosen)
    literals = (variables + 1) * rng.choice((-1, 1), len(variables))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(clauses, minlength=num_clauses))])
    return Cnf.from_arrays(offsets.astype(np.int64), literals.astype(np.int32), num_vars)


@njit(cache=True)
def _apart(a: float, b: float) -> float:
    """Return the angle between two places on the circle, in [1e-9, pi]."""
    return max(1e-9, np.pi - abs(np.pi - abs(a - b)))


@njit(cache=True)
def _regular(
    variable_angles: FloatArray,
    clause_angles: FloatArray,
    log_weights: FloatArray,
    inverse_temperature: float,
    size: int,
    rng: np.random.Generator,
    chosen: npt.NDArray[np.bool_],
) -> None:
    """Give each clause ``size`` distinct variables, drawn one after the other by their weights.

    Adding Gumbel noise to the logarithms of the weights and taking the largest is the same draw in one pass.
    """
    num_clauses, num_vars = chosen.shape
    keys = np.empty(num_vars)
    for clause in range(num_clauses):
        for variable in range(num_vars):
            distance = np.log(_apart(variable_angles[variable], clause_angles[clause]))
            noise = -np.log(-np.log(1.0 - rng.random()))
            keys[variable] = log_weights[variable] - inverse_temperature * distance + noise
        for variable in np.argsort(keys)[num_vars - size :]:
            chosen[clause, variable] = True


@njit(cache=True)
def _flexible(
    variable_angles: FloatArray,
    clause_angles: FloatArray,
    variable_weights: FloatArray,
    clause_weights: FloatArray,
    inverse_temperature: float,
    wanted: float,
    rng: np.random.Generator,
    chosen: npt.NDArray[np.bool_],
) -> None:
    """Add each pair not chosen yet with probability min(1, scale * weight), where ``wanted`` pairs are expected."""
    num_clauses, num_vars = chosen.shape
    weights = np.zeros((num_clauses, num_vars))
    total = 0.0
    for clause in range(num_clauses):
        for variable in range(num_vars):
            if not chosen[clause, variable]:
                distance = _apart(variable_angles[variable], clause_angles[clause])
                weights[clause, variable] = (
                    variable_weights[variable] * clause_weights[clause] * distance**-inverse_temperature
                )
                total += weights[clause, variable]
    scale = wanted / total
    certain = 0
    while True:  # pairs whose probability would exceed 1 are certain; the others share what is left
        now, rest = 0, 0.0
        for weight in weights.flat:
            if scale * weight >= 1:
                now += 1
            else:
                rest += weight
        if now == certain or rest == 0.0:
            break
        certain = now
        scale = max(scale, (wanted - certain) / rest)
    for clause in range(num_clauses):
        for variable in range(num_vars):
            if weights[clause, variable] > 0 and rng.random() < scale * weights[clause, variable]:
                chosen[clause, variable] = True
