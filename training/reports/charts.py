"""What is drawn: bars, lines, reliability, each small enough for a phone."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from training.reports.page import Chart
from training.reports.style import COLOURS, MARKERS, SERIES, draw

INK, QUIET, GRID = COLOURS["ink"], COLOURS["quiet"], COLOURS["grid"]
MOST_BESIDE = 26  # characters of a label that may stand beside its bar; longer ones stand above


class Bar(NamedTuple):
    """One bar with what is written at its end."""

    label: str
    value: float
    note: str = ""


class Curve(NamedTuple):
    """One line.

    Attributes:
        mark: a point that is singled out.
    """

    x: Sequence[float]
    y: Sequence[float]
    mark: tuple[float, float] | None = None


def short(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def percent(value: float) -> str:
    """A share in percent."""
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"


def _percent_axis(axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))


def bars(
    name: str, title: str, told: str, rows: Sequence[Bar], *, limit: float | None = None
) -> Chart:
    """Horizontal bars, the first on top.

    Args:
        name: of the plot in its page.
        title: what it shows.
        told: what it means.
        rows: at least one.
        limit: where the axis ends; None for the longest bar.
    """
    above = max(len(row.label) for row in rows) > MOST_BESIDE
    pitch = 36.0 if above else 19.0
    end = limit or max(row.value for row in rows) or 1.0

    def paint(_: Any, axes: Any) -> None:
        places = range(len(rows))
        values = [row.value for row in rows]
        axes.barh(places, values, height=0.36 if above else 0.66, color=SERIES[0])
        room = 0.05 + 0.017 * max(len(row.note) for row in rows) * (1.0 if above else 1.5)
        axes.set_xlim(0, end * (1 + room))
        axes.set_ylim(len(rows) - 0.4, -0.75 if above else -0.6)
        for place, row in enumerate(rows):
            axes.text(row.value + end * 0.015, place, row.note, va="center", fontsize=10.5)
            if above:
                axes.text(0, place - 0.28, short(row.label, 58), va="bottom", fontsize=10.5)
        labels = [] if above else [row.label for row in rows]
        axes.set_yticks([] if above else places, labels, color=INK)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.grid(visible=False)

    return Chart(title, told, draw(name, title, 14 + pitch * len(rows), paint))


def stacked(
    name: str,
    title: str,
    told: str,
    labels: Sequence[str],
    parts: Mapping[str, tuple[str, Sequence[float]]],
) -> Chart:
    """Horizontal bars of shares that make up a whole.

    Args:
        name: of the plot in its page.
        title: what it shows.
        told: what it means.
        labels: of the bars.
        parts: by name, a colour of `training.reports.style.COLOURS` and a share for each bar.
    """

    def paint(figure: Any, axes: Any) -> None:
        starts = [0.0] * len(labels)
        for part, (colour, shares) in parts.items():
            drawn = COLOURS[colour]
            axes.barh(range(len(labels)), shares, 0.6, left=starts, color=drawn, label=part)
            for place, share in enumerate(shares):
                if share >= 0.12:
                    middle, text = starts[place] + share / 2, f"{100 * share:.0f} %"
                    paper = COLOURS["surface"]
                    axes.text(middle, place, text, ha="center", va="center", color=paper)
            starts = [start + share for start, share in zip(starts, shares, strict=True)]
        axes.set_xlim(0, 1)
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_yticks(range(len(labels)), labels, color=INK)
        axes.grid(visible=False)
        _percent_axis(axes.xaxis)
        figure.legend(loc="outside upper left", ncols=3)

    return Chart(title, told, draw(name, title, 62 + 26.0 * len(labels), paint))


def lines(
    name: str,
    title: str,
    told: str,
    curves: Mapping[str, Curve],
    *,
    across: str,
    up: str,
    ticks: Sequence[float] = (),
    shares: tuple[bool, bool] = (True, True),
) -> Chart:
    """Lines with a legend.

    Args:
        name: of the plot in its page.
        title: what it shows.
        told: what it means.
        curves: by name, at most six.
        across: what the horizontal axis is.
        up: what the vertical one is.
        ticks: of the horizontal axis, where there are few values; each is drawn as a point.
        shares: whether each axis is of shares.
    """

    def paint(figure: Any, axes: Any) -> None:
        for number, (label, curve) in enumerate(curves.items()):
            marker = MARKERS[number]
            style = {"color": SERIES[number], "label": label}
            axes.plot(curve.x, curve.y, marker=marker if ticks else None, **style)
            if curve.mark:
                axes.plot(*curve.mark, marker=marker, markersize=9, color=SERIES[number])
        axes.set_xlabel(across)
        axes.set_title(up)
        for axis, is_share in zip((axes.xaxis, axes.yaxis), shares, strict=True):
            if is_share:
                _percent_axis(axis)
        if ticks:
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        if len(curves) > 1:
            figure.legend(loc="outside upper left", ncols=2)

    rows = (len(curves) + 1) // 2
    return Chart(title, told, draw(name, title, 235 + 17.0 * rows, paint))


def groups(
    name: str,
    title: str,
    told: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    across: str = "",
    up: str = "",
    is_share: bool = True,
) -> Chart:
    """Columns side by side for each label.

    Args:
        name: of the plot in its page.
        title: what it shows.
        told: what it means.
        labels: of the groups.
        series: by name, a value for each group.
        across: what the groups are.
        up: what the values are.
        is_share: whether they are shares.
    """

    def paint(figure: Any, axes: Any) -> None:
        width = 0.8 / len(series)
        for number, (label, values) in enumerate(series.items()):
            offset = (number - (len(series) - 1) / 2) * width
            places = [place + offset for place in range(len(labels))]
            axes.bar(places, values, width * 0.92, color=SERIES[number], label=label)
        axes.set_xticks(range(len(labels)), labels)
        axes.set_xlabel(across)
        axes.set_title(up)
        axes.grid(visible=False, axis="x")
        if is_share:
            _percent_axis(axes.yaxis)
        if len(series) > 1:
            figure.legend(loc="outside upper left", ncols=2)

    rows = (len(series) + 1) // 2
    return Chart(title, told, draw(name, title, 215 + 17.0 * rows, paint))


def reliability(
    name: str,
    title: str,
    told: str,
    stated: Sequence[float],
    reached: Sequence[float],
    counts: Sequence[int],
) -> Chart:
    """Confidence against what is right, with how many there are of each.

    Args:
        name: of the plot in its page.
        title: what it shows.
        told: what it means.
        stated: mean confidence of each bin.
        reached: what share of it is right.
        counts: how many are in it.
    """

    def paint(_: Any, axes: Any) -> None:
        most = max(counts)
        shares = [0.25 * count / most for count in counts]
        axes.bar(stated, shares, 0.04, color=GRID)
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.plot(stated, reached, marker="o", color=SERIES[0])
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("confidence")
        axes.set_title("share that is right")
        for axis in (axes.xaxis, axes.yaxis):
            _percent_axis(axis)

    return Chart(title, told, draw(name, title, 240, paint))


def bins(
    name: str,
    title: str,
    told: str,
    places: Sequence[float],
    values: Sequence[float],
    counts: Sequence[int],
    *,
    across: str,
    up: str,
    is_share: bool,
) -> Chart:
    """A value in bins, with how many there are in each below.

    Args:
        name: of the plot in its page.
        title: what it shows.
        told: what it means.
        places: of the bins.
        values: the mean of each.
        counts: how many are in it.
        across: what the bins are of.
        up: what the value is.
        is_share: whether the bins are of shares.
    """

    def paint(_: Any, axes: Any) -> None:
        axes.plot(places, values, marker="o", color=SERIES[0])
        low, high = min(values), max(values)
        room = max(high - low, 1e-9)
        axes.set_ylim(low - 0.35 * room, high + 0.1 * room)
        for place, count in zip(places, counts, strict=True):
            text = {"ha": "center", "va": "bottom", "fontsize": 9.5, "color": COLOURS["muted"]}
            axes.text(place, low - 0.33 * room, f"{count:,}", **text)
        axes.set_xlabel(across)
        axes.set_title(up)
        axes.margins(x=0.08)
        if is_share:
            _percent_axis(axes.xaxis)

    return Chart(title, told, draw(name, title, 235, paint))
