"""A shop's first day: items without any event become a served model, by their texts."""

import json

import numpy as np
import pytest

from functions.recommendation.catalogue import NO_EVENTS
from functions.recommendation.event_requests import EventsRequest
from functions.recommendation.history import SqliteHistoryStore
from functions.recommendation.item_requests import PopularRequest, SimilarRequest
from functions.recommendation.model import RecommendationModel
from functions.recommendation.popularity import NOTHING_YET
from functions.recommendation.schemas import RecommendationRequest
from functions.recommendation.service import RecommendationService
from shared.errors import StoreUnavailable
from shared.models.spec import read_spec
from training.recommendation.__main__ import main
from training.recommendation.gate import equally_good
from training.recommendation.interactions import Case, History

pytestmark = pytest.mark.filterwarnings("default")

KINDS = ("garden rake", "kitchen knife", "office pen", "baby toy", "beach towel", "party hat")
MATERIALS = ("steel", "wooden", "plastic", "cotton", "golden")


def items_file(folder):
    lines = ["item_id,title,description,price"]
    for place, kind in enumerate(KINDS):
        lines += [
            f"{place}-{row},{material} {kind},for every {kind.split()[0]},{place + row}"
            for row, material in enumerate(MATERIALS)
        ]
    path = folder / "items.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("first-day")
    out = place / "model"
    fixed = ["--items", str(items_file(place)), "--out", str(out), "--threads", "1"]
    assert main([*fixed, "--text-base", "none"]) == 0
    return out


@pytest.fixture
def service(folder, tmp_path):
    store = SqliteHistoryStore(tmp_path / "h.db", 1_000)
    return RecommendationService(RecommendationModel.load(folder), store)


def test_similar_items_are_those_with_like_texts(service):
    for place in range(len(KINDS)):
        found = service.similar(SimilarRequest(item_id=f"{place}-0", k=4))
        assert {item.item_id for item in found.items} == {f"{place}-{row}" for row in range(1, 5)}
        assert found.warnings == [NO_EVENTS]


def test_a_shopper_is_shown_what_is_like_the_newest_of_what_they_saw(service):
    history = [{"item_id": "0-1"}, {"item_id": "0-2"}, {"item_id": "3-0"}, {"item_id": "3-1"}]
    (found,) = service.rank([RecommendationRequest(history=history, k=6)])
    shown = [item.item_id.split("-")[0] for item in found.items]
    assert shown[:3] == ["3"] * 3
    assert set(shown) == {"3", "0"}
    assert NO_EVENTS in found.warnings
    assert all(-1.01 <= item.score <= 1.01 for item in found.items)


def record(service, *item_ids, kind="purchase"):
    events = [
        {"user_id": f"u{place}", "item_id": item_id, "event": kind}
        for place, item_id in enumerate(item_ids)
    ]
    service.record(EventsRequest(events=events))


def popular(service, k=3):
    answer = service.popular(PopularRequest(k=k))
    return [(item.item_id, item.score) for item in answer.items], answer.warnings


def test_before_any_event_the_popular_are_the_catalogue_which_is_said(service):
    items, warnings = popular(service)
    assert items == [("0-0", 0), ("0-1", 0), ("0-2", 0)]
    assert warnings == [NOTHING_YET, NO_EVENTS]


def test_what_is_popular_is_counted_from_the_events_that_come_in(service):
    record(service, "4-1", "4-1", "2-3")
    record(service, "5-0", kind="view")
    items, warnings = popular(service, 4)
    assert [item_id for item_id, _ in items[:3]] == ["4-1", "2-3", "5-0"]
    assert items[0][1] > items[1][1] > items[2][1] > items[3][1] == 0
    assert warnings == [NO_EVENTS]
    (unknown,) = service.rank([RecommendationRequest(k=2)])
    assert [item.item_id for item in unknown.items] == ["4-1", "2-3"]
    assert NOTHING_YET not in unknown.warnings


def test_a_store_that_is_away_leaves_the_catalogue_which_is_said(service, monkeypatch):
    def away(*_):
        raise StoreUnavailable("The history store did not answer.")

    monkeypatch.setattr(SqliteHistoryStore, "counts", away)
    items, warnings = popular(service)
    assert len(items) == 3
    assert "The history store did not answer." in warnings[0]


def test_the_spec_and_the_card_say_what_it_was_made_of(folder):
    spec = read_spec(folder)
    assert (spec.name, spec.metrics, spec.data[0].rows) == ("texts-items", (), 30)
    assert (spec.training["events"], spec.training["base_model"]) == (0, "none")
    assert len(spec.golden.inputs) == 5
    assert spec.fidelity[0].compared == 300
    card = (folder / "README.md").read_text()
    assert "30 items, of which 30 have no event" in card
    assert "no figures of accuracy" in card
    assert spec.training["command"] in card


def test_a_description_is_no_field(folder):
    catalogue = json.loads((folder / "catalogue.json").read_text())
    assert list(catalogue["fields"]) == ["price"]
    assert not any(catalogue["known"])


def many(folder):
    """Items of which about thirty at a time have one title."""
    draw = np.random.default_rng(0)
    titles = [f"{draw.choice(MATERIALS)} {draw.choice(KINDS)}" for _ in range(900)]
    path = folder / "variants.csv"
    lines = [f"{place},{title}" for place, title in enumerate(titles)]
    path.write_text("\n".join(["item_id,title", *lines]) + "\n", encoding="utf-8")
    return ["--items", str(path), "--text-base", "none", "--out", str(folder / "variants")]


def test_items_of_one_title_are_as_good_as_each_other(tmp_path):
    assert main(many(tmp_path)) == 0
    spec = read_spec(tmp_path / "variants")
    assert spec.fidelity[0].differing == 0
    assert spec.quantization["item vectors"].startswith("int8")


def test_where_int8_is_not_faithful_vectors_stay_as_they_are(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("training.recommendation.first_day.LEAST_OVERLAP", 1.01)
    assert main(many(tmp_path)) == 0
    assert "stay in fp32" in capsys.readouterr().out
    out = tmp_path / "variants"
    assert read_spec(out).quantization["item vectors"] == "none"
    assert "fp32 ONNX" in (out / "README.md").read_text()
    model = RecommendationModel.load(out)
    assert np.linalg.norm(model.vectors(range(5)), axis=1) == pytest.approx(1, abs=1e-6)


def test_an_item_that_is_worse_than_the_tenth_is_no_good():
    vectors = np.linspace(1, 0, 30).astype(np.float32)
    case = Case(History(np.array([0]), np.zeros(1, np.int64), np.zeros(1)), np.array([1]), 1.0)

    def scorer(cases):
        return np.repeat(vectors[None], len(cases), axis=0)

    assert equally_good(scorer, [case], np.arange(1, 11)[None]) == 1
    assert equally_good(scorer, [case], np.array([[0, 1, 2, 3, 4, 5, 6, 7, 8, 11]])) == 0.8
    vectors[11] = vectors[10]
    assert equally_good(scorer, [case], np.array([[1, 2, 3, 4, 5, 6, 7, 8, 9, 11]])) == 1


def test_an_item_without_a_word_is_like_none(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("item_id,title\na,red mug\nb,blue mug\nc,\n", encoding="utf-8")
    out = tmp_path / "odd"
    assert main(["--items", str(path), "--out", str(out), "--text-base", "none"]) == 0
    model = RecommendationModel.load(out)
    assert np.linalg.norm(model.vectors([0, 1, 2]), axis=1).round(2).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("text", "told"), [("item_id,title\na,Mug\n", "fewer than two items"), (None, "No file")]
)
def test_a_catalogue_that_cannot_be_used_is_told(tmp_path, capsys, text, told):
    path = tmp_path / "items.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert main(["--items", str(path), "--out", str(tmp_path / "m")]) == 2
    assert told in capsys.readouterr().err


def test_nothing_to_train_on_is_told(capsys):
    assert main([]) == 2
    assert "or items alone" in capsys.readouterr().err
