"""The page of translation models."""

from collections.abc import Sequence

import numpy as np

from shared.models.spec import Metric
from training.reports import charts
from training.reports.charts import Bar, percent, short
from training.reports.page import Chart, Page, Section, Table, Tile
from training.translation import judging
from training.translation.answers import Answers, Line, Lines

WORST, FLAGGED = 20, 30
MOST_BARS = 40
LONGEST = 300  # characters of a line
LITTLE = 0.2  # of a rank correlation: below it one thing hardly tells the other


def page(answers: Answers) -> Page:
    """What a shop's analyst wants to know of translations."""
    rows = answers.rows
    about = [
        (
            f"{len(rows):,} lines of {len(answers.sets)} sets went through the service, as a "
            "shop's texts do, and are compared with what people wrote. chrF counts the pieces of "
            "words that a translation shares with its reference, BLEU its runs of words; both go "
            "to 100, which not even a second good translator reaches."
        ),
    ]
    if answers.given > len(rows):
        about.append(f"The sets have {answers.given:,} lines; these are a sample of them.")
    sections = [_sets(answers.sets), _confidence(rows), _flagged(rows), _lengths(rows)]
    sections += [_ways(answers), _worst(rows)]
    models = " ".join(spec.identifier for spec in answers.specs)
    commands = dict.fromkeys(str(spec.training.get("command", "")) for spec in answers.specs)
    title = "Translation: how good it is, and where"
    return Page(title, models, about, _tiles(rows), sections, " and ".join(filter(None, commands)))


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _tiles(rows: Sequence[Line]) -> list[Tile]:
    flagged = judging.flagged(rows)
    both = judging.quality(rows, judging.as_served)
    others = [line for line in rows if not line.reasons]
    return [
        Tile("chrF", _figure(both.chrf if both else None), "of all lines as one text"),
        Tile("BLEU", _figure(both.bleu if both else None), "of all lines as one text"),
        Tile(
            "To be read", percent(len(flagged) / len(rows)), f"{len(flagged):,} marked for review"
        ),
        Tile("chrF of these", _figure(judging.mean_chrf(flagged)), "mean of the sentences"),
        Tile("chrF of the others", _figure(judging.mean_chrf(others)), "mean of the sentences"),
    ]


def _sets(sets: Sequence[Lines]) -> Section:
    bars, rows = [], []
    for of_set in sets:
        found = judging.quality(of_set.rows, judging.as_served)
        chrf, bleu = (found.chrf, found.bleu) if found else (0.0, 0.0)
        bars.append(Bar(of_set.name, chrf, f"{chrf:.1f}"))
        read = percent(len(judging.flagged(of_set.rows)) / len(of_set.rows))
        rows.append((of_set.name, f"{len(of_set.rows):,}", f"{chrf:.1f}", f"{bleu:.1f}", read))
    bars.sort(key=lambda bar: -bar.value)
    told = (
        "Each set is a domain or a kind of text. Compare models on the same set rather than sets "
        "with each other: where the reference is free, a good translation gets fewer points than "
        "where it is close."
    )
    parts: list[Chart | Table] = []
    shown = bars[:MOST_BARS]
    title = "chrF by set and direction"
    meaning = "The higher, the closer to what people wrote."
    parts.append(charts.bars("sets", title, meaning, shown, limit=100.0))
    heads = ("set", "lines", "chrF", "BLEU", "to be read")
    parts.append(Table("Quality as served", heads, rows))
    return Section("sets", "By domain", told, parts)


def _confidence(rows: Sequence[Line]) -> Section:
    found, tie = judging.by_confidence(rows), judging.rank_correlation(rows)
    title = "Confidence and quality"
    if not found or tie is None:
        told = "There are too few lines of one model's to say whether its confidence tells quality."
        return Section("confidence", title, told)
    verdict = (
        "the confidence hardly tells a good translation from a bad one"
        if tie < LITTLE
        else "the surer the model is, the better the translation, on the average"
    )
    told = (
        "The model gives each piece of a word that it writes a probability; a line's confidence "
        "is their geometric mean. This is of the model alone with its beams, whole lines, before "
        f"the service's checks. Rank correlation with chrF: {tie:.2f}, so {verdict}. A line that "
        "is paraphrased well gets a low chrF too, which keeps this figure below 1."
    )
    columns = [list(column) for column in zip(*found, strict=True)]
    chart = charts.bins(
        "confidence",
        "Mean chrF by confidence",
        "Each point is of about equally many lines, the small figures below say of how many. "
        "Rising to the right is what one wants.",
        *columns,
        across="confidence",
        up="mean chrF of the service's translations",
        is_share=True,
    )
    cells = [(percent(one.place), f"{one.chrf:.1f}", f"{one.lines:,}") for one in found]
    heads = ("mean confidence", "mean chrF", "lines")
    table = Table("The figures of this plot", heads, cells, texts=0, folded=True)
    return Section("confidence", title, told, [chart, table])


def _flagged(rows: Sequence[Line]) -> Section:
    flagged, counts = judging.flagged(rows), judging.reasons(rows)
    title = "To be read by someone"
    if not flagged:
        return Section("review", title, "No check found a fault in any translation.")
    mean, others = judging.mean_chrf(flagged), judging.mean_chrf([x for x in rows if not x.reasons])
    told = (
        f"{len(flagged):,} of {len(rows):,} translations are marked for review: a check found "
        f"what it could not mend. Their mean chrF is {_figure(mean)}, that of the others "
        f"{_figure(others)}. The checks look for what can be found without a reference: numbers, "
        "dates, names and negations that changed, repetition, words of no language. A flagged line "
        "may be right after all, and one that is not flagged may be wrong."
    )
    bars = [Bar(name, count, f"{count:,}") for name, count in counts.items()]
    chart = charts.bars("reasons", "Reasons", "Lines with each reason; one may have several.", bars)
    cells = [
        (
            short(line.pair.source, LONGEST),
            short(line.text, LONGEST),
            short(line.pair.target, LONGEST),
            "; ".join(dict.fromkeys(f"{one.reason}: {one.detail}" for one in line.reasons)),
        )
        for line in sorted(flagged, key=lambda line: line.chrf)[:FLAGGED]
    ]
    heads = ("source", "translation", "reference", "why")
    caption = f"{len(cells)} of the flagged lines, the farthest from the reference first"
    table = Table(caption, heads, cells, texts=4, stacked=True)
    return Section("review", title, told, [chart, table])


def _lengths(rows: Sequence[Line]) -> Section:
    found = judging.by_length(rows)
    ratios = np.array(judging.length_ratios(rows) or [1.0])
    low, middle, high = np.percentile(ratios, [5, 50, 95])
    told = (
        f"A translation has {middle:.2f} times the characters of its reference at the median, and "
        f"{low:.2f} to {high:.2f} times in nine lines of ten. Much below 1 something is left out, "
        "much above it something is said twice."
    )
    parts: list[Chart | Table] = []
    if len(found) > 1:
        labels = [
            f"{int(one.place / 2) + 1 if one.place > 2 else 1} to {int(one.place)}" for one in found
        ]
        values = {"chrF": [one.chrf for one in found]}
        meaning = "Where the columns are low, texts of that length want reading."
        parts.append(
            charts.groups(
                "lengths",
                "Mean chrF by length",
                meaning,
                labels,
                values,
                across="words of the source",
                up="mean chrF",
                is_share=False,
            )
        )
        cells = [
            (label, f"{one.chrf:.1f}", f"{one.lines:,}")
            for label, one in zip(labels, found, strict=True)
        ]
        heads = ("words", "mean chrF", "lines")
        parts.append(Table("The figures of this plot", heads, cells, folded=True))
    edges = [0, 0.5, 0.7, 0.85, 0.95, 1.05, 1.15, 1.3, 1.5, np.inf]
    counts, _ = np.histogram(ratios, edges)
    names = [
        "below 0.5",
        "to 0.7",
        "to 0.85",
        "to 0.95",
        "to 1.05",
        "to 1.15",
        "to 1.3",
        "to 1.5",
        "more",
    ]
    bars = [
        Bar(name, float(count), f"{count:,}") for name, count in zip(names, counts, strict=True)
    ]
    meaning = "Lines by characters of the translation, as a multiple of the reference's."
    parts.insert(len(parts) and 1, charts.bars("ratios", "Length against reference", meaning, bars))
    return Section("lengths", "Lengths", told, parts)


def _ways(answers: Answers) -> Section:
    rows = []
    for of_set in answers.sets:
        ways = (judging.greedily, judging.with_beams, judging.as_served)
        found = [judging.quality(of_set.rows, way) for way in ways]
        cells = [_figure(one.chrf if one else None) for one in found]
        cells += [_figure(one.bleu if one else None) for one in found]
        rows.append((of_set.name, *cells))
    heads = ("set", "chrF greedy", "beams", "served", "BLEU greedy", "beams", "served")
    told = (
        "Greedy search takes the likeliest piece at each step; beams keep several openings alive, "
        "take about twice the time, and are the service's default. Both are of the model alone on "
        "whole lines; as served, the service cuts, protects and checks what it sends through it."
    )
    parts: list[Chart | Table] = [Table("Greedy, beams, and as served", heads, rows)]
    stated = [metric for spec in answers.specs for metric in spec.metrics]
    if any(metric.precision == "fp32" for metric in stated):
        told += (
            " int8 against fp32 is what the training measured, on its own sets, before it "
            "published the int8 model: the fp32 one is not kept."
        )
        parts.append(_precisions(stated))
    return Section("ways", "Greedy or beams, int8 or fp32", told, parts)


def _precisions(stated: Sequence[Metric]) -> Table:
    by: dict[str, dict[str, Metric]] = {}
    for metric in stated:
        by.setdefault(metric.dataset, {})[metric.precision] = metric
    rows = []
    for name, found in by.items():
        cells = [
            _figure(found[precision].values.get(key) if precision in found else None)
            for key in ("chrf", "bleu")
            for precision in ("fp32", "int8")
        ]
        rows.append((name, *cells))
    heads = ("set, search", "chrF fp32", "int8", "BLEU fp32", "int8")
    return Table("int8 against fp32, as spec.json states it", heads, rows)


def _worst(rows: Sequence[Line]) -> Section:
    worst = sorted(rows, key=lambda line: line.chrf)[:WORST]
    told = (
        "The lines farthest from their reference. Some are wrong, others are good and said "
        "otherwise: only reading tells."
    )
    cells = [
        (
            short(line.pair.source, LONGEST),
            short(line.text, LONGEST),
            short(line.pair.target, LONGEST),
            f"{line.chrf:.0f}",
            "-" if line.confidence is None else percent(line.confidence),
        )
        for line in worst
    ]
    heads = ("source", "translation", "reference", "chrF", "confidence")
    table = Table(f"The {len(cells)} lowest", heads, cells, texts=3, stacked=True)
    return Section("worst", "Farthest from the reference", told, [table])
