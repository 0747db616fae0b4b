"""Files, the split and the batches: what a model may see, and what is held out of it."""

import time

import numpy as np
import pytest

from tests.training import toy_recommendation as toy
from training.errors import DataError
from training.recommendation.batches import (
    WITHIN_BASKET,
    case_batches,
    next_items,
    training_batches,
    windows,
)
from training.recommendation.datasets import read_sequences
from training.recommendation.files import read_files, read_items, timestamp_of
from training.recommendation.interactions import split

HEADER = "user_id,item_id,event,timestamp\n"
ITEMS = "item_id,title\nm,Mug\np,Plate\n"


def written(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


def test_events_are_sorted_by_time_and_equal_times_keep_their_order(tmp_path):
    events = written(
        tmp_path, "e.csv", HEADER + "a,p,purchase,30\nb,m,cart,5\na,m,view,10\na,m,cart,30\n"
    )
    data = read_files(events, written(tmp_path, "i.csv", ITEMS))
    assert [item.title for item in data.catalogue] == ["Mug", "Plate"]
    first, second = data.histories
    assert first.items.tolist() == [0, 1, 0]
    assert first.events.tolist() == [0, 2, 1]
    assert first.times.tolist() == [10, 30, 30]
    assert (second.items.tolist(), second.events.tolist()) == ([0], [1])
    assert data.timed
    assert (data.sources[0].name, data.sources[0].rows) == ("e.csv", 4)


@pytest.mark.parametrize(
    "text", ["1769860800", "1769860800.0", "2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00"]
)
def test_a_time_is_seconds_or_iso_8601(text):
    assert timestamp_of(text, "here") == 1_769_860_800


def test_a_time_without_a_zone_is_utc_on_every_machine(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert timestamp_of("2026-01-31T12:00:00", "here") == 1_769_860_800
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["", "yesterday", "31.01.2026", "nan", "inf"])
def test_what_is_no_time_is_told(text):
    with pytest.raises(DataError, match=r"here: .* is no time"):
        timestamp_of(text, "here")


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    events = written(tmp_path, "e.csv", HEADER + "a,m,view,1\n", "utf-8-sig")
    assert len(read_files(events, written(tmp_path, "i.csv", ITEMS, "utf-8-sig")).histories) == 1


def test_without_an_items_file_ids_stand_for_titles(tmp_path):
    data = read_files(written(tmp_path, "e.csv", HEADER + "a,m,view,1\na,x,view,2\n"), None)
    assert [(item.item_id, item.title) for item in data.catalogue] == [("m", "m"), ("x", "x")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEADER + "a,m,view,1\na,m,click,2\n", "line 3: event 'click' is none of view, cart"),
        (HEADER + "a,vase,view,1\n", "line 2: item 'vase' is not in"),
        (HEADER + "a,m,view,soon\n", "line 2: 'soon' is no time"),
        (HEADER + "a,m,view\n", "line 2"),
        (HEADER + "a,m,view,1,2\n", "line 2"),
        ("user_id,item_id,event\na,m,view\n", "lacks the column timestamp"),
        (HEADER, "no events"),
        ("", "lacks the column"),
    ],
)
def test_events_that_cannot_be_used_are_told_with_their_line(tmp_path, content, told):
    with pytest.raises(DataError, match=told):
        read_files(written(tmp_path, "e.csv", content), written(tmp_path, "i.csv", ITEMS))


def test_a_file_that_is_not_there_or_not_utf_8_is_told(tmp_path):
    with pytest.raises(DataError, match="No file"):
        read_files(tmp_path / "none.csv", None)
    latin = written(tmp_path, "i.csv", "item_id,title\nm,Gemüseschüssel\n", "latin-1")
    with pytest.raises(DataError, match="UTF-8"):
        read_items(latin)


def test_a_column_is_numbers_where_all_of_it_is(tmp_path):
    text = "title,item_id,price,size\nMug,m,2.5,4\nPlate,p,,large\n"
    mug, plate = read_items(written(tmp_path, "i.csv", text))
    assert mug.fields == {"price": 2.5, "size": "4"}
    assert np.isnan(plate.fields["price"])
    assert plate.fields["size"] == "large"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (ITEMS + "m,Other mug\n", "line 4: item 'm' is there twice"),
        ("item_id,name\nm,Mug\n", "lacks the column title"),
        (ITEMS + "v,Vase, blue\n", "line 4"),
    ],
)
def test_items_that_cannot_be_used_are_told_with_their_line(tmp_path, content, told):
    with pytest.raises(DataError, match=told):
        read_items(written(tmp_path, "i.csv", content))


def test_a_sequence_file_has_a_user_a_line(tmp_path):
    titles = written(tmp_path, "items.tsv", 'item_id\ttitle\n10\tA "red" mug\n2\tPlate\n')
    data = read_sequences(written(tmp_path, "s.txt", "1 10 2 7\n2 2 10\n"), titles)
    assert [item.item_id for item in data.catalogue] == ["2", "7", "10"]
    assert [item.title for item in data.catalogue] == ["Plate", "7", 'A "red" mug']
    assert [h.items.tolist() for h in data.histories] == [[2, 0, 1], [0, 2]]
    assert data.histories[0].basket_starts().tolist() == [0, 1, 2]
    assert not data.timed
    assert data.sources[0].rows == 5


def test_a_bad_or_missing_sequence_file_is_told(tmp_path):
    with pytest.raises(DataError, match="line 2: not a user's number"):
        read_sequences(written(tmp_path, "s.txt", "1 2 3\n2 x 3\n"))
    with pytest.raises(DataError, match="No file"):
        read_sequences(tmp_path / "none.txt")
    with pytest.raises(DataError, match="No file"):
        read_sequences(written(tmp_path, "t.txt", "1 2 3\n"), tmp_path / "none.tsv")


def test_a_basket_is_a_run_of_one_time():
    starts = toy.history([4, 5, 6, 7, 8], [1, 1, 2, 3, 3]).basket_starts()
    assert starts.tolist() == [0, 2, 3]


def test_the_last_basket_is_the_test_and_the_one_before_it_the_validation():
    whole = toy.history([1, 2, 3, 4, 5, 5, 6], [10, 10, 20, 30, 30, 30, 40])
    parts = split(toy.interactions([whole], 9))
    assert parts.train[0].items.tolist() == [1, 2, 3]
    (validation,), (test,) = parts.validation, parts.test
    assert (validation.history.items.tolist(), validation.basket.tolist()) == ([1, 2, 3], [4, 5])
    assert (test.history.items.tolist(), test.basket.tolist()) == ([1, 2, 3, 4, 5, 5], [6])
    assert (validation.time, test.time) == (30, 40)


def test_nothing_that_is_held_out_is_trained_on():
    rng = np.random.default_rng(0)
    histories = [
        toy.history(range(count), np.sort(rng.integers(0, 6, count)))
        for count in rng.integers(1, 15, 200)
    ]
    parts = split(toy.interactions(histories, 20))
    held = [h for h in histories if len(h.basket_starts()) >= 3]
    assert len(parts.train) == len(histories)
    assert len(parts.test) == len(parts.validation) == len(held) > 50
    kept = [t for t, h in zip(parts.train, histories, strict=True) if len(h.basket_starts()) >= 3]
    for train, validation, test in zip(kept, parts.validation, parts.test, strict=True):
        assert train.times.max() < validation.time < test.time
        assert len(train) == validation.events
        assert validation.history.times.max() < validation.time
        assert test.history.times.max() == validation.time


def test_users_with_too_few_baskets_are_trained_on_whole():
    few = toy.history([1, 2, 3], [1, 1, 2])
    parts = split(toy.interactions([few], 5))
    assert parts.train == [few]
    assert not parts.validation
    assert not parts.test


def test_after_a_basket_an_item_of_the_next_is_wanted_at_its_time():
    whole = toy.history([1, 2, 3, 4, 5, 6], [10, 10, 20, 30, 30, 30])
    rng = np.random.default_rng(0)
    found = [next_items(whole, rng) for _ in range(200)]
    for targets, queries in found:
        assert targets[1] == 3
        assert targets[5] == -1  # nothing follows the last event
        assert queries.tolist() == [10, 20, 30, 30, 30, 30]
    assert {int(targets[2]) for targets, _ in found} == {4, 5, 6}


def test_inside_of_a_basket_a_later_item_of_it_is_wanted_now_and_then():
    whole = toy.history([1, 2, 3, 4, 5, 6], [10, 10, 20, 30, 30, 30])
    rng = np.random.default_rng(0)
    targets = np.array([next_items(whole, rng)[0] for _ in range(400)])
    assert set(targets[:, 0].tolist()) == {-1, 2}
    assert set(targets[:, 3].tolist()) == {-1, 5, 6}
    assert set(targets[:, 4].tolist()) == {-1, 6}
    asked = np.mean(targets[:, [0, 3, 4]] >= 0)
    assert asked == pytest.approx(WITHIN_BASKET, abs=0.05)


@pytest.mark.parametrize(("length", "overlap"), [(5, 0.5), (5, 0.0), (1, 0.5), (30, 0.5)])
def test_windows_cover_every_event(length, overlap):
    histories = [toy.history(range(count)) for count in (1, 4, 5, 6, 23)]
    pieces = windows(histories, length, overlap)
    assert max(map(len, pieces)) <= length
    for whole in histories:
        assert any(set(whole.items.tolist()) == set(p.items.tolist()) for p in pieces) or (
            len(whole) > length
        )
    longest = [p for p in pieces if p.items.max() >= 6 or length < 7]
    assert set(range(23)) <= {int(item) for p in longest for item in p.items}
    for piece in pieces:
        assert np.all(np.diff(piece.items) == 1)


def test_an_epoch_has_every_history_once_padded_on_the_left():
    histories = [toy.history(range(n, 2 * n), np.arange(n) + 100, [n % 3] * n) for n in range(2, 9)]
    found = {}
    for batch in training_batches(histories, 3, 50, seed=1):
        assert batch.items.shape[0] <= 3
        for row in range(len(batch.items)):
            kept = batch.items[row] != 50
            count = int(kept.sum())
            assert kept[-count:].all()
            assert (batch.targets[row, :-count] == -1).all()
            found[count] = tuple(
                column[row, -count:].tolist()
                for column in (batch.items, batch.events, batch.times, batch.targets)
            )
    assert sorted(found) == list(range(2, 9))
    for count, (items, events, times, targets) in found.items():
        assert items == list(range(count, 2 * count))
        assert events == [count % 3] * count
        assert times == [100 + place for place in range(count)]
        assert targets == [*items[1:], -1]


def test_an_epoch_is_the_same_for_the_same_seed():
    histories = [toy.history(range(n)) for n in [3, 4, 5] * 20]
    first, again, other = (
        [batch.items.tolist() for batch in training_batches(histories, 4, 9, seed)]
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_cases_are_cut_to_their_newest_events_in_order():
    cases = [toy.case([1, 2, 3, 4], [9]), toy.case([5], [9]), toy.case([6, 7], [9])]
    first, second = case_batches(cases, 3, 2, 50)
    assert first.items.tolist() == [[2, 3, 4], [50, 50, 5]]
    assert second.items.tolist() == [[6, 7]]
    assert first.times.tolist() == [[1, 2, 3], [0, 0, 0]]
    assert first.queries.tolist() == [[4] * 3, [1] * 3]
