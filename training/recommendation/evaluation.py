"""Evaluating a served recommendation model on shoppers' events. Imports without torch."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from training.evaluating import Evaluated, evaluated
from training.options import keywords
from training.recommendation.config import EvaluateOptions
from training.recommendation.data import load
from training.recommendation.interactions import Interactions
from training.recommendation.judging import judge, summary
from training.reports.page import Page

SHOWN = ("hr@10", "recall@10", "ndcg@10")


@keywords(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> Evaluated:
    """Rank what each user had last, by a served model and by simple counts.

    The fields of `EvaluateOptions` are the keywords:

        evaluate(events="events.csv", items="items.csv", model="build/models/mine")

    Raises:
        DataError: the events or the folder cannot be used, or a package for the page is missing.
    """

    def measure() -> tuple[dict[str, Any], Callable[[], Page]]:
        return measured(options.model, load(options.data))

    return evaluated(options.model, (options.report, options.no_report), measure)


def measured(folder: Path, data: Interactions) -> tuple[dict[str, Any], Callable[[], Page]]:
    """The figures of a folder on some events, and what makes a page of them."""
    judged = judge(folder, data)

    def make() -> Page:
        from training.reports.recommendation import page

        return page(judged)

    return summary(judged), make


def show(figures: Mapping[str, Any]) -> None:
    """Print the figures of every way of ranking as a table."""
    print(f"{figures['model']}: {figures['users']:,} users of {figures['data']}")
    names = (*SHOWN, "coverage@10")
    print(f"{'ranked by':24}" + "".join(f"{name:>12}" for name in names))
    for way, values in figures["ranked_by"].items():
        cells = {**values, "coverage@10": figures["coverage@10"][way]}
        print(f"{way:24}" + "".join(f"{cells[name]:12.4f}" for name in names))
