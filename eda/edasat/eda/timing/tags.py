"""Tags: what must be known of a path's beginning to judge its end.

Two paths may share their arrival time at a pin only if the same clock edge launched them and the same path exceptions
can still match. A tag is such a class: a launch (a clock and its edge) and, for each exception that looks at start
points or at pins on the way, how far it has matched. Designs without such exceptions have one tag for each clock edge
that launches data, so that the common case costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .constraints import Constraints, PathException
from .graph import PinGraph

Int32 = npt.NDArray[np.int32]

#: State of an exception that cannot match any more.
LOST: Final = -1
#: Launch of data that no clock launches.
UNCLOCKED: Final = -1


@dataclass(frozen=True)
class Tag:
    """A class of path beginnings.

    Attributes:
        launch: ``2 * clock + edge``, or UNCLOCKED.
        progress: for each tracked exception the number of ``-through`` lists passed, or LOST.
    """

    launch: int
    progress: tuple[int, ...]


class TagTable:
    """All tags of a design and how they change on the way.

    Attributes:
        tags: by number.
        start_class: int32, (num_nodes,): class of each start point, 0 for those that no exception names.
        start_tag: int32, (num_classes, num_launches): the tag of data that a launch starts there, -1 for launches
            that start none anywhere.
        through: int32, (num_nodes,): 0, or the number of the set of ``-through`` lists that names the pin.
        next_tag: int32, (num_sets, num_tags): the tag behind such a pin; row 0 changes nothing.
    """

    def __init__(
        self,
        graph: PinGraph,
        constraints: Constraints,
        start_points: Int32,
        launches: frozenset[int],
        unclocked: Sequence[int],
    ) -> None:
        """Number the tags.

        Args:
            graph: the pins.
            constraints: with the exceptions.
            start_points: int32: register clock pins and input ports where paths may begin.
            launches: those that start data anywhere.
            unclocked: input ports where data starts without a clock.
        """
        self._constraints = constraints
        tracked = [e for e in constraints.exceptions if e.from_nodes is not None or e.through]
        self._tracked = tracked
        self.tags: list[Tag] = []
        self._numbers: dict[Tag, int] = {}

        self.start_class = np.zeros(graph.num_nodes, np.int32)
        signatures: dict[tuple[bool, ...], int] = {(False,) * len(tracked): 0}
        named = set().union(*(e.from_nodes for e in tracked if e.from_nodes is not None))
        for node in named.intersection(start_points.tolist()):
            signature = tuple(e.from_nodes is not None and node in e.from_nodes for e in tracked)
            self.start_class[node] = signatures.setdefault(signature, len(signatures))

        through_sets: dict[frozenset[tuple[int, int]], int] = {frozenset(): 0}
        passed: dict[int, set[tuple[int, int]]] = {}
        for index, exception in enumerate(tracked):
            for step, nodes in enumerate(exception.through):
                for node in nodes:
                    passed.setdefault(node, set()).add((index, step))
        self.through = np.zeros(graph.num_nodes, np.int32)
        for node, steps in passed.items():
            self.through[node] = through_sets.setdefault(frozenset(steps), len(through_sets))

        self.start_tag = np.full((len(signatures), 2 * len(constraints.clocks)), -1, np.int32)
        for row, signature in enumerate(signatures):
            for launch in sorted(launches):
                self.start_tag[row, launch] = self._number(self._start(launch, signature))
        self._signatures = list(signatures)
        for port in unclocked:
            self.unclocked(port)

        rows: list[list[int]] = [[] for _ in through_sets]
        done = 0
        while done < len(self.tags):
            tag = self.tags[done]
            for numbers, lists in zip(rows, through_sets, strict=True):
                numbers.append(self._number(self._step(tag, lists)))
            done += 1
        self.next_tag = np.array(rows, np.int32)

    def __len__(self) -> int:
        return len(self.tags)

    def starting_at(self, node: int, launch: int) -> int:
        """Return the tag of data that a launch starts at a node."""
        return int(self.start_tag[self.start_class[node], launch])

    def unclocked(self, node: int) -> int:
        """Return the tag of data that starts at a port without a clock."""
        return self._number(self._start(UNCLOCKED, self._signatures[self.start_class[node]]))

    def matching(self, tag: Tag) -> list[PathException]:
        """Return the exceptions that paths with this tag satisfy up to their end, without looking at the end."""
        progress = dict(zip(map(id, self._tracked), tag.progress, strict=True))
        found = []
        for exception in self._constraints.exceptions:
            if id(exception) in progress:
                if progress[id(exception)] == len(exception.through):
                    found.append(exception)
            elif _launch_matches(exception, tag.launch):
                found.append(exception)
        return found

    def _start(self, launch: int, signature: tuple[bool, ...]) -> Tag:
        progress = []
        for exception, named in zip(self._tracked, signature, strict=True):
            begins = named if exception.from_nodes is not None else _launch_matches(exception, launch)
            if exception.from_nodes is not None and exception.from_clocks is not None:
                begins = named or _launch_matches(exception, launch)
            progress.append(0 if begins else LOST)
        return Tag(launch, tuple(progress))

    def _step(self, tag: Tag, steps: frozenset[tuple[int, int]]) -> Tag:
        progress = tuple(
            state + 1 if state != LOST and (index, state) in steps else state
            for index, state in enumerate(tag.progress)
        )
        return Tag(tag.launch, progress)

    def _number(self, tag: Tag) -> int:
        number = self._numbers.setdefault(tag, len(self.tags))
        if number == len(self.tags):
            self.tags.append(tag)
        return number


def _launch_matches(exception: PathException, launch: int) -> bool:
    if exception.from_clocks is None:
        return True
    return launch != UNCLOCKED and launch // 2 in exception.from_clocks and launch % 2 in exception.from_edges
