"""The whole command on a small shop: read, train, export, gate, publish, serve."""

import re

import numpy as np
import pytest

from functions.recommendation.history import SqliteHistoryStore
from functions.recommendation.model import Events, RecommendationModel
from functions.recommendation.schemas import RecommendationRequest
from functions.recommendation.service import RecommendationService
from shared.models.spec import read_spec
from tests.training import toy_recommendation as toy
from training.errors import GateError
from training.recommendation import gate, train
from training.recommendation.__main__ import main, recorded_command
from training.recommendation.evaluate import spread
from training.recommendation.gate import check_gate, overlap

pytestmark = pytest.mark.filterwarnings("default")


class Command:
    """`main` with folders of its own."""

    def __init__(self, folder):
        self.folder, self.out = folder, folder / "model"
        self.events = toy.write_events(folder / "shop.csv")
        self.items = toy.write_items(folder / "items.csv")
        self._fixed = ["--events", str(self.events), "--items", str(self.items), "--threads", "1"]
        self._fixed += ["--learning-rate", "1e-2", "--batch-size", "32", "--hidden", "32"]
        self._fixed += ["--history", "20", "--name", "shelves", "--text-base", "none"]

    def __call__(self, *more, draws=False):
        report = [] if draws else ["--no-report"]
        return main([*self._fixed, "--out", str(self.out), *more, *report])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    command = Command(tmp_path_factory.mktemp("trained"))
    known = ("--epochs", "40", "--patience", "1", "--data-dir", str(command.folder))
    assert command(*known, draws=True) == 0
    return command


def test_a_page_lies_beside_the_card_with_the_card_s_figures(trained, spec):
    page = (trained.out / "report.html").read_text(encoding="utf-8")
    assert spec.identifier in page
    assert f"{values(spec, 'int8')['ndcg@10']:.4f}" in page


@pytest.fixture(scope="module")
def spec(trained):
    return read_spec(trained.out)


def values(spec, precision):
    """Figures of the first line with one way of ranking."""
    return next(m.values for m in spec.metrics if m.precision == precision)


def test_the_published_model_beats_simple_counts(spec):
    model, popular = values(spec, "int8"), values(spec, "popularity")
    assert model["hr@10"] > 0.8
    assert model["ndcg@10"] > 3 * popular["ndcg@10"]
    assert model["ndcg@10"] == pytest.approx(values(spec, "fp32")["ndcg@10"], abs=0.002)
    assert {m.precision for m in spec.metrics} == {
        "fp32", "int8", "popularity", "item-transition counts", "own frequency",
    }  # fmt: skip
    assert model["coverage@10"] > popular["coverage@10"]
    assert model["popularity_percentile@10"] < popular["popularity_percentile@10"]


def test_the_spec_tells_how_it_was_made(spec, trained):
    assert (spec.task, spec.name, spec.limits) == ("recommendation", "shelves", {"history": 20})
    assert (spec.parameters["timed"], spec.parameters["typed"]) == (1, 1)
    assert spec.training["command"].startswith("python -m training.recommendation --events ")
    assert spec.training["command"].endswith("--patience 1 --data-dir DATA_DIR")
    assert spec.training["new_items_only"] is False
    assert spec.training["validation"]["epoch"] == spec.training["epochs"] > 0
    assert spec.data[0].rows == len(trained.events.read_text().splitlines()) - 1
    assert spec.fidelity[0].compared == 3_000
    *_, up_to_20, up_to_100, _, _ = spec.metrics
    assert up_to_20.rows + up_to_100.rows == 300


def test_the_card_tells_what_users_with_few_events_lose(spec, trained):
    *_, up_to_100, whole, few = spec.metrics
    assert (whole.rows, few.rows) == (30, 30)  # every tenth customer comes 24 times
    assert whole.values == up_to_100.values
    assert few.values["ndcg@10"] < whole.values["ndcg@10"]
    card = (trained.out / "README.md").read_text()
    told = f"from {whole.values['ndcg@10']:.4f} to {few.values['ndcg@10']:.4f}"
    assert f"NDCG@10 falls {told}" in card
    assert "| shop.csv, the same by their newest 5 alone | int8 | 30 |" in card


def test_the_command_is_recorded_without_this_machine_s_data_folder():
    arguments = ["--dataset", "beauty", "--data-dir", "/home/me/my data", "--out", "build/x"]
    assert recorded_command(arguments) == (
        "python -m training.recommendation --dataset beauty --data-dir DATA_DIR --out build/x"
    )


def test_the_card_has_coverage_popularity_and_groups(spec, trained):
    card = (trained.out / "README.md").read_text()
    shown = values(spec, "int8")
    percentile = f"{shown['popularity_percentile@10']:.3f}"
    assert f"| int8 | {shown['coverage@10']:.1%} | {percentile} |" in card
    for group in ("up to 20 events", "21 to 100"):
        assert re.search(rf"\| shop.csv, {group} \| int8 \| \d+ \|", card)
    assert "more than 100" not in card
    assert f"{toy.SOLD + toy.UNSOLD} items, of which {toy.UNSOLD} have no event" in card
    assert "`kind`, `price`" in card
    assert spec.training["command"] in card


def test_golden_examples_come_out(trained, spec):
    model = RecommendationModel.load(trained.out)
    assert len(spec.golden.inputs) == 5
    for given, stated in zip(spec.golden.inputs, spec.golden.outputs, strict=True):
        states, items, added = model.encode([Events(*given)])
        feeds = model.ranking(states) | {"item_ids": items, "added": added}
        scores, rows = model.top(feeds, 10)
        assert [model.catalogue.ids[row] for row in rows[0]] == [item for item, _ in stated]
        np.testing.assert_allclose(scores[0], [score for _, score in stated], atol=1e-3)


def test_the_service_recommends_what_comes_next(trained, tmp_path):
    model = RecommendationModel.load(trained.out)
    service = RecommendationService(model, SqliteHistoryStore(tmp_path / "h.db", 1_000))
    hits = 0
    for start in range(20):
        walked = [(start + step * toy.STRIDE) % toy.SOLD for step in range(5)]
        request = RecommendationRequest(
            history=[{"item_id": f"sku-{item}", "event": "purchase"} for item in walked[:-1]], k=5
        )
        (found,) = service.rank([request])
        hits += f"sku-{walked[-1]}" in [item.item_id for item in found.items]
    assert hits >= 15
    unsold = {"field": "price", "gte": 30}
    request = RecommendationRequest(filter=unsold, history=[{"item_id": "sku-1"}])
    (found,) = service.rank([request])
    assert sorted(item.item_id for item in found.items) == ["sku-60", "sku-61", "sku-62"]


def test_unsold_items_are_in_the_catalogue_with_a_vector(trained):
    model = RecommendationModel.load(trained.out)
    assert np.flatnonzero(~model.catalogue.known).tolist() == [60, 61, 62]
    assert model.catalogue.fields["price"][61] == 30.5
    assert model.catalogue.popularity[:60].min() > 0
    assert np.linalg.norm(model.vectors([60, 61, 62]), axis=1).min() > 0.1


def test_a_second_model_keeps_the_former_one(trained, spec, capsys):
    out = trained.folder / "again"
    for seed in ("1", "2"):
        assert trained("--epochs", "6", "--out", str(out), "--seed", seed) == 0
        version = read_spec(out).version
        if seed == "1":
            first = version
    assert version != first != spec.version
    assert read_spec(out.with_name("again.previous")).version == first
    assert f"to restore it: mv {out}.previous {out}" in capsys.readouterr().out
    assert RecommendationModel.load(out.with_name("again.previous")).count == 63


def test_an_unfaithful_model_is_not_published(trained, monkeypatch, capsys):
    monkeypatch.setattr(gate, "LEAST_OVERLAP", 1.01)
    out = trained.folder / "refused"
    assert trained("--epochs", "1", "--out", str(out)) == 3
    assert not out.exists()
    assert not list(trained.folder.glob(".refused-*"))
    assert "of the ten best items with fp32" in capsys.readouterr().err


def test_the_gate_lets_through_what_is_faithful_and_nothing_else():
    good = {"ndcg@10": 0.3}
    check_gate(0.98, good, {"ndcg@10": 0.2985})
    check_gate(0.98, good, {"ndcg@10": 0.4})
    with pytest.raises(GateError, match=r"shares 96\.0%"):
        check_gate(0.96, good, good)
    with pytest.raises(GateError, match=r"loses 0\.0030"):
        check_gate(0.99, good, {"ndcg@10": 0.297})


def test_overlap_looks_at_the_ten_best_in_any_order():
    first = np.arange(20)[None]
    assert overlap(first, first[:, [*range(9, -1, -1), *range(10, 20)]]) == 1
    assert overlap(first, first[:, ::-1]) == 0
    assert overlap(first, first + 1) == pytest.approx(0.9)


def test_spread_is_of_the_ten_best(trained):
    catalogue = RecommendationModel.load(trained.out).catalogue
    order = np.argsort(-catalogue.popularity, kind="stable")
    top = np.repeat(order[None, :20], 4, axis=0)
    found = spread(top, catalogue)
    assert found["coverage@10"] == pytest.approx(10 / 63)
    assert found["popularity_percentile@10"] == pytest.approx(1 - 4.5 / 62, abs=0.02)  # ties


HEADER = "user_id,item_id,event,timestamp\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEADER + "a,sku-1,bought,1\n", "line 2: event 'bought' is none of"),
        (HEADER + "a,sku-99,view,1\n", "item 'sku-99' is not in"),
        (HEADER + "a,sku-1,view\n", "line 2"),
        (HEADER + "a,sku-1,view,1\nb,sku-2,view,1\n", "Too little to train on"),
        (HEADER + "".join(f"a,sku-{t},view,{t}\n" for t in (1, 2, 3)), "Too little"),
        ("user,item\n1,2\n", "lacks the column user_id, item_id"),
        (None, "No file"),
    ],
)
def test_unusable_events_are_told_at_once(trained, tmp_path, capsys, content, told):
    path = tmp_path / "mine.csv"
    if content is not None:
        path.write_text(content)
    assert main(["--events", str(path), "--items", str(trained.items)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert told in error


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--dataset", "beauty"], "needs --data-dir"),
        (["--dataset", "beauty", "--data-dir", "nowhere"], "Beauty.txt"),
        (["--dataset", "online-retail", "--data-dir", "nowhere"], "archive.ics.uci.edu"),
        (["--sequences", "nowhere.txt"], "No file nowhere.txt"),
    ],
)
def test_data_that_are_not_there_are_told(capsys, arguments, told):
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


def test_a_program_gets_the_folder_and_its_figures(trained, tmp_path):
    published = train(
        events=str(trained.events),
        items=trained.items,
        epochs=6,
        out=tmp_path / "m",
        threads=1,
        text_base="none",
    )
    assert published.spec == read_spec(tmp_path / "m")
    assert {metric.precision for metric in published.metrics} >= {"fp32", "int8", "popularity"}
    assert published.previous is None


def test_sequences_without_times_or_kinds_are_trained_for_new_items(tmp_path):
    """Fewer items than the longest ranking has places."""
    path = tmp_path / "walks.txt"
    walks = [[(user + step) % 15 + 1 for step in range(8)] for user in range(60)]
    path.write_text("".join(f"{u} {' '.join(map(str, w))}\n" for u, w in enumerate(walks, 1)))
    out = tmp_path / "model"
    fixed = ["--sequences", str(path), "--out", str(out), "--threads", "1", "--hidden", "32"]
    fixed += ["--text-base", "none"]
    more = ["--epochs", "10", "--batch-size", "16", "--learning-rate", "1e-2"]
    assert main([*fixed, *more]) == 0
    spec = read_spec(out)
    assert (spec.name, spec.training["new_items_only"]) == ("sasrec-walks", True)
    assert (spec.parameters["timed"], spec.parameters["typed"]) == (0, 0)
    assert values(spec, "int8")["hr@5"] > 0.9
    RecommendationService(RecommendationModel.load(out), SqliteHistoryStore(tmp_path / "h", 9))
