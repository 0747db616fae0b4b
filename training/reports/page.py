"""The parts of a page, and the one file that is made of them."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from training.errors import DataError

PACKAGES = {"jinja2": "Jinja2", "matplotlib": "matplotlib"}
FOLDER = Path("build/reports")
CARD_FILE, REPORT_FILE = "README.md", "report.html"


class Drawing(Protocol):
    """An SVG that may stand in HTML as it is; `training.reports.charts` makes them."""

    def __html__(self) -> str: ...


@dataclass(frozen=True)
class Tile:
    """A figure that is read first."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A plot with the sentence that says what it means."""

    title: str
    told: str
    svg: Drawing
    kind: str = field(default="chart", init=False)


@dataclass(frozen=True)
class Table:
    """Rows below heads.

    Attributes:
        caption: what the rows are.
        texts: so many columns from the left hold text, the others numbers.
        folded: whether it is opened on demand: the figures of a plot, for example.
        stacked: whether a narrow screen shows each row as a block, as long texts need.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1
    folded: bool = False
    stacked: bool = False
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Section:
    """One question with its answer.

    Attributes:
        name: of its anchor.
        told: what the question is, and the short answer.
    """

    name: str
    title: str
    told: str
    parts: Sequence[Chart | Table] = ()


@dataclass(frozen=True)
class Page:
    """All that is shown of one model.

    Attributes:
        about: paragraphs on what was measured, and how.
        command: that made the model.
    """

    title: str
    model: str
    about: Sequence[str]
    tiles: Sequence[Tile]
    sections: Sequence[Section]
    command: str


def check_installed() -> None:
    """See that pages can be made here, before anything is measured for one.

    Raises:
        DataError: a package is missing; it says how to get it.
    """
    missing = [name for module, name in PACKAGES.items() if not importlib.util.find_spec(module)]
    if missing:
        raise DataError(
            f"A report needs {' and '.join(missing)}, which this Python has not: pip install "
            "'retail-inference[reports]', or from a checkout pip install -e '.[reports]'. "
            "--no-report does without."
        )


def write(page: Page, path: Path) -> Path:
    """Write a page as one HTML file that asks for no other.

    Raises:
        DataError: Jinja2 is missing.
    """
    check_installed()
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,  # messages of customers may hold HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    content = environment.get_template("page.html").render(page=page)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def beside(card: Path) -> Path:
    """Where a training writes the page of a model that has its card at ``card``."""
    return card.with_name(REPORT_FILE) if card.name == CARD_FILE else card.with_suffix(".html")
