"""Which of the ranked items are shown at which place, where a request has controls."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from functions.recommendation.model import Array
from functions.recommendation.steering import Promoted, Steering

SPARE = 10  # items that are ranked beside those that are shown, of groups


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
    more = 2 * k + SPARE if steering.groups is not None else 0
    promoted = sum(promotion.places for promotion in steering.promotions)
    return k + len(steering.pinned) + promoted + more


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
    pinned = steering.pinned_rows
    room = k - len(pinned)
    wanted = room + sum(promotion.places for promotion in steering.promotions)
    best, left_out = _best(steering, rows, pinned, wanted)
    if len(best) < wanted and left_out and len(rows) < np.isfinite(scores).sum():
        best, left_out = _best(steering, _in_order(scores), pinned, wanted)
    placed = Placed([], left_out=left_out)
    kept, added = _promote(steering, placed, best[:room], scores, room)
    taken = _groups(steering, [*pinned, *kept, *added])
    others = [row for row in best if row not in kept and not taken & _groups(steering, [row])]
    chosen = set(kept).union(others[: room - len(added) - len(kept)])
    organic = [row for row in best if row in chosen]
    placed.rows = _with_pins(steering.pinned, _spread(organic, added))
    return placed


def _groups(steering: Steering, rows: Iterable[int]) -> set[int]:
    """The groups of rows; none where the request does not look at them."""
    return set() if steering.groups is None else {int(steering.groups[row]) for row in rows}


def _best(
    steering: Steering, rows: Iterable[int], pinned: Sequence[int], count: int
) -> tuple[list[int], int]:
    """The first rows that are neither pinned nor of the group of one before, and how many were."""
    if steering.groups is None:
        apart = set(pinned)
        return [row for row in rows if row not in apart][:count], 0
    best: list[int] = []
    left_out, taken = 0, _groups(steering, pinned)
    for row in rows:
        if len(best) == count:
            break
        group = int(steering.groups[row])
        if group not in taken:
            taken.add(group)
            best.append(row)
        elif row not in pinned:
            left_out += 1
    return best, left_out


def _in_order(scores: Array) -> Iterator[int]:
    """All rows that may be shown, best first."""
    order = np.argsort(-scores, kind="stable")
    return iter(order[np.isfinite(scores[order])].tolist())


def _promote(
    steering: Steering, placed: Placed, best: Sequence[int], scores: Array, room: int
) -> tuple[list[int], list[int]]:
    """What is shown for promotions: of the best rows those that must stay, and rows beside them."""
    kept: list[int] = []
    added: list[int] = []
    for promotion in steering.promotions:
        pins = sum(bool(promotion.mask[row]) for row in steering.pinned_rows)
        fitting = [row for row in best if promotion.mask[row]]
        placed.already.append(pins + len(fitting))
        kept += [row for row in fitting[: max(0, promotion.places - pins)] if row not in kept]
        del kept[room - len(added) :]
        missing = min(promotion.places - pins - len(fitting), room - len(added) - len(kept))
        missing -= sum(bool(promotion.mask[row]) for row in added)
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
    rows = np.flatnonzero(promotion.mask)
    values = scores[rows]
    taken = _groups(steering, [*steering.pinned_rows, *shown])
    most = len(apart) + count + (SPARE * count if steering.groups is not None else 0)
    if len(rows) > most:
        part = np.argpartition(-values, most)[:most]
        rows, values = rows[part], values[part]
    order = np.lexsort((rows, -values))
    found: list[int] = []
    for row in rows[order[: int(np.isfinite(values).sum())]].tolist():
        group = _groups(steering, [row])
        if row not in apart and not group & taken:
            taken |= group
            found.append(row)
            if len(found) == count:
                break
    return found


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
