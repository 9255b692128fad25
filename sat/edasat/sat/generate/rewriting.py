"""Steps that change the structure of a formula and keep it unsatisfiable.

*Eliminate* (Davis and Putnam, 1960) replaces the clauses of a variable by their resolvents. *Bend* replaces a variable
x by x xor z: together with z itself this is a change of basis, the controlled-NOT of reversible logic, so that models
correspond one to one. A clause that holds z stays, one that holds not z has x flipped, any other becomes two.
Preprocessing cannot take bending back: no clause says what x was, and eliminating x or z multiplies clauses. *Define*
names pairs of literals that long clauses share. All three keep satisfiable formulas satisfiable as well.

Two more steps change how hard the formula is. *Merge* identifies two variables, which only removes models; *lift*
replaces a variable by a function of two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations
from typing import Final, Literal

import numpy as np

from .clauses import Clause, ClauseSet

#: Clauses that eliminating a variable may add. Preprocessors stop at 0 or 16.
_ELIMINATION_GROWTH: Final = 8
#: Resolvents formed in search of those at most.
_PAIRS_TRIED: Final = 400
#: Pairs of variables from which a bend takes the one that adds the fewest clauses.
_BENDS_TRIED: Final = 8
#: Clauses in which definitions look for pairs: longer ones have too many.
_LONGEST_PAIRED: Final = 24

LiftFunction = Literal["or", "xor"]


class Rewriting:
    """A formula under rewriting.

    Args:
        clauses: the formula; it is changed in place.
        variables: on which steps work; all others stay as they are.
        rng: chooses.
        longest: no step makes longer clauses than this.
        model: value of each variable in a model of the formula, if one is known.

    Attributes:
        model: the same of the formula as it is now, or None.
        literal_of: what each variable of the original formula is called now, by sign too; variables that are gone are
            missing.
    """

    def __init__(
        self,
        clauses: ClauseSet,
        variables: Sequence[int],
        rng: np.random.Generator,
        *,
        longest: int,
        model: Mapping[int, bool] | None = None,
    ) -> None:
        self.clauses = clauses
        self.longest = longest
        self.literal_of = {variable: variable for variable in range(1, clauses.num_vars + 1)}
        self.model = None if model is None else dict(model)
        self._originals = {variable: [variable] for variable in self.literal_of}  # the other way round
        self._variables = sorted(variables)
        self._rng = rng

    def copy(self) -> Rewriting:
        """Return an independent copy that draws from the same generator."""
        twin = Rewriting(self.clauses.copy(), self._variables, self._rng, longest=self.longest, model=self.model)
        twin.literal_of = dict(self.literal_of)
        twin._originals = {variable: list(originals) for variable, originals in self._originals.items()}
        return twin

    def eliminate(self, count: int) -> int:
        """Eliminate up to ``count`` variables; return how many."""
        done = 0
        for variable in self._rng.permutation(self._variables).tolist():
            if done == count:
                break
            done += self._eliminate(variable)
        return done

    def bend(self, count: int, growth: int) -> int:
        """Bend ``count`` variables, as long as this adds at most ``growth`` clauses; return how many were added."""
        before = len(self.clauses)
        for _ in range(count):
            candidates = [pair for pair in (self._near_pair() for _ in range(_BENDS_TRIED)) if pair]
            if not candidates:
                break
            variable, control = min(candidates, key=lambda pair: self._bend_growth(*pair))
            if len(self.clauses) - before + self._bend_growth(variable, control) > growth:
                continue
            self._bend(variable, control)
        return len(self.clauses) - before

    def define(self, count: int, longest: int, binary_share: float) -> int:
        """Shorten long clauses by up to ``count`` new variables that stand for pairs of their literals.

        The pair that most of the clauses share comes first. A definition says both what follows from the new variable
        and what it follows from, two of them binary clauses, or, which is enough, the first alone (Plaisted and
        Greenbaum, 1986), whatever keeps the share of binary clauses nearer to what is wanted.

        Args:
            count: new variables at most.
            longest: clauses up to this length stay as they are.
            binary_share: wanted share of binary clauses.

        Returns:
            How many variables were made.
        """
        clauses = self.clauses
        holding: dict[tuple[int, int], set[int]] = defaultdict(set)
        for identifier, clause in clauses.clauses.items():
            if longest < len(clause) <= _LONGEST_PAIRED:
                for pair in combinations(sorted(clause), 2):
                    holding[pair].add(identifier)
        queue = [(-len(held), self._rng.random(), pair) for pair, held in holding.items()]
        heapify(queue)
        binary = sum(len(clause) == 2 for clause in clauses.clauses.values())
        done = 0
        while queue and done < count:
            negated, _, pair = heappop(queue)
            if len(holding[pair]) != -negated:  # some of its clauses were shortened since
                if holding[pair]:
                    heappush(queue, (-len(holding[pair]), self._rng.random(), pair))
                continue
            new = clauses.fresh()
            if self.model is not None:
                self.model[new] = any(self._value(literal) for literal in pair)
            for identifier in sorted(holding[pair]):
                old = clauses.remove(identifier)
                for other in combinations(sorted(old), 2):
                    holding[other].discard(identifier)
                shorter = clauses.add(old - set(pair) | {new})
                if shorter is not None and len(old) - 1 > longest:
                    for other in combinations(sorted(clauses.clauses[shorter]), 2):
                        holding[other].add(shorter)
                        heappush(queue, (-len(holding[other]), self._rng.random(), other))
                binary += len(old) == 3
            clauses.add((-new, *pair))
            if binary < binary_share * len(clauses):
                for literal in pair:
                    clauses.add((new, -literal))
                binary += 2
            done += 1
        return done

    def merge(self, count: int) -> int:
        """Identify ``count`` pairs of variables that occur together; return how many. A known model stays one."""
        done = 0
        for _ in range(count):
            pair = self._near_pair()
            if pair:
                variable, literal = pair
                agree = self.model is None or self.model[variable] == self._value(literal)
                self._merge(variable, literal if agree else -literal)
                done += 1
        return done

    def lift(self, count: int, function: LiftFunction) -> int:
        """Replace ``count`` variables by a function of themselves and a fresh one each; return how many."""
        used = [x for x in self._variables if self.clauses.with_variable(x)]
        chosen = self._rng.permutation(used)[:count].tolist()
        for variable in chosen:
            self._lift(variable, function)
        return len(chosen)

    def _near_pair(self) -> tuple[int, int] | None:
        """Draw a variable, a clause that holds it and another variable of that clause, with either sign."""
        variable = self._variables[int(self._rng.integers(len(self._variables)))]
        holding = self.clauses.with_variable(variable)
        if not holding:
            return None
        clause = self.clauses.clauses[holding[int(self._rng.integers(len(holding)))]]
        others = sorted(abs(literal) for literal in clause if abs(literal) != variable)
        if not others:
            return None
        other = others[int(self._rng.integers(len(others)))]
        return variable, other if self._rng.random() < 0.5 else -other

    def _eliminate(self, variable: int) -> bool:
        """Eliminate a variable unless that makes too many or too long clauses."""
        clauses = self.clauses
        positive, negative = clauses.count(variable), clauses.count(-variable)
        if not positive + negative or positive * negative > _PAIRS_TRIED:
            return False
        resolvents: set[Clause] = set()
        others = [clauses.clauses[i] - {-variable} for i in clauses.with_literal(-variable)]
        for identifier in clauses.with_literal(variable):
            rest = clauses.clauses[identifier] - {variable}
            opposite = frozenset(-literal for literal in rest)
            resolvents.update(rest | other for other in others if opposite.isdisjoint(other))
        if len(resolvents) > positive + negative + _ELIMINATION_GROWTH:
            return False
        if any(len(resolvent) > self.longest for resolvent in resolvents):
            return False
        for identifier in clauses.with_variable(variable):
            clauses.remove(identifier)
        self._add_all(sorted(resolvents, key=sorted))
        self._forget(variable)
        return True

    def _bend_growth(self, variable: int, control: int) -> int:
        """Return how many clauses a bend adds; one that would make a clause too long counts as very many."""
        growth = 0
        for identifier in self.clauses.with_variable(variable):
            clause = self.clauses.clauses[identifier]
            if control not in clause and -control not in clause:
                growth += 1 if len(clause) < self.longest else len(self.clauses)
        return growth

    def _bend(self, variable: int, control: int) -> None:
        """Replace a variable by its exclusive or with a literal, or by the complement of that.

        Of the two the one is taken that leaves more of the clauses that hold both as they are: the other would be the
        same formula with one sign flipped.
        """
        clauses = self.clauses
        old = [(x, clauses.remove(i) - {x}) for x in (variable, -variable) for i in clauses.with_literal(x)]
        flipped = sum(-control in rest for _, rest in old) > sum(control in rest for _, rest in old)
        if flipped:
            self._rename(variable, -variable)
        if self.model is not None:
            self.model[variable] ^= self._value(control) ^ flipped
        new = []
        for occurrence, rest in old:
            literal = -occurrence if flipped else occurrence
            if -control not in rest:
                new.append(rest | {control, literal})
            if control not in rest:
                new.append(rest | {-control, -literal})
        self._add_all(new)

    def _merge(self, variable: int, literal: int) -> None:
        clauses = self.clauses
        new = [clauses.remove(i) - {variable} | {literal} for i in clauses.with_literal(variable)]
        new += [clauses.remove(i) - {-variable} | {-literal} for i in clauses.with_literal(-variable)]
        self._add_all(new)
        self._rename(variable, literal)

    def _lift(self, variable: int, function: LiftFunction) -> None:
        clauses = self.clauses
        twin = clauses.fresh()
        if self.model is not None:
            self.model[twin] = False
        positive = [clauses.remove(i) - {variable} for i in clauses.with_literal(variable)]
        negative = [clauses.remove(i) - {-variable} for i in clauses.with_literal(-variable)]
        if function == "or":
            new = [rest | {variable, twin} for rest in positive]
            new += [rest | {literal} for rest in negative for literal in (-variable, -twin)]
        else:
            new = [rest | {sign * variable, sign * twin} for rest in positive for sign in (1, -1)]
            new += [rest | {sign * variable, -sign * twin} for rest in negative for sign in (1, -1)]
        self._add_all(new)

    def _value(self, literal: int) -> bool:
        """Return the value of a literal in the known model."""
        assert self.model is not None
        return self.model[abs(literal)] ^ (literal < 0)

    def _add_all(self, new: Sequence[Clause]) -> None:
        added = [self.clauses.add(clause) for clause in new]
        self.clauses.tidy(identifier for identifier in added if identifier is not None)

    def _rename(self, variable: int, literal: int) -> None:
        """Note that a variable is called by another literal from now on."""
        originals = self._originals.pop(variable, [])
        for original in originals:
            self.literal_of[original] = literal if self.literal_of[original] > 0 else -literal
        self._originals.setdefault(abs(literal), []).extend(originals)

    def _forget(self, variable: int) -> None:
        """Note that a variable is gone."""
        for original in self._originals.pop(variable, []):
            del self.literal_of[original]
