"""The catalogue as it is now."""

import numpy as np
import pytest

from functions.recommendation.catalogue import MOST_KEPT, Derived
from functions.recommendation.conditions import Condition
from functions.recommendation.filters import mask_of
from functions.recommendation.items import SqliteItemStore, get_item_store
from functions.recommendation.live import MAX_AGE_S, LiveCatalogue
from shared.errors import StoreUnavailable


@pytest.fixture
def live(model) -> LiveCatalogue:
    return LiveCatalogue(model)


def fitting(catalogue, **condition) -> set[str]:
    mask = mask_of(Condition(**condition), catalogue)
    return {catalogue.ids[row] for row in np.flatnonzero(mask)}


def test_without_anything_written_it_is_the_models(live, model):
    assert live.now() == (model.catalogue, [])
    assert live.now()[0] is model.catalogue


def test_what_is_written_stands_in_for_the_models(live, model):
    get_item_store().write([("22697", {"price": 99.5}), ("NO-SUCH", {"price": 99.5})])
    catalogue, _ = live.now()
    assert fitting(catalogue, field="price", eq=99.5) == {"22697"}
    assert model.catalogue.fields["price"][model.row("22697")] != 99.5
    get_item_store().write([("22697", {"price": None})])
    catalogue, _ = live.now(anew=True)
    assert np.array_equal(catalogue.fields["price"], model.catalogue.fields["price"])


def test_new_fields_of_numbers_and_of_text(live):
    get_item_store().write(
        [
            ("22697", {"stock": 3.0, "brand": "Roses"}),
            ("22698", {"stock": 0.0, "brand": "Longer name"}),
        ]
    )
    catalogue, _ = live.now()
    assert fitting(catalogue, field="stock", gte=1) == {"22697"}
    assert fitting(catalogue, field="stock", lt=1) == {"22698"}  # and none that has none
    assert fitting(catalogue, field="brand", eq="Longer name") == {"22698"}
    get_item_store().write([("22699", {"brand": "Even a longer name than that"})])
    catalogue, _ = live.now(anew=True)
    assert fitting(catalogue, field="brand", eq="Even a longer name than that") == {"22699"}
    assert fitting(catalogue, field="brand", eq="Roses") == {"22697"}


def test_inactive_items_are_told_until_they_are_active_again(live, model):
    get_item_store().write([("22697", {"active": False}), ("22698", {"active": True})])
    catalogue, _ = live.now()
    assert [catalogue.ids[row] for row in np.flatnonzero(~catalogue.active)] == ["22697"]
    get_item_store().write([("22697", {"active": True})])
    assert live.now(anew=True)[0].active is None


def test_what_another_process_writes_is_obeyed_after_a_second(live, monkeypatch):
    now = [1_800_000_000.0]
    monkeypatch.setattr("functions.recommendation.live.time.time", lambda: now[0])
    live.now()
    get_item_store().write([("22697", {"price": 99.5})])
    now[0] += MAX_AGE_S / 2
    assert fitting(live.now()[0], field="price", eq=99.5) == set()
    now[0] += MAX_AGE_S
    assert fitting(live.now()[0], field="price", eq=99.5) == {"22697"}


def test_a_store_is_asked_once_a_second(live, monkeypatch):
    calls = []
    changes = SqliteItemStore.changes
    monkeypatch.setattr(
        SqliteItemStore, "changes", lambda *args: calls.append(args) or changes(*args)
    )
    for _ in range(50):
        live.now()
    live.now(anew=True)
    assert 2 <= len(calls) <= 10


def test_a_store_that_is_away_leaves_what_is_known_and_says_so(live, monkeypatch):
    get_item_store().write([("22697", {"price": 99.5})])
    live.now()

    def away(*_):
        raise StoreUnavailable("The item store did not answer.")

    monkeypatch.setattr(SqliteItemStore, "changes", away)
    catalogue, (warning,) = live.now(anew=True)
    assert fitting(catalogue, field="price", eq=99.5) == {"22697"}
    assert "may be old" in warning


def test_a_value_of_another_kind_than_the_field_is_as_good_as_none(live, model):
    get_item_store().write([("22697", {"price": "cheap"})])
    catalogue, _ = live.now()
    row = model.row("22697")
    assert catalogue.fields["price"][row] == model.catalogue.fields["price"][row]


def test_a_filter_is_computed_once_until_its_field_changes(live, monkeypatch):
    cheap, plenty = Condition(field="price", lte=1), Condition(field="stock", gte=1)
    get_item_store().write([("22697", {"stock": 3})])
    catalogue, _ = live.now(anew=True)
    before = mask_of(cheap, catalogue), mask_of(plenty, catalogue)
    assert mask_of(Condition(field="price", lte=1), catalogue) is before[0]
    get_item_store().write([("22698", {"stock": 1})])
    catalogue, _ = live.now(anew=True)
    assert mask_of(cheap, catalogue) is before[0]
    assert fitting(catalogue, field="stock", gte=1) == {"22697", "22698"}
    with pytest.raises(ValueError, match="read-only"):
        before[0][0] = True


def test_combined_filters_follow_each_of_their_fields(live, model):
    both = {"and": [{"field": "stock", "gte": 1}, {"not": {"field": "price", "gt": 2}}]}
    get_item_store().write([("22697", {"stock": 3, "price": 1}), ("22698", {"price": 1})])
    catalogue, _ = live.now(anew=True)
    condition = Condition.model_validate(both)
    assert mask_of(condition, catalogue) is mask_of(condition, catalogue)
    assert fitting(catalogue, **both) == {"22697"}
    get_item_store().write([("22697", {"price": 5}), ("22698", {"stock": 1})])
    assert fitting(live.now(anew=True)[0], **both) == {"22698"}


def test_no_more_than_so_much_is_kept_of_what_was_made_from_fields(monkeypatch):
    monkeypatch.setattr("functions.recommendation.catalogue.MOST_KEPT_BYTES", 1_000)
    derived, field, made = Derived(), np.zeros(10), []

    def make(key, count):
        return derived.of((field,), key, lambda: made.append(key) or np.full(count, key))

    for key in (1, 2):
        make(key, 60)  # 480 bytes each
    make(1, 60)
    assert made == [1, 2]
    assert make(3, 60)[0] == 3
    assert [make(2, 60)[0], make(1, 60)[0]] == [2, 1]
    assert made == [1, 2, 3, 1]
    assert len(make(4, 500)) == 500  # more than all that is kept, and kept alone
    for key in range(10, 200):
        make(key, 0)
    assert len(derived._kept) <= MOST_KEPT
