"""The page of an intent model."""

import math
from collections.abc import Sequence
from typing import Any

from training.intent import judging
from training.intent.answers import Answer, Answers
from training.intent.examples import OUT_OF_SCOPE
from training.reports import charts
from training.reports.charts import Bar, Curve, percent, short
from training.reports.page import Chart, Page, Section, Table, Tile

PAIRS, EXAMPLES, WORST = 15, 3, 25
MOST_CURVES = 6  # languages of one plot
MOST_INTENTS = 30
ASKED = (0.5, 0.7, 0.9)  # thresholds of requests
LONGEST = 220  # characters of a message


def page(answers: Answers) -> Page:
    """What a shop's analyst wants to know of an intent model's answers."""
    whole = judging.figures(answers.rows)
    files = ", ".join(f"{name} ({count:,})" for name, count in answers.sets.items())
    about = (
        (
            f"{whole['messages']:,} labelled messages went through the service, as customers' "
            f"messages do: {files}. Each was answered with an intent, or left unanswered with a "
            "reason."
        ),
    )
    sections = [
        _languages(answers),
        _confusions(answers),
        _confident(answers.rows),
        _calibration(answers),
        _threshold(answers),
        *([_slots(answers.rows)] if judging.slots_of(answers.rows) else []),
        _intents(answers.rows),
    ]
    made_by = str(answers.spec.training.get("command", "an unknown command"))
    title = "Intent: what the model gets right"
    return Page(title, answers.spec.identifier, about, _tiles(answers, whole), sections, made_by)


def _cell(share: float | None) -> str:
    return "-" if share is None else percent(share)


def _tiles(answers: Answers, whole: dict[str, Any]) -> list[Tile]:
    error = judging.calibration_error(answers, range(len(answers.rows)))
    return [
        Tile("Right intent", _cell(whole["in_scope_right"]), f"of {whole['in_scope']:,} in scope"),
        Tile("Wrong intent", _cell(whole["in_scope_wrong"]), "of those in scope"),
        Tile("Unanswered", _cell(whole["in_scope_unanswered"]), "of those in scope"),
        Tile(
            "Left alone",
            _cell(whole["out_of_scope_left_alone"]),
            f"of {whole['out_of_scope']:,} out of scope",
        ),
        Tile("Right where answered", _cell(whole["answers_right"]), "of all intents given"),
        Tile("Calibration error", percent(error), "confidence against what is right"),
    ]


def _languages(answers: Answers) -> Section:
    summaries = {
        language: judging.figures([answers.rows[place] for place in answers.places(language)])
        for language in answers.languages
    }
    counted = {code: of for code, of in summaries.items() if of["in_scope"]}
    parts: list[Chart | Table] = []
    if counted:
        names = {
            "right intent": ("s1", "in_scope_right"),
            "unanswered": ("quiet", "in_scope_unanswered"),
            "wrong intent": ("s2", "in_scope_wrong"),
        }
        shares = {
            part: (colour, [float(of[key]) for of in counted.values()])
            for part, (colour, key) in names.items()
        }
        told = (
            "Of the messages that have an intent. An unanswered one goes to a person or is asked "
            "back; a wrong one sets the wrong thing going."
        )
        title = "Right, unanswered, wrong"
        labels = [code or "any" for code in counted]
        parts.append(charts.stacked("languages", title, told, labels, shares))
    heads = ("language", "messages", "right", "wrong", "unanswered", "out of scope", "left alone")
    rows = [
        (
            code or "any",
            f"{of['messages']:,}",
            *(_cell(of[f"in_scope_{key}"]) for key in ("right", "wrong", "unanswered")),
            f"{of['out_of_scope']:,}",
            _cell(of["out_of_scope_left_alone"]),
        )
        for code, of in summaries.items()
    ]
    caption = (
        "By language. Right, wrong and unanswered are shares of the messages in scope, left alone "
        "of those out of it."
    )
    told = "How often a customer gets the right intent, by the language of the message."
    return Section("languages", "By language", told, [*parts, Table(caption, heads, rows)])


def _confusions(answers: Answers) -> Section:
    pairs = judging.confusions(answers.rows)
    wrong = sum(len(pair.rows) for pair in pairs)
    if not pairs:
        told = "No message got an intent that is not its own."
        return Section("confusions", "What is taken for what", told)
    shown = pairs[:PAIRS]
    once = sum(len(pair.rows) == 1 for pair in pairs)
    told = (
        f"{wrong:,} messages got an intent that is not theirs, in {len(pairs):,} different "
        f"pairs, of which {once:,} were met once. Two intents that are often confused want "
        f"clearer examples, or to be one. {OUT_OF_SCOPE} stands for a message that should "
        "have got no intent."
    )
    bars = [
        Bar(f"{p.expected} → {p.told}", len(p.rows), f"{len(p.rows)}")
        for p in shown
        if len(p.rows) > 1
    ]
    meaning = "What was meant → what was answered, with the number of messages."
    title = "Confused more than once"
    parts: list[Chart | Table] = []
    if bars:
        parts.append(charts.bars("confusions", title, meaning, bars))
    rows = [
        (
            pair.expected,
            pair.told,
            f"{len(pair.rows)}",
            "\n".join(short(row.message.text, 120) for row in pair.rows[:EXAMPLES]),
        )
        for pair in shown
    ]
    heads = ("meant", "answered", "messages", "for example")
    caption = f"The {len(shown)} most frequent pairs, with messages"
    parts.append(Table(caption, heads, rows, texts=4, stacked=True))
    return Section("confusions", "What is taken for what", told, parts)


def _confident(rows: Sequence[Answer]) -> Section:
    worst = judging.confident_errors(rows)[:WORST]
    title = "Sure and wrong"
    if not worst:
        return Section("worst", title, "No answer is wrong.")
    told = (
        "The wrong answers of which the model is surest. Those on top no usable threshold "
        "keeps back: the model has to learn from more examples like them, or the label of the "
        "test is wrong."
    )
    cells = [
        (
            short(row.message.text, LONGEST),
            row.message.intent,
            row.told or "",
            percent(row.result.intent.confidence if row.result.intent else 0),
            row.language,
        )
        for row in worst
    ]
    heads = ("message", "meant", "answered", "confidence", "language")
    table = Table(f"The {len(cells)} surest wrong answers", heads, cells, texts=5, stacked=True)
    return Section("worst", title, told, [table])


def _calibration(answers: Answers) -> Section:
    parts: list[Chart | Table] = []
    rows = []
    for language in answers.languages:
        places = answers.places(language)
        error = judging.calibration_error(answers, places)
        found = judging.reliability_bins(answers, places)
        told = (
            f"Expected calibration error {percent(error)}, {len(places):,} messages. Above the "
            "dashed line the model is right more often than it says, below it less often."
            if not parts
            else f"Expected calibration error {percent(error)}, {len(places):,} messages."
        )
        name, title = f"reliability-{language or 'any'}", language or "All messages"
        columns = [list(column) for column in zip(*found, strict=True)]
        parts.append(charts.reliability(name, title, told, *columns))
        rows += [
            (title, percent(one.stated), percent(one.reached), f"{one.messages:,}") for one in found
        ]
    heads = ("language", "mean confidence", "right", "messages")
    parts.append(Table("The figures of these plots", heads, rows, folded=True))
    told = (
        "Does a confidence mean what it says? Of the messages that get 80 %, eight in ten "
        "should be right: then the points lie on the dashed line. Each point is of at least "
        f"{judging.FEW} messages, where there are so many; the grey columns say of how many. "
        "A point over a low column is known from few."
    )
    return Section("calibration", "Calibration", told, parts)


def _threshold(answers: Answers) -> Section:
    curves, rows = {}, []
    for language in answers.languages:
        points, own = judging.trade_off(answers, language), judging.at_own(answers, language)
        name = language or "any"
        mark = (own.answered, own.right)
        curves[name] = Curve([p.answered for p in points], [p.right for p in points], mark)
        rows.append((name, f"{own.threshold:.2f}, the model's own", *_cells(own)))
        for threshold in ASKED:
            point = judging.at_threshold(answers, language, threshold)
            rows.append((name, f"{threshold:.2f}", *_cells(point)))
    shown = dict(list(curves.items())[:MOST_CURVES])
    chart = charts.lines(
        "threshold",
        "What a threshold gives",
        "Further left, fewer messages are answered and more of the answers are right. The large "
        "point is the model's own rule, without a threshold in the request.",
        shown,
        across="share of messages in scope that are answered",
        up="share of answers that are right",
    )
    heads = ("language", "threshold", "answered", "right of these")
    caption = "The model's own thresholds, and what a request's would give"
    table = Table(caption, heads, rows, texts=2)
    odds = answers.rule.odds
    told = (
        "A request may set its own threshold: a higher one answers fewer messages, and more "
        "of the answers are right. An answer to a message that is out of scope counts as "
        "wrong."
    )
    if odds:
        told += (
            f" The model's own rule also wants the best intent to be at least {odds:g} times as "
            "probable as out of scope, which a request's threshold does away with."
        )
    told += (
        " Messages that deny a wish or hold two are judged here by their most probable intent; "
        "the service leaves them unanswered, so it answers a few less."
    )
    return Section("threshold", "Threshold", told, [chart, table])


def _cells(point: judging.Point) -> tuple[str, str]:
    return percent(point.answered), percent(point.right)


def _slots(rows: Sequence[Answer]) -> Section:
    slots = judging.slots_of(rows)
    told = (
        "Slots are what a message names: an order's number, a size, a date. A slot counts as "
        "right where its kind, its first and its last character are."
    )
    measures = (
        ("precision", "Precision", "Of the slots that the model finds, how many are right."),
        ("recall", "Recall", "Of the slots that people marked, how many the model finds."),
    )
    parts: list[Chart | Table] = []
    for key, title, meaning in measures:
        known = [(slot.name, getattr(slot, key)) for slot in slots]
        bars = [Bar(name, value, percent(value)) for name, value in known if not math.isnan(value)]
        if bars:
            bars.sort(key=lambda bar: -bar.value)
            parts.append(charts.bars(f"slots-{key}", title, meaning, bars, limit=1.0))
    heads = ("slot", "marked", "found", "right", "precision", "recall")
    cells = [
        (
            slot.name,
            *(f"{count:,}" for count in (slot.marked, slot.found, slot.right)),
            percent(slot.precision),
            percent(slot.recall),
        )
        for slot in slots
    ]
    return Section("slots", "Slots", told, [*parts, Table("By kind of slot", heads, cells)])


def _intents(rows: Sequence[Answer]) -> Section:
    recalls = judging.recalls(rows)
    missed = [recall for recall in recalls if recall.share < 1]
    told = (
        f"Of the messages of each intent, how many got it. {len(recalls) - len(missed)} of "
        f"{len(recalls)} intents were always found. One of which there are few messages says "
        "little: see how many they are."
    )
    parts: list[Chart | Table] = []
    if missed:
        shown = missed[:MOST_INTENTS]
        notes = [Bar(r.name, r.share, f"{r.right} of {r.messages}") for r in shown]
        meaning = f"Share of the messages that got their intent, the {len(shown)} hardest."
        parts.append(charts.bars("intents", "Recall by intent", meaning, notes, limit=1.0))
    if recalls:
        heads = ("intent", "messages", "right", "wrong", "unanswered")
        cells = [
            (r.name, *map(str, (r.messages, r.right, r.wrong, r.messages - r.right - r.wrong)))
            for r in recalls
        ]
        parts.append(Table("The figures by intent", heads, cells, folded=True))
    return Section("intents", "By intent", told, parts)
