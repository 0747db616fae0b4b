"""What controls come to, against a plain and slow account of them, for requests drawn at random."""

from math import log

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.recommendation.items import get_item_store
from functions.recommendation.ranking import _rounded
from functions.recommendation.responses import ItemsResponse
from functions.recommendation.schemas import RecommendationRequest
from functions.recommendation.service import get_service

VARIANTS = 3
PRICES = st.sampled_from([0.2, 0.85, 1.65, 2.95, 8.5, 20.0])


@pytest.fixture
def catalogue(service):
    """The real one, with stock and groups that were written since the training."""
    ids = service.model.catalogue.ids
    fields = [{"stock": row % 4, "group": f"g{row // VARIANTS}"} for row in range(len(ids) - 50)]
    get_item_store().write(list(zip(ids, fields, strict=False)))
    return service.live.now(anew=True)[0]


def conditions():
    price = st.builds(lambda name, it: {"field": "price", name: it}, operators(), PRICES)
    stock = st.builds(lambda it: {"field": "stock", "gte": it}, st.integers(0, 3))
    plain = price | stock
    pairs = st.builds(lambda name, two: {name: two}, st.sampled_from(["and", "or"]), pair(plain))
    return plain | pairs | st.builds(lambda it: {"not": it}, plain)


def operators():
    return st.sampled_from(["lt", "lte", "gt", "gte"])


def pair(conditions_):
    return st.lists(conditions_, min_size=2, max_size=2)


@st.composite
def controls(draw, count):
    k = draw(st.integers(1, 15))
    rows = st.integers(0, count - 1)
    places = draw(st.lists(st.none() | st.integers(1, k), max_size=min(3, k)))
    taken = draw(st.lists(rows, min_size=8, max_size=8, unique=True))
    given_places = [place for place in places if place is not None]
    if len(set(given_places)) < len(given_places):
        places = []
    share = st.sampled_from([0.05, 0.1, 0.2, 0.3])
    dear = st.sampled_from([{"field": "price", "gte": it} for it in (5.0, 8.5, 20.0)])
    promotion = st.builds(lambda f, s: {"filter": f, "share": s}, dear | conditions(), share)
    boost = st.builds(
        lambda f, x: {"filter": f, "factor": x}, conditions(), st.sampled_from([0.25, 1.5, 3, 20])
    )
    return {
        "history": draw(st.lists(rows, min_size=1, max_size=6)),
        "k": k,
        "filter": draw(st.none() | conditions()),
        "promotions": draw(st.lists(promotion, max_size=3)),
        "boosts": draw(st.lists(boost, max_size=3)),
        "pinned": list(zip(taken, places, strict=False)),
        "excluded": draw(st.just(taken[4:]) | st.just([])),
        "one_per": draw(st.sampled_from([None, "group", "price"])),
        "exclude_seen": draw(st.booleans()),
    }


def fits(condition, fields, row) -> bool:
    """Whether a filter lets an item through, condition by condition."""
    if "not" in condition:
        return not fits(condition["not"], fields, row)
    if "and" in condition:
        return all(fits(part, fields, row) for part in condition["and"])
    if "or" in condition:
        return any(fits(part, fields, row) for part in condition["or"])
    value = float(fields[condition["field"]][row])
    return any(
        {"lt": value < it, "lte": value <= it, "gt": value > it, "gte": value >= it}[name]
        for name, it in condition.items()
        if name != "field"
    )


class Plain:
    """An answer's items and what is said of them, an item at a time over all items in order."""

    def __init__(self, asked, scores, fields) -> None:
        self.asked, self.fields, self.k = asked, fields, asked["k"]
        self.scores = [float(score) for score in scores]
        for row in range(len(self.scores)):
            for boost in asked["boosts"]:
                if fits(boost["filter"], fields, row):
                    self.scores[row] += log(boost["factor"])
        self.pins = [(row, at) for row, at in asked["pinned"] if self.lets(row)]
        self.pinned = [row for row, _ in self.pins]
        rows = [row for row in range(len(self.scores)) if self.may_be_shown(row)]
        self.order = sorted(rows, key=lambda row: -self.scores[row])

    def lets(self, row):
        return self.asked["filter"] is None or fits(self.asked["filter"], self.fields, row)

    def may_be_shown(self, row):
        if row in self.pinned or not self.lets(row) or row in self.asked["excluded"]:
            return False
        return not (self.asked["exclude_seen"] and row in self.asked["history"])

    def group(self, row):
        value = None if self.asked["one_per"] is None else self.fields[self.asked["one_per"]][row]
        return row if value is None or value == "" or value != value else f"{value}"

    def first(self, rows, count, shown):
        """The first rows of other groups than each other and what is shown."""
        groups, found = {self.group(row) for row in shown}, []
        for row in rows:
            if self.group(row) not in groups and len(found) < count:
                groups.add(self.group(row))
                found.append(row)
        return found

    def rows(self):
        """The answer's items in order, and of each promotion what was there and what was added."""
        room = self.k - len(self.pinned)
        wishes = [(it["filter"], max(1, round(it["share"] * self.k))) for it in self.promotions]
        best = self.first(self.order, room + sum(count for _, count in wishes), self.pinned)
        top, kept, added, said = best[:room], [], [], []
        for condition, places in wishes:
            pins = [row for row in self.pinned if fits(condition, self.fields, row)]
            there = [row for row in top if fits(condition, self.fields, row)]
            for row in there[: max(0, places - len(pins))]:
                if row not in kept and len(kept) + len(added) < room:
                    kept.append(row)
            missing = min(places - len(pins) - len(there), room - len(added) - len(kept))
            missing -= sum(fits(condition, self.fields, row) for row in added)
            others = [row for row in self.order if fits(condition, self.fields, row)]
            others = [row for row in others if row not in {*top, *added}]
            new = self.first(others, max(0, missing), [*self.pinned, *kept, *added])
            added += new
            said.append((len(pins) + len(there), len(new)))
        groups = {self.group(row) for row in [*self.pinned, *kept, *added]}
        others = [row for row in best if self.group(row) not in groups]
        organic = {*kept, *others[: max(0, room - len(added) - len(kept))]} if said else {*top}
        return self.placed([row for row in best if row in organic], added), said

    @property
    def promotions(self):
        return self.asked["promotions"]

    def placed(self, organic, added):
        total = len(organic) + len(added)
        line = list(organic)
        for place, row in enumerate(added):
            line.insert(int((place + 0.5) * total / len(added)), row)
        line = [row for row, at in self.pins if at is None] + line
        for row, at in sorted(
            ((r, a) for r, a in self.pins if a is not None), key=lambda it: it[1]
        ):
            line.insert(at - 1, row)
        return line


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_controls_come_to_what_a_plain_account_of_them_does(service, catalogue, data):
    model = service.model
    asked = data.draw(controls(model.count))
    ids = catalogue.ids
    request = RecommendationRequest(
        **asked
        | {
            "history": [{"item_id": ids[row], "event": "purchase"} for row in asked["history"]],
            "pinned": [{"item_id": ids[row], "place": at} for row, at in asked["pinned"]],
            "excluded": [ids[row] for row in asked["excluded"]],
        }
    )
    (answer,) = get_service().rank([request])
    if not isinstance(answer, ItemsResponse):
        raise answer
    plain = Plain(asked, scores_of(model, asked["history"]), catalogue.fields)
    rows, said = plain.rows()
    got = [model.row(item.item_id) for item in answer.items]
    assert [item.score for item in answer.items] == pytest.approx(
        [plain.scores[row] for row in got], abs=2e-3
    )
    # Items whose scores are the same to the last digits may be in either order.
    assert same_but_for_equals(got, rows, plain.scores)
    effects = answer.controls.promotions if answer.controls else []
    assert [(it.already, it.added) for it in effects] == said


def scores_of(model, history):
    """Scores of all items for purchases of these just now, (N,)."""
    from functions.recommendation.model import EVENT_TYPES, Events

    count, kind = len(history), EVENT_TYPES.index("purchase")
    states, items, added = model.encode(
        [Events(list(history), [kind] * count, [0.0] * count, [1.0] * count)]
    )
    return model.scores(model.ranking(states, events=(items, added)))[0, : model.count]


def same_but_for_equals(got, expected, scores) -> bool:
    if len(got) != len(expected) or len(set(got)) != len(got):
        return False
    return all(
        one == other or abs(scores[one] - scores[other]) < 1e-5
        for one, other in zip(got, expected, strict=True)
    )


def test_scores_are_rounded_as_python_rounds_them():
    scores = np.random.default_rng(0).normal(0, 5, 10_000).astype(np.float32)
    scores[:4] = 1 / 32, -np.inf, 3 / 32, 0
    assert _rounded(scores) == [round(float(score), 4) for score in scores]
