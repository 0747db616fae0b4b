"""Which of the ranked items are shown at which place, where a request has controls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from functions.recommendation.model import Array
from functions.recommendation.plans import Promoted
from functions.recommendation.steering import Steering

SPARE = 10  # items that are ranked beside those that are shown, of groups
SORTED_WHOLE = 1_000  # so many are sorted sooner than the best of them are looked for
LOOKED_UP = 8  # so many of the best are looked for one by one


@dataclass(slots=True)
class Placed:
    """The items to show.

    Attributes:
        rows: in order.
        promoted: names of the promotions by which rows are shown that would not be otherwise.
        already: by promotion, how many of its items are shown without it.
        left_out: how many items had to give way to one of their group.
    """

    rows: list[int]
    promoted: dict[int, str] = field(default_factory=dict)
    already: list[int] = field(default_factory=list)
    left_out: int = 0


def candidates_of(steering: Steering, k: int) -> int:
    """How many items to rank, so that ``k`` are mostly left."""
    plan = steering.plan
    more = 2 * k + SPARE if plan.groups is not None else 0
    return k + len(steering.pinned) + plan.places + more


def arrange(steering: Steering, k: int, rows: Sequence[int], scores: Array) -> Placed:
    """Put items at their places: pinned ones, those of promotions, then the best.

    Args:
        steering: of the request.
        k: how many are shown.
        rows: best first, as many as `candidates_of` says, or all that may be shown.
        scores: (N,) or more, of all items; minus infinity where one may not be shown.

    Returns:
        At most ``k`` rows. Promotions count what is shown without them, and take the places of
        what is worst; their places are spread evenly.
    """
    plan, pinned = steering.plan, steering.pinned_rows
    room = k - len(pinned)
    wanted = room + plan.places
    best, left_out = _best(steering, rows, wanted)
    if len(best) < wanted and left_out and len(rows) < np.isfinite(scores).sum():
        best, left_out = _best(steering, _in_order(scores), wanted)
    placed = Placed([], left_out=left_out)
    top = list(best)[:room]
    kept, added = _promote(steering, placed, top, scores, room) if plan.promotions else ([], [])
    if kept or added:
        taken = {*steering.numbers([*pinned, *kept, *added])}
        others = [row for row, group in best.items() if group not in taken]
        chosen = set(kept).union(others[: room - len(added) - len(kept)])
        top = _spread([row for row in best if row in chosen], added)
    placed.rows = _with_pins(steering.pinned, top) if pinned else top
    return placed


def _best(steering: Steering, rows: Sequence[int], count: int) -> tuple[dict[int, int], int]:
    """The first rows that are neither pinned nor of the group of one before, each with its group.

    The other number is how many had to give way to one of their group.
    """
    groups, pinned = steering.plan.groups, steering.pinned_rows
    if groups is None:
        apart = {*pinned}
        others = [row for row in rows if row not in apart] if pinned else rows
        return {row: row for row in others[:count]}, 0
    best: dict[int, int] = {}
    left_out, taken = 0, {*steering.numbers(pinned)}
    for row in rows:
        if len(best) == count:
            break
        group = groups[row]
        if group not in taken:
            taken.add(group)
            best[row] = group
        elif row not in pinned:
            left_out += 1
    return best, left_out


def _in_order(scores: Array) -> list[int]:
    """All rows that may be shown, best first."""
    order = np.argsort(-scores, kind="stable")
    found: list[int] = order[np.isfinite(scores[order])].tolist()
    return found


def _promote(
    steering: Steering, placed: Placed, best: Sequence[int], scores: Array, room: int
) -> tuple[list[int], list[int]]:
    """What is shown for promotions: of the best rows those that must stay, and rows beside them."""
    kept: list[int] = []
    added: list[int] = []
    for promotion in steering.plan.promotions:
        pins = len(promotion.of(steering.pinned_rows))
        fitting = promotion.of(best)
        placed.already.append(pins + len(fitting))
        kept += [row for row in fitting[: max(0, promotion.places - pins)] if row not in kept]
        del kept[room - len(added) :]
        missing = min(promotion.places - pins - len(fitting), room - len(added) - len(kept))
        missing -= len(promotion.of(added))
        if missing > 0:
            apart = {*steering.pinned_rows, *best, *added}
            found = _promoted(steering, promotion, scores, apart, [*kept, *added], missing)
            placed.promoted |= dict.fromkeys(found, promotion.name)
            added += found
    return kept, added


def _promoted(
    steering: Steering,
    promotion: Promoted,
    scores: Array,
    apart: set[int],
    shown: Sequence[int],
    count: int,
) -> list[int]:
    """The best rows of a promotion that are not shown yet, nor of a group that is."""
    groups = steering.plan.groups
    taken = {*steering.numbers([*steering.pinned_rows, *shown])}
    most = len(apart) + count + (SPARE * count if groups is not None else 0)
    found: list[int] = []
    for row in _in_turn(promotion.rows, scores, most):
        if row not in apart and (group := row if groups is None else groups[row]) not in taken:
            taken.add(group)
            found.append(row)
            if len(found) == count:
                break
    return found


def _in_turn(rows: Array, scores: Array, most: int) -> Iterator[int]:
    """Some rows, the best first, of equals the first; none that may not be shown.

    Args:
        rows: (M,), ascending.
        scores: (N,) or more, of all items.
        most: how many are wanted.
    """
    values = scores.take(rows)
    for _ in range(min(LOOKED_UP, most, len(rows))):
        place = int(values.argmax(axis=0))
        if values[place] == -np.inf:
            return
        values[place] = -np.inf
        yield int(rows[place])
    most -= LOOKED_UP
    if most <= 0 or len(rows) <= LOOKED_UP:
        return
    values = -values
    if len(rows) > max(most, SORTED_WHOLE):
        part = np.sort(values.argpartition(most)[:most])
        rows, values = rows[part], values[part]
    order = values.argsort(kind="stable")[:most]
    yield from rows[order[: int(np.isfinite(values[order]).sum())]].tolist()


def _spread(organic: Sequence[int], added: Sequence[int]) -> list[int]:
    """Rows in order, with those of promotions at places as far from each other as they can be."""
    total = len(organic) + len(added)
    at = {int((place + 0.5) * total / len(added)): row for place, row in enumerate(added)}
    others = iter(organic)
    return [at[place] if place in at else next(others) for place in range(total)]


def _with_pins(pinned: Sequence[tuple[int | None, int]], others: Sequence[int]) -> list[int]:
    """Rows in order, with pinned ones at their places, or as near as there are items."""
    at = {place: row for place, row in pinned if place is not None}
    queue = [*(row for place, row in pinned if place is None), *others]
    rows: list[int] = []
    following = iter(queue)
    for place in range(len(at) + len(queue)):
        row = at.pop(place, None)
        if row is None:
            row = next(following, None)
        if row is None:
            break
        rows.append(row)
    return [*rows, *(at[place] for place in sorted(at))]
