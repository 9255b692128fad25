"""Nodes and resistors of every net: wires cut at vias, bends, branches and pins (compiled).

Per net, all ends of wires and vias are sorted by level, y, x and once more by level, x, y. Points of one horizontal
wire are then neighbours in the first order, those of a vertical one in the second, so that marking the gaps that
wires cover cuts each wire at every point that lies on it and merges wires that overlap, however the file cuts them.
Of these points the firm ones stay: bends, branches, ends, vias. Where wire just goes straight on, nothing is left of
a point, so that nodes do not depend on how a wire was written.

Firm points inside a shape of a pin become the pin's node. A pin that no point lies in gets one: where metal of the net
touches it or, failing that, comes nearest. Parts of a net that still do not meet are joined where they come nearest.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Int32 = npt.NDArray[np.int32]

#: How a pin meets its net.
INSIDE, TOUCHING, APART, ALONE = range(4)
#: Bits of x and of y in a point's key; the level stands above them.
COORDINATE_BITS: Final = 29
_FAR: Final = np.int64(1) << 60
#: Ohm between two pins whose shapes hold the same point.
_TOUCH_OHM: Final = 1e-3


class Trees(NamedTuple):
    """Nodes, pieces of wire and resistors of all nets, net by net.

    Attributes:
        net_nodes: int64, (num_nets + 1,).
        node_pin: int32, (num_nodes,): pin of the node, or -1.
        net_pieces: int64, (num_nets + 1,).
        piece_level, piece_width: int32, (num_pieces,).
        piece_ends: int32, (num_pieces, 4): x1, y1, x2, y2 of the centre line, rising.
        piece_nodes: int32, (num_pieces, 2); the same twice where a piece lies inside one pin.
        net_joints: int64, (num_nets + 1,).
        joint_nodes: int32, (num_joints, 2): resistors that are no wire: vias and bridges.
        joint_ohm: float64, (num_joints,).
        pin_contact: int8, (num_pins,): INSIDE, TOUCHING, APART, or ALONE where the net has no wire.
        net_bridges: int32, (num_nets,): joints between parts of the net that do not meet.
    """

    net_nodes: Any
    node_pin: Any
    net_pieces: Any
    piece_level: Any
    piece_width: Any
    piece_ends: Any
    piece_nodes: Any
    net_joints: Any
    joint_nodes: Any
    joint_ohm: Any
    pin_contact: Any
    net_bridges: Any


def grow_trees(segments: Any, vias: Any, pins: Any, ohm_per_dbu: Any) -> Trees:
    """Find the nodes and resistors of all nets.

    Args:
        segments, vias, pins: see :mod:`.geometry`.
        ohm_per_dbu: float64, (levels + 1,): of a bridge on a level.
    """
    origin = np.zeros(2, np.int64)
    for columns in (segments.ends[:, :2], vias.place, pins.box[:, :2]):
        if len(columns):
            origin = np.minimum(origin, columns.min(axis=0))
    raw = _grow(
        segments.offsets, segments.level, segments.ends, segments.width,
        vias.offsets, vias.level, vias.place, vias.box, vias.ohm,
        pins.offsets, pins.shapes, pins.level, pins.box, ohm_per_dbu, origin,
    )  # fmt: skip
    return Trees(*raw)


@njit(cache=True)
def _key(level: int, first: int, second: int) -> int:
    return (level << (2 * COORDINATE_BITS)) | (first << COORDINATE_BITS) | second


@njit(cache=True)
def _root(parent: Any, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True)
def _holds(box: Any, x: int, y: int) -> bool:
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


@njit(cache=True)
def _gap(box: Any, x1: int, y1: int, x2: int, y2: int) -> int:
    """Return the distance in x plus that in y of two boxes, 0 if they touch."""
    return max(0, box[0] - x2, x1 - box[2]) + max(0, box[1] - y2, y1 - box[3])


@njit(cache=True)
def _clamp(value: int, low: int, high: int) -> int:
    return min(max(value, low), high)


@njit(cache=True)
def _contact(
    shapes: Any, shape_level: Any, shape_box: Any, level: Any, x: Any, y: Any, count: int,
    seg: Any, seg_level: Any, seg_ends: Any, seg_width: Any, via: Any, via_level: Any, via_place: Any, via_box: Any,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Find where a pin meets its net.

    Returns:
        kind of contact, and level, x, y of the point that must be added for it (not for INSIDE).
    """
    for shape in range(shapes[0], shapes[1]):
        for point in range(count):
            if level[point] == shape_level[shape] and _holds(shape_box[shape], x[point], y[point]):
                return INSIDE, 0, 0, 0
    best, found = _FAR, (ALONE, 0, 0, 0)
    for shape in range(shapes[0], shapes[1]):
        box = shape_box[shape]
        middle_x, middle_y = (box[0] + box[2]) // 2, (box[1] + box[3]) // 2
        for row in range(seg[0], seg[1]):
            half = seg_width[row] // 2
            x1, y1, x2, y2 = seg_ends[row]
            gap = _gap(box, x1 - half, y1 - half, x2 + half, y2 + half)
            if seg_level[row] != shape_level[shape]:
                gap += _FAR >> 1
            if gap < best:
                best = gap
                kind = TOUCHING if gap == 0 else APART
                found = (kind, seg_level[row], _clamp(middle_x, x1, x2), _clamp(middle_y, y1, y2))
        for row in range(via[0], via[1]):
            for side in range(2):
                metal = via_box[row, side]
                gap = _gap(box, metal[0], metal[1], metal[2], metal[3])
                if via_level[row, side] != shape_level[shape]:
                    gap += _FAR >> 1
                if gap < best:
                    best = gap
                    kind = TOUCHING if gap == 0 else APART
                    found = (kind, via_level[row, side], via_place[row, 0], via_place[row, 1])
    if found[0] == ALONE and count:  # a pin without shapes
        found = (APART, level[0], x[0], y[0])
    return found


@njit(cache=True)
def _ends(
    seg: Any, seg_level: Any, seg_ends: Any, via: Any, via_level: Any, via_place: Any, level: Any, x: Any, y: Any
) -> int:
    """Fill in the ends of a net's wires and vias; return how many there are."""
    count = 0
    for row in range(seg[0], seg[1]):
        for end in range(2):
            level[count] = seg_level[row]
            x[count], y[count] = seg_ends[row, 2 * end], seg_ends[row, 2 * end + 1]
            count += 1
    for row in range(via[0], via[1]):
        for side in range(2):
            level[count] = via_level[row, side]
            x[count], y[count] = via_place[row, 0], via_place[row, 1]
            count += 1
    return count


@njit(cache=True)
def _sort_points(level: Any, x: Any, y: Any, given: int, origin: Any) -> Any:
    """Sort points by level, y, x, each once, in place.

    Returns:
        their keys; the keys by level, x, y, sorted; and the point of each of these.
    """
    keys = np.empty(given, np.int64)
    for i in range(given):
        keys[i] = _key(level[i], y[i] - origin[1], x[i] - origin[0])
    keys = np.unique(keys)
    turned = np.empty(len(keys), np.int64)
    mask = (np.int64(1) << COORDINATE_BITS) - 1
    for i in range(len(keys)):
        level[i] = keys[i] >> (2 * COORDINATE_BITS)
        y[i] = ((keys[i] >> COORDINATE_BITS) & mask) + origin[1]
        x[i] = (keys[i] & mask) + origin[0]
        turned[i] = _key(level[i], x[i] - origin[0], y[i] - origin[1])
    order = np.argsort(turned)
    return keys, turned[order], order


@njit(cache=True)
def _cover(sorted_keys: Any, first: int, last: int, width: int, gaps: Any) -> None:
    """Mark the gaps between neighbouring points from one key to another; the wider of two wires counts."""
    at = np.searchsorted(sorted_keys, first)
    while at + 1 < len(sorted_keys) and sorted_keys[at] < last:
        gaps[at] = max(gaps[at], width)
        at += 1


@njit(cache=True)
def _find_gaps(seg: Any, seg_level: Any, seg_ends: Any, seg_width: Any, keys: Any, turned: Any, origin: Any) -> Any:
    """Return the width of the wire in the gap behind each point, 0 for none: along x and along y, in either order."""
    along_x, along_y = np.zeros(len(keys), np.int32), np.zeros(len(keys), np.int32)
    for row in range(seg[0], seg[1]):
        level, width = seg_level[row], seg_width[row]
        x1, y1 = seg_ends[row, 0] - origin[0], seg_ends[row, 1] - origin[1]
        x2, y2 = seg_ends[row, 2] - origin[0], seg_ends[row, 3] - origin[1]
        if y1 == y2:
            _cover(keys, _key(level, y1, x1), _key(level, y2, x2), width, along_x)
        else:
            _cover(turned, _key(level, x1, y1), _key(level, x2, y2), width, along_y)
    return along_x, along_y


@njit(cache=True)
def _firm_points(along_x: Any, along_y: Any, order: Any) -> Any:
    """Return which points are more than a place that wire goes straight through."""
    count = len(order)
    firm = np.empty(count, np.bool_)
    for at in range(count):
        i = order[at]
        up, down = along_y[at], along_y[at - 1] if at else 0
        right, left = along_x[i], along_x[i - 1] if i else 0
        straight = (right == left and up == 0 and down == 0) or (up == down and right == 0 and left == 0)
        firm[i] = not straight
    return firm


@njit(cache=True)
def _merge_into_pins(
    first_pin: int, last_pin: int, pin_shapes: Any, shape_level: Any, shape_box: Any, level: Any, x: Any, y: Any,
    firm: Any, pin_point: Any, parent: Any, owner: Any,
) -> None:  # fmt: skip
    """Make the firm points inside of each pin one; a pin with others only takes the first of these.

    Args:
        pin_point: int64, (pins of the net,): point that was added for the pin, or -1; takes a point of the pin.
        parent: int64, (num_points,): trees of points that are one.
        owner: int64, (num_points,): takes at a tree's root the pin that it is.
    """
    for pin in range(first_pin, last_pin):
        mine = pin_point[pin - first_pin]
        weak = -1
        for shape in range(pin_shapes[pin], pin_shapes[pin + 1]):
            for i in range(len(parent)):
                if level[i] != shape_level[shape] or not _holds(shape_box[shape], x[i], y[i]):
                    continue
                if not firm[i]:
                    weak = i if weak < 0 else weak
                elif mine < 0:
                    mine = i
                elif owner[_root(parent, i)] < 0:
                    parent[_root(parent, i)] = _root(parent, mine)
        mine = weak if mine < 0 else mine
        firm[mine] = True
        pin_point[pin - first_pin] = mine
        if owner[_root(parent, mine)] < 0:
            owner[_root(parent, mine)] = pin


@njit(cache=True)
def _nearest(part: Any, wanted: int, used: Any, level: Any, x: Any, y: Any) -> tuple[int, int]:
    """Return the two nearest points of which one lies in a part of the net and the other does not."""
    best, found = _FAR, (-1, -1)
    for i in range(len(part)):
        if part[i] != wanted:
            continue
        for j in range(len(part)):
            if part[j] == wanted or not used[j]:
                continue
            apart = abs(x[i] - x[j]) + abs(y[i] - y[j])
            if level[i] != level[j]:
                apart += _FAR >> 1
            if apart < best:
                best, found = apart, (i, j)
    return found


@njit(cache=True)
def _bridge(
    part: Any, used: Any, level: Any, x: Any, y: Any, ohm_per_dbu: Any, joint_nodes: Any, joint_ohm: Any, joints: int
) -> int:
    """Join the parts of a net, each to its nearest, until there is one; return the number of joints then.

    Args:
        part: int64, (num_points,): trees of points that are joined.
        used: bool, (num_points,): points that the net has.
        joint_nodes, joint_ohm, joints: take the bridges.
    """
    count = len(part)
    labels = np.empty(count, np.int64)
    while True:
        whole, several = -1, False
        for i in range(count):
            labels[i] = _root(part, i) if used[i] else -1
            if used[i]:
                whole = labels[i] if whole < 0 else whole
                several |= labels[i] != whole
        if not several:
            return joints
        for label in range(count):
            if label == whole or labels[label] != label:
                continue
            one, other = _nearest(labels, label, used, level, x, y)
            if _root(part, one) == _root(part, other):
                continue
            part[_root(part, one)] = _root(part, other)
            joint_nodes[joints, 0], joint_nodes[joints, 1] = one, other
            away = abs(x[one] - x[other]) + abs(y[one] - y[other])
            joint_ohm[joints] = max(_TOUCH_OHM, away * ohm_per_dbu[level[one]])
            joints += 1


@njit(cache=True)
def _join_all(parent: Any, firm: Any, pieces: Any, joints: Any) -> Any:
    """Return trees of the points that pins, pieces and joints join; roots are firm points."""
    part = np.arange(len(parent))
    for i in range(len(parent)):
        if firm[i]:
            part[_root(part, i)] = _root(part, _root(parent, i))
    for row in range(len(pieces)):
        part[_root(part, pieces[row, 0])] = _root(part, pieces[row, 1])
    for row in range(len(joints)):
        if joints[row, 1] >= 0:
            part[_root(part, joints[row, 0])] = _root(part, joints[row, 1])
    return part


@njit(cache=True)
def _grow(
    seg_offsets: Any, seg_level: Any, seg_ends: Any, seg_width: Any,
    via_offsets: Any, via_level: Any, via_place: Any, via_box: Any, via_ohm: Any,
    pin_offsets: Any, pin_shapes: Any, shape_level: Any, shape_box: Any, ohm_per_dbu: Any, origin: Any,
) -> Any:  # fmt: skip
    num_nets = len(seg_offsets) - 1
    num_pins = pin_offsets[-1]
    room = 2 * len(seg_level) + 2 * len(via_ohm) + 2 * num_pins
    node_pin = np.empty(room, np.int32)
    piece_level, piece_width = np.empty(2 * room, np.int32), np.empty(2 * room, np.int32)
    piece_ends, piece_nodes = np.empty((2 * room, 4), np.int32), np.empty((2 * room, 2), np.int32)
    joint_nodes, joint_ohm = np.empty((2 * room, 2), np.int32), np.empty(2 * room)
    net_nodes, net_pieces = np.zeros(num_nets + 1, np.int64), np.zeros(num_nets + 1, np.int64)
    net_joints = np.zeros(num_nets + 1, np.int64)
    pin_contact = np.full(num_pins, INSIDE, np.int8)
    net_bridges = np.zeros(num_nets, np.int32)
    nodes = pieces = joints = 0
    for net in range(num_nets):
        seg, via = seg_offsets[net : net + 2], via_offsets[net : net + 2]
        first_pin, last_pin = pin_offsets[net], pin_offsets[net + 1]
        if seg[0] == seg[1] and via[0] == via[1]:
            pin_contact[first_pin:last_pin] = ALONE
            net_nodes[net + 1], net_pieces[net + 1], net_joints[net + 1] = nodes, pieces, joints
            continue
        most = 2 * (seg[1] - seg[0]) + 2 * (via[1] - via[0]) + last_pin - first_pin
        level, x, y = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
        given = _ends(seg, seg_level, seg_ends, via, via_level, via_place, level, x, y)
        pin_point = np.full(last_pin - first_pin, -1, np.int64)
        count = given
        for pin in range(first_pin, last_pin):
            kind, at_level, at_x, at_y = _contact(
                pin_shapes[pin : pin + 2], shape_level, shape_box, level, x, y, given,
                seg, seg_level, seg_ends, seg_width, via, via_level, via_place, via_box,
            )  # fmt: skip
            pin_contact[pin] = kind
            if kind != INSIDE:
                level[count], x[count], y[count] = at_level, at_x, at_y
                pin_point[pin - first_pin] = _key(at_level, at_y - origin[1], at_x - origin[0])
                count += 1
        keys, turned, order = _sort_points(level, x, y, count, origin)
        count = len(keys)
        along_x, along_y = _find_gaps(seg, seg_level, seg_ends, seg_width, keys, turned, origin)
        firm = _firm_points(along_x, along_y, order)
        begin_pieces, begin_joints, begin_nodes = pieces, joints, nodes
        for row in range(via[0], via[1]):
            for side in range(2):
                point = np.searchsorted(
                    keys, _key(via_level[row, side], via_place[row, 1] - origin[1], via_place[row, 0] - origin[0])
                )
                firm[point] = True
                joint_nodes[joints, side] = point
            joint_ohm[joints] = via_ohm[row]
            joints += 1
        for i in range(len(pin_point)):
            if pin_point[i] >= 0:
                pin_point[i] = np.searchsorted(keys, pin_point[i])
        parent, owner = np.arange(count), np.full(count, -1, np.int64)
        _merge_into_pins(
            first_pin, last_pin, pin_shapes, shape_level, shape_box, level, x, y, firm, pin_point, parent, owner
        )
        for pin in range(first_pin, last_pin):  # of two pins at one point the second has a node of its own
            if owner[_root(parent, pin_point[pin - first_pin])] != pin:
                joint_nodes[joints, 0], joint_nodes[joints, 1] = pin_point[pin - first_pin], -1 - pin
                joint_ohm[joints] = _TOUCH_OHM
                joints += 1
        for direction in range(2):  # pieces of wire between firm points
            gaps = along_x if direction == 0 else along_y
            start = -1
            for at in range(count):
                i = at if direction == 0 else order[at]
                if start >= 0 and firm[i]:
                    piece_level[pieces], piece_width[pieces] = level[i], gaps[at - 1]
                    piece_ends[pieces, 0], piece_ends[pieces, 1] = x[start], y[start]
                    piece_ends[pieces, 2], piece_ends[pieces, 3] = x[i], y[i]
                    piece_nodes[pieces, 0], piece_nodes[pieces, 1] = start, i
                    pieces += 1
                    start = -1
                if firm[i] and gaps[at] > 0:
                    start = i
        part = _join_all(parent, firm, piece_nodes[begin_pieces:pieces], joint_nodes[begin_joints:joints])
        bridges = joints
        joints = _bridge(part, firm, level, x, y, ohm_per_dbu, joint_nodes, joint_ohm, joints)
        net_bridges[net] = joints - bridges
        # Number the nodes: pins first, others as they come.
        number = np.full(count, -1, np.int64)
        for pin in range(first_pin, last_pin):
            node_pin[nodes] = pin
            mine = _root(parent, pin_point[pin - first_pin])
            if owner[mine] == pin:
                number[mine] = nodes
            nodes += 1
        for table, first, last in ((piece_nodes, begin_pieces, pieces), (joint_nodes, begin_joints, joints)):
            for row in range(first, last):
                for end in range(2):
                    if table[row, end] < 0:
                        table[row, end] = begin_nodes + (-1 - table[row, end]) - first_pin
                        continue
                    mine = _root(parent, table[row, end])
                    if number[mine] < 0:
                        node_pin[nodes], number[mine] = -1, nodes
                        nodes += 1
                    table[row, end] = number[mine]
        net_nodes[net + 1], net_pieces[net + 1], net_joints[net + 1] = nodes, pieces, joints
    return (
        net_nodes, node_pin[:nodes].copy(), net_pieces, piece_level[:pieces].copy(), piece_width[:pieces].copy(),
        piece_ends[:pieces].copy(), piece_nodes[:pieces].copy(), net_joints, joint_nodes[:joints].copy(),
        joint_ohm[:joints].copy(), pin_contact, net_bridges,
    )  # fmt: skip
