"""The page of a recommendation model."""

from collections.abc import Sequence

import numpy as np

from training.recommendation import judging
from training.recommendation.evaluate import FEW, MANY, SHOWN_ITEMS
from training.recommendation.interactions import EVENTS
from training.recommendation.judging import MODEL, POPULARITY, Judged
from training.recommendation.measures import CUTOFFS
from training.reports import charts
from training.reports.charts import Bar, Curve, percent
from training.reports.page import Chart, Page, Section, Table, Tile

USERS, LAST_EVENTS = 12, 6  # of the examples
HIT = "✓ "
MEASURES = {
    "ndcg": "NDCG: hits count more the higher they stand; 1 would be all of the basket on top.",
    "recall": "Recall: the share of the next basket that is among the k shown.",
    "hr": "Hit rate: whether any of the k shown is in the next basket.",
}
NAMES = {"ndcg": "NDCG", "recall": "Recall", "hr": "Hit rate"}


def page(judged: Judged) -> Page:
    """What a shop's analyst wants to know of recommendations."""
    about = [
        (
            f"For {len(judged.cases):,} users of {judged.data} with three baskets or more, "
            "everything before the last basket was shown to the model, which ranked all "
            f"{judged.model.count:,} items; it is judged by what was in that basket. Beside it "
            "stand three ways of ranking that only count: what most people have, what followed "
            "the items of the last basket, and what this user had most often."
        ),
    ]
    if judged.unknown:
        about.append(
            f"{judged.unknown:,} events are of items that the model's catalogue has not, and are "
            "left out."
        )
    if judged.spec.training.get("new_items_only"):
        about.append("The model is for new items: what a user had is never shown, by no way.")
    sections = [
        _lift(judged),
        _coverage(judged),
        _popularity(judged),
        _activity(judged),
        _examples(judged),
    ]
    made_by = str(judged.spec.training.get("command", "an unknown command"))
    title = "Recommendation: what it finds, and for whom"
    return Page(title, judged.spec.identifier, about, _tiles(judged), sections, made_by)


def _ratio(value: float, base: float) -> str:
    return f"{value / base:.2f}" if base else "-"


def _tiles(judged: Judged) -> list[Tile]:
    found = judging.metrics(judged)
    model, popular = found[MODEL], found[POPULARITY]
    best = max((way for way in found if way != MODEL), key=lambda way: found[way]["ndcg@10"])
    return [
        Tile("Hit rate at 10", percent(model["hr@10"]), f"popularity {percent(popular['hr@10'])}"),
        Tile("Recall at 10", percent(model["recall@10"]), "of the next basket"),
        Tile("NDCG at 10", f"{model['ndcg@10']:.3f}", f"popularity {popular['ndcg@10']:.3f}"),
        Tile("NDCG over popularity", _ratio(model["ndcg@10"], popular["ndcg@10"]), "times as much"),
        Tile("NDCG over best count", _ratio(model["ndcg@10"], found[best]["ndcg@10"]), best),
        Tile("Coverage", percent(judging.coverage(judged)[MODEL]), "of the items are shown at all"),
    ]


def _verdict(judged: Judged) -> str:
    """How the model stands to the best of the counts, which nobody should have to look for."""
    found = judging.metrics(judged)
    best = max((way for way in found if way != MODEL), key=lambda way: found[way]["ndcg@10"])
    model, other = found[MODEL]["ndcg@10"], found[best]["ndcg@10"]
    how = "beats" if model > other else "does not beat"
    return (
        f"By NDCG at 10 the model {how} the best of them, {best}: {model:.3f} against {other:.3f}."
    )


def _lift(judged: Judged) -> Section:
    found = judging.metrics(judged)
    parts: list[Chart | Table] = []
    for measure, meaning in MEASURES.items():
        curves = {
            way: Curve(CUTOFFS, [values[f"{measure}@{k}"] for k in CUTOFFS])
            for way, values in found.items()
        }
        is_share = measure != "ndcg"
        parts.append(
            charts.lines(
                f"lift-{measure}",
                f"{NAMES[measure]} by number of items shown",
                meaning,
                curves,
                across="items shown (k)",
                up=NAMES[measure],
                ticks=CUTOFFS,
                shares=(False, is_share),
            )
        )
    rows = []
    for measure in MEASURES:
        for k in CUTOFFS:
            name = f"{measure}@{k}"
            values = [found[way][name] for way in found]
            lift = _ratio(found[MODEL][name], found[POPULARITY][name])
            rows.append((f"{NAMES[measure]} at {k}", *(f"{v:.4f}" for v in values), lift))
    heads = ("figure", *found, "times popularity")
    table = Table("All figures, and the model's as a multiple of popularity's", heads, rows)
    told = "A model is worth its upkeep where it finds more than a count does. " + _verdict(judged)
    return Section("lift", "Against simple counts", told, [*parts, table])


def _coverage(judged: Judged) -> Section:
    found = judging.coverage(judged)
    bars = [Bar(way, share, percent(share)) for way, share in found.items()]
    meaning = f"Share of the catalogue that is among anyone's {SHOWN_ITEMS} best."
    chart = charts.bars("coverage", "Coverage", meaning, bars, limit=max(*found.values(), 0.05))
    heads = ("ranked by", "items shown", "share of the catalogue", "popularity", "novelty, bits")
    count = judged.model.count
    rows = [
        (
            way,
            f"{round(found[way] * count):,}",
            percent(found[way]),
            f"{figures['popularity_percentile@10']:.3f}",
            f"{figures['novelty@10']:.1f}",
        )
        for way, figures in judging.spreads(judged).items()
    ]
    table = Table("Coverage, popularity and novelty", heads, rows)
    told = (
        "An item that nobody is shown cannot be found this way. Popularity shows all users "
        "nearly the same few items. In the table, popularity is the mean rank of what is shown (1 "
        "would be: only the most popular items), and novelty how rare it is by its events: -log2 "
        "of its share."
    )
    return Section("coverage", "How much of the catalogue is shown", told, [chart, table])


def _popularity(judged: Judged) -> Section:
    found = judging.deciles(judged)
    bought, model = found["in the next baskets"], found[MODEL]
    told = (
        f"The most popular tenth of the items makes {percent(bought[0])} of what is in the "
        f"next baskets, and {percent(model[0])} of what the model shows. A model that follows "
        "popularity more than its customers do makes popular items more popular; the least "
        f"popular half makes {percent(sum(bought[5:]))} of the baskets and "
        f"{percent(sum(model[5:]))} of what is shown."
    )
    labels = [str(tenth) for tenth in range(1, judging.DECILES + 1)]
    shown = {"in the next baskets": bought, "shown by the model": model}
    chart = charts.groups(
        "deciles",
        "By tenths of the items",
        "1 is the tenth of the items with most events, 10 that with fewest. Where the model's "
        "column is the higher one, it shows these items more than they are bought.",
        labels,
        shown,
        across="tenth of the items by popularity",
        up="share",
    )
    rows = [
        (label, *(percent(found[name][place]) for name in found))
        for place, label in enumerate(labels)
    ]
    table = Table("Shares of each tenth", ("tenth", *found), rows, folded=True)
    return Section("popularity", "Popularity bias", told, [chart, table])


def _activity(judged: Judged) -> Section:
    groups = judging.by_activity(judged)
    found = {name: judging.metrics(judged, rows) for name, rows in groups.items()}
    ways = list(judged.ranked)
    series = {way: [values[way]["ndcg@10"] for values in found.values()] for way in ways}
    chart = charts.groups(
        "activity",
        "NDCG at 10 by length of the history",
        "Who has done little is harder to know; a model should still beat popularity there.",
        list(groups),
        series,
        across="events before the basket",
        up="NDCG at 10",
        is_share=False,
    )
    rows = [
        (
            name,
            f"{len(groups[name]):,}",
            way,
            *(f"{values[way][figure]:.4f}" for figure in ("hr@10", "recall@10", "ndcg@10")),
        )
        for name, values in found.items()
        for way in ways
    ]
    heads = ("history", "users", "ranked by", "hit rate at 10", "recall at 10", "NDCG at 10")
    table = Table("The figures by length of the history", heads, rows, texts=3, folded=True)
    told = (
        "Recall falls with the size of the baskets too, so compare the ways within a group, "
        "not the groups." + _lost(judged)
    )
    return Section("activity", "Users with few events and with many", told, [chart, table])


def _lost(judged: Judged) -> str:
    """What having few events costs, by the same users."""
    given = judging.few_events(judged)
    if not given:
        return ""
    (_, whole), (_, short) = given.items()
    return (
        f" What few events cost is seen of the {len(judged.few[0]):,} users with more than {MANY}: "
        f"where the model is given their newest {FEW} alone, NDCG at 10 falls from "
        f"{whole['ndcg@10']:.3f} to {short['ndcg@10']:.3f}."
    )


def _chosen(judged: Judged) -> list[int]:
    """Users from the worst ranked to the best, at even steps."""
    cases = judged.cases
    hits = [
        float(np.isin(ranked[:SHOWN_ITEMS], case.basket).mean())
        for ranked, case in zip(judged.ranked[MODEL], cases, strict=True)
    ]
    order = sorted(range(len(cases)), key=lambda place: (-hits[place], place))
    steps = np.linspace(0, len(order) - 1, min(USERS, len(order))).round().astype(int)
    return [order[step] for step in steps]


def _examples(judged: Judged) -> Section:
    titles = judged.model.catalogue.titles
    rows = []
    for place in _chosen(judged):
        case = judged.cases[place]
        last = case.history[-LAST_EVENTS:]
        typed = len(set(last.events.tolist())) > 1
        did = [
            titles[item] + (f" ({EVENTS[kind]})" if typed else "")
            for item, kind in zip(last.items.tolist(), last.events.tolist(), strict=True)
        ]
        basket = set(case.basket.tolist())
        best = judged.ranked[MODEL][place][:SHOWN_ITEMS].tolist()
        shown = [(HIT if item in basket else "") + titles[item] for item in best]
        found = sum(item in basket for item in best)
        rows.append((_joined(did), _joined(shown), f"{found} of {len(basket)}", str(case.events)))
    heads = ("last events", f"the {SHOWN_ITEMS} best", "found of the basket", "events in all")
    told = (
        f"{len(rows)} users, at even steps from the best served to the worst. {HIT.strip()} "
        "marks what was in the next basket."
    )
    table = Table(
        "What users had last, and what they are shown", heads, rows, texts=4, stacked=True
    )
    return Section("examples", "Examples", told, [table])


def _joined(titles: Sequence[str]) -> str:
    return "\n".join(titles)
