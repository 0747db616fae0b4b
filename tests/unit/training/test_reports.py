"""The pages of the three services, made of the served models on a few messages, pairs and events.

Each is one file that asks for no other, in which nothing of a customer's text is HTML.
"""

import csv
import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from shared.models.spec import read_spec
from shared.settings import get_settings
from tests.by_english import two_models
from training.errors import DataError
from training.evaluating import names_of, with_report
from training.intent import evaluate as evaluate_intent
from training.intent.__main__ import main as intent
from training.published import Published
from training.recommendation.__main__ import main as recommendation
from training.recommendation.datasets import read_sequences
from training.recommendation.evaluate import few_metrics, with_few
from training.recommendation.interactions import Case, History
from training.recommendation.judging import judge
from training.recommendation.measures import rankings, transitions
from training.reports import charts, page
from training.reports import recommendation as recommendation_report
from training.reports.charts import Bar
from training.reports.page import Page, Section, Table, Tile
from training.translation import evaluate as evaluate_translation
from training.translation.__main__ import main as translation

HOSTILE = "<script>alert('1')</script> & \"<b>where</b>\" is $my$ order --> ]]>"
MOST_BYTES = 2_000_000
VOID = {"meta", "link", "br", "hr", "img", "input"}

MESSAGES = f"""track_order	{HOSTILE}
track_order	where is my parcel
cancel_order	i want to cancel my order [10045](order_number)
get_refund	when do I get my money back?
greeting	hello
goodbye	i want a refund, now
out_of_scope	what is the capital of France
denied:cancel_order	please do not cancel my order
"""
PAIRS = f"""Where is my order?	Wo ist meine Bestellung?
{HOSTILE}	{HOSTILE}
Two zipped side pockets	Zwei Seitentaschen mit Reißverschluss
Free delivery from 50 euros.	Kostenloser Versand ab 50 Euro.
The parcel arrives tomorrow.	Das Paket kommt morgen an.
We do not ship to Norway.	Wir liefern nicht nach Norwegen.
"""


class Parsed(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open = [], []
        self.texts = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs), list(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs), list(self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def of(self, tag):
        return [attributes for name, attributes, _ in self.tags if name == tag]


def check_page(path, sections):
    """See that a page is whole, asks for nothing, is small, and names what it shows."""
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    found = Parsed(text)
    assert found.open == []
    assert found.of("html")[0]["lang"] == "en"
    assert {attributes.get("name") for attributes in found.of("meta")} >= {"viewport"}
    assert "prefers-color-scheme: dark" in text
    assert not {name for name, _, _ in found.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "b-hostile",
    }
    named = [a[key] for _, a, _ in found.tags for key in ("src", "href", "action") if key in a]
    assert all(one.startswith("#") for one in named)
    outside = re.sub(r"url\(#[\w-]+\)", "", text)
    assert "url(" not in outside
    assert "@import" not in outside
    assert not [a for _, a, _ in found.tags if any(key.startswith("on") for key in a)]
    ids = Counter(a["id"] for _, a, _ in found.tags if "id" in a)
    assert set(ids.values()) <= {1}
    assert {one.removeprefix("#") for one in named} <= set(ids)
    assert set(sections) <= set(ids)
    assert len(found.of("svg")) == len(found.of("figure")) == len(found.of("figcaption"))
    assert all(a["role"] == "img" for a in found.of("svg"))
    assert sum(name == "title" and around[-1] == "svg" for name, _, around in found.tags) == len(
        found.of("svg")
    )
    assert len(found.of("caption")) == len(found.of("table"))
    assert "#0" not in re.sub(r'(href="|url\()#\w+', "", " ".join(_styles(found)))  # all are named
    return "".join(found.texts)


def _styles(found):
    return [a["style"] for _, a, _ in found.tags if "style" in a]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reports")


@pytest.fixture
def told(capsys):
    """The figures that a command prints."""

    def run(main, *arguments):
        assert main(["evaluate", "--json", *map(str, arguments)]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_intent(folder, told):
    (folder / "few.en.tsv").write_text(MESSAGES, encoding="utf-8")
    figures = told(
        intent, "--test", folder / "few.en.tsv", "--report", folder / "intent.html",
        "--model", get_settings().model_dir("intent"),
    )  # fmt: skip
    assert (figures["all"]["messages"], figures["all"]["in_scope"]) == (8, 6)
    assert list(figures["languages"]) == ["en"]
    assert figures["languages"]["en"]["out_of_scope"] == 2
    assert figures["slots"]["order_number"]["marked"] == 1
    assert figures["intents"]["greeting"] == 1
    assert {"expected": "goodbye", "told": "get_refund", "messages": 1} in figures["confusions"]
    sections = {"languages", "confusions", "worst", "calibration", "threshold", "slots", "intents"}
    text = check_page(folder / "intent.html", sections)
    assert figures["model"] in text
    assert "i want a refund, now" in text


def test_a_language_is_heard_where_no_name_says_it(folder):
    path = folder / "mine.csv"
    path.write_text("text,intent\nwo bleibt mein paket denn nur,track_order\nhello,greeting\n")
    found = evaluate_intent(test=path, model=get_settings().model_dir("intent"), no_report=True)
    assert found.report is None
    assert set(found.figures["languages"]) == {"de", "en"}


def test_intents_that_the_model_does_not_know_are_named(folder, capsys):
    (folder / "other.tsv").write_text("fly_to_the_moon\ttake me there\n")
    arguments = ["evaluate", "--test", str(folder / "other.tsv"), "--no-report"]
    assert intent([*arguments, "--model", str(get_settings().model_dir("intent"))]) == 2
    assert "fly_to_the_moon" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["no tab in here", "\tno intent", "greeting\t "])
def test_a_line_without_an_intent_or_a_message_is_told_with_its_number(line, folder):
    (folder / "torn.tsv").write_text(f"greeting\thello\n{line}\n")
    with pytest.raises(DataError, match="line 2"):
        evaluate_intent(test=folder / "torn.tsv", no_report=True)


def test_translation(folder, told):
    (folder / "few.en-de.tsv").write_text(PAIRS, encoding="utf-8")
    figures = told(
        translation, "--test", folder / "few.en-de.tsv", "--report", folder / "translation.html",
        "--model", get_settings().model_dir("translation"),
    )  # fmt: skip
    assert set(figures["sets"]) == {"few en-de", "few de-en"}
    assert figures["lines"] == 12
    assert figures["sets"]["few en-de"]["served"]["chrf"] > 50
    assert 20 < figures["sets"]["few en-de"]["model_greedy"]["chrf"] < 100
    assert sum(entry["lines"] for entry in figures["confidence"]) == 12
    assert all(0 < entry["place"] <= 1 for entry in figures["confidence"])
    sections = {"sets", "confidence", "review", "lengths", "ways", "worst"}
    text = check_page(folder / "translation.html", sections)
    assert "Zwei Seitentaschen" in text
    assert "int8 against fp32, as spec.json states it" in text


def test_columns_say_their_languages(folder):
    path = folder / "shop.tsv"
    path.write_text("Hello\tHallo\tBonjour\n")
    models = two_models(folder / "models")
    wanted = {"test": path, "model": models, "no_report": True}
    found = evaluate_translation(**wanted, columns=("en", "de", "fr"), source="de", target="fr")
    assert list(found.figures["sets"]) == ["shop de-fr"]  # by way of English: two models
    assert found.figures["sets"]["shop de-fr"]["model_greedy"] is None
    with pytest.raises(DataError, match="--columns"):
        evaluate_translation(**wanted)
    with pytest.raises(DataError, match="no such direction"):
        evaluate_translation(**wanted, source="ja")


@pytest.fixture
def shop(folder):
    """Events of a few users on items of the served model, and of one that it has not."""
    model = get_settings().model_dir("recommendation")
    ids = json.loads((model / "catalogue.json").read_text(encoding="utf-8"))["ids"]
    path = folder / "events.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["user_id", "item_id", "event", "timestamp"])
        for user in range(12):
            for basket in range(4 if user else 30):
                item = ids[(7 * user + basket % 3) % 40]
                rows.writerow([user, item, "purchase", 1_700_000_000 + 86_400 * basket])
        rows.writerow([1, "never heard of", "purchase", 1_700_000_000])
    return SimpleNamespace(events=path, model=model)


def test_recommendation(folder, shop, told):
    figures = told(
        recommendation, "--events", shop.events, "--model", shop.model,
        "--report", folder / "recommendation.html",
    )  # fmt: skip
    assert (figures["users"], figures["events_of_unknown_items"]) == (12, 1)
    ways = {"model", "popularity", "item-transition counts", "own frequency"}
    assert set(figures["ranked_by"]) == ways
    assert figures["by_activity"]["up to 20 events"]["users"] == 11
    assert figures["by_activity"]["21 to 100"]["users"] == 1
    few = figures["few_events_of_users_with_more_than_20"]
    assert few["users"] == 1
    assert few["all events"] == figures["by_activity"]["21 to 100"]["model"]
    assert set(few["newest 5 alone"]) == set(few["all events"])
    assert set(figures["spread"]) == ways
    shown = {way: values["novelty@10"] for way, values in figures["spread"].items()}
    assert shown["popularity"] == min(shown.values())
    for shares in figures["popularity_deciles"].values():
        assert sum(shares) == pytest.approx(1, abs=0.01)
    model, popular = (figures["ranked_by"][way]["hr@10"] for way in ("model", "popularity"))
    assert figures["lift_over_popularity"]["hr@10"] == pytest.approx(model / popular, abs=1e-3)
    sections = {"lift", "coverage", "popularity", "activity", "examples"}
    text = check_page(folder / "recommendation.html", sections)
    assert "events.csv" in text
    assert f"{shown['model']:.1f}" in text
    assert "newest 5 alone" in text


def test_what_few_events_cost_is_by_hand():
    """A model that shows what was had last: whoever is known by five events loses the others."""
    items = np.arange(30)
    cases = [
        Case(History(items[:count], items[:count], items[:count].astype(float)), items[:1], 99.0)
        for count in (4, 21, 30)
    ]

    def had(chunk):
        return np.array([np.isin(items, case.history.items) for case in chunk], np.float32)

    places, short = with_few(had, cases, exclude_seen=False)
    assert places == [1, 2]
    assert [sorted(row[:5]) for row in short] == [list(range(16, 21)), list(range(25, 30))]
    whole = rankings(had, cases, exclude_seen=False, k=30)
    many, few = few_metrics(whole[:, :20], (places, short), cases, "toys", "int8")
    assert (many.dataset, few.dataset) == (
        "toys, more than 20 events", "toys, the same by their newest 5 alone",
    )  # fmt: skip
    assert (many.rows, few.rows) == (2, 2)
    assert few.values["hr@5"] == 0
    assert few_metrics(whole, ([], short), cases, "toys", "int8") == []


def test_titles_of_items_are_text(folder, shop):
    judged = judge(shop.model, _events(shop))
    titles = judged.model.catalogue.titles
    titles[:] = [HOSTILE] * len(titles)
    path = page.write(recommendation_report.page(judged), folder / "hostile.html")
    assert HOSTILE in check_page(path, {"examples"})


def _events(shop):
    from training.recommendation.files import read_files

    return read_files(shop.events, None)


def test_another_shop_s_events_are_refused(folder, shop, capsys):
    (folder / "other.csv").write_text("user_id,item_id,event,timestamp\nu,not-ours,view,1\n")
    arguments = ["evaluate", "--events", str(folder / "other.csv"), "--no-report"]
    assert recommendation([*arguments, "--model", str(shop.model)]) == 2
    assert "another shop's data" in capsys.readouterr().err


def test_transitions_count_what_followed_the_last_basket(tmp_path):
    (tmp_path / "few.txt").write_text("1 1 2 3\n2 1 2 3\n3 2 4 1\n4 3 1 2\n")
    data = read_sequences(tmp_path / "few.txt")
    scorer = transitions(data.histories, 4)
    cases = [SimpleNamespace(history=history) for history in data.histories]
    best = rankings(scorer, cases, exclude_seen=False, k=1)[:, 0]
    # Last are 3, 3, 1, 2: after 3 came 1; after 1 came 2, after 2 came 3 twice and 4 once.
    assert [data.catalogue[row].item_id for row in best] == ["1", "1", "2", "3"]


def test_hostile_labels_of_plots_are_text(tmp_path):
    rows = [Bar(HOSTILE, 1.0, HOSTILE), Bar("fine", 0.5, "half")]
    chart = charts.bars("hostile", HOSTILE, HOSTILE, rows)
    table = Table(HOSTILE, [HOSTILE], [[HOSTILE]], texts=1, stacked=True)
    section = Section("one", HOSTILE, HOSTILE, [chart, table, replace(table, folded=True)])
    shown = Page(HOSTILE, HOSTILE, [HOSTILE], [Tile(HOSTILE, HOSTILE, HOSTILE)], [section], HOSTILE)
    text = check_page(page.write(shown, tmp_path / "page.html"), {"one"})
    assert text.count(HOSTILE) >= 10


def test_the_same_figures_give_the_same_plot():
    first, second = (charts.bars("n", "t", "m", [Bar("a", 1.0, "1")]).svg for _ in range(2))
    assert first == second


@pytest.fixture
def published(folder):
    spec = read_spec(get_settings().model_dir("intent"))
    return Published(folder, folder / "README.md", spec)


def test_a_training_names_the_page_that_it_draws(published, capsys):
    whole = Page("title", "model", [], [], [], "command")
    found = with_report(published, None, "again", lambda: whole)
    assert found.report == published.folder / "report.html"
    check_page(found.report, set())
    assert f"report {found.report}" in capsys.readouterr().out


def test_a_training_does_not_fail_for_its_page(published, capsys):
    def broken():
        raise ValueError("no pen")

    found = with_report(published, None, "python -m training.intent evaluate", broken)
    assert found is published
    warning = capsys.readouterr().err
    assert "the model is published" in warning
    assert "no pen" in warning
    assert "python -m training.intent evaluate" in warning


def test_where_packages_are_missing_it_says_how_to_get_them(monkeypatch, folder, capsys):
    monkeypatch.setattr(page.importlib.util, "find_spec", lambda name: None)
    (folder / "one.tsv").write_text("greeting\thello\n")
    assert intent(["evaluate", "--test", str(folder / "one.tsv")]) == 2
    told = capsys.readouterr().err
    assert "pip install 'retail-inference[reports]'" in told
    assert "--no-report" in told


def test_files_of_one_name_are_told_apart():
    paths = [Path("a/test.csv"), Path("b/test.csv"), Path("c.csv")]
    assert list(names_of(paths).values()) == ["a/test.csv", "b/test.csv", "c.csv"]


@pytest.mark.parametrize(
    ("card", "report"),
    [
        ("build/models/mine/README.md", "build/models/mine/report.html"),
        ("docs/models/intent.md", "docs/models/intent.html"),
    ],
)
def test_a_page_lies_beside_its_card(card, report):
    assert page.beside(Path(card)) == Path(report)
