"""Public data by name: what the default model is trained on, and what it is compared on."""

import csv
import re
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import numpy as np

from shared.models.spec import DataSource
from training.errors import DataError
from training.recommendation import public
from training.recommendation.interactions import EVENTS, History, Interactions, Item

PURCHASE = EVENTS.index("purchase")
# A product of Online Retail: five digits, with letters for a variant. All else is postage, fees,
# samples, manual lines, gift vouchers and the like.
PRODUCT_CODE = re.compile(r"^\d{5}[A-Z]{0,2}$", re.IGNORECASE)


def _sequence(items: list[int]) -> History:
    count = len(items)
    return History(
        np.asarray(items, np.int64), np.full(count, PURCHASE), np.arange(count, dtype=np.float64)
    )


def read_sequences(path: Path, titles: Path | None = None) -> Interactions:
    """A leave-one-out file: one user a line, the user's number and then items in order.

    Args:
        path: of the file, for example ``Beauty.txt``.
        titles: a TSV with the columns ``item_id`` and ``title``.

    Raises:
        DataError: a line is not numbers, or a file is not there.
    """
    for needed in (path, titles):
        if needed is not None and not needed.exists():
            raise DataError(f"No file {needed}.")
    rows: list[list[str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split()
        if not all(part.isdecimal() for part in parts):
            raise DataError(f"{path}, line {number}: not a user's number and items' numbers.")
        if len(parts) > 1:
            rows.append(parts[1:])
    names = sorted({item for row in rows for item in row}, key=int)
    place = {name: index for index, name in enumerate(names)}
    known: dict[str, str] = {}
    if titles is not None:
        with titles.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            known = {row["item_id"]: row["title"] for row in reader}
    source = DataSource(
        name=path.name,
        source="https://jmcauley.ucsd.edu/data/amazon/",
        licence="research use",
        rows=sum(map(len, rows)),
    )
    return Interactions(
        [Item(name, known.get(name, name)) for name in names],
        [_sequence([place[item] for item in row]) for row in rows],
        timed=False,
        sources=[source],
    )


def beauty(data_dir: Path) -> Interactions:
    """Amazon Beauty, 5-core, by the numbering that published results use."""
    folder = data_dir / "retail" / "amazon_beauty"
    if not (folder / "Beauty.txt").exists():
        raise DataError(
            f"No {folder / 'Beauty.txt'}: --data-dir must be the folder that holds retail/. The "
            "data come from https://jmcauley.ucsd.edu/data/amazon/."
        )
    return read_sequences(folder / "Beauty.txt", folder / "items.tsv")


def online_retail(data_dir: Path) -> Interactions:
    """UCI Online Retail: customers' invoices, without cancellations, postage and manual lines.

    Products that were only bought by customers without a number are in the catalogue too; their
    sales count for its ``popularity``.
    """
    path = data_dir / "retail" / "online_retail" / "online_retail_full.parquet"
    if not path.exists():
        raise DataError(
            f"No {path}: --data-dir must be the folder that holds retail/. The data come from "
            "https://archive.ics.uci.edu/dataset/352/online+retail."
        )
    try:
        import pyarrow.parquet as parquet
    except ModuleNotFoundError as error:
        raise DataError(
            f"{path} is read by pyarrow, which this Python has not: use .venv-train (make "
            "test-training sets it up), or pip install 'retail-inference[training]'."
        ) from error

    table = parquet.read_table(path).to_pydict()
    rows = [
        (code.upper(), invoice, time.replace(tzinfo=UTC).timestamp(), customer, price, description)
        for code, invoice, time, customer, price, quantity, description in zip(
            table["StockCode"],
            table["InvoiceNo"],
            table["InvoiceDate"],
            table["CustomerID"],
            table["UnitPrice"],
            table["Quantity"],
            table["Description"],
            strict=True,
        )
        if PRODUCT_CODE.match(code) and invoice.isdecimal() and quantity > 0 and price > 0
    ]
    catalogue = _catalogue(rows)
    place = {item.item_id: index for index, item in enumerate(catalogue)}
    baskets: dict[int, dict[str, tuple[float, dict[int, None]]]] = {}
    for code, invoice, time, customer, _, _ in rows:
        if customer is not None:
            basket = baskets.setdefault(customer, {}).setdefault(invoice, (time, {}))
            basket[1][place[code]] = None
    histories = [_baskets(list(found.values())) for found in baskets.values()]
    source = DataSource(
        name="Online Retail",
        source="https://archive.ics.uci.edu/dataset/352/online+retail",
        licence="CC0-1.0",
        rows=len(rows),
    )
    return Interactions(catalogue, histories, timed=True, sources=[source])


def _baskets(found: list[tuple[float, dict[int, None]]]) -> History:
    """Invoices in order; two of the same minute are one basket."""
    found.sort(key=lambda basket: basket[0])
    items = [item for _, basket in found for item in basket]
    times = [time for time, basket in found for _ in basket]
    return History(
        np.asarray(items, np.int64), np.full(len(items), PURCHASE), np.asarray(times, np.float64)
    )


def _catalogue(rows: list[tuple[str, str, float, int | None, float, str | None]]) -> list[Item]:
    """Each product with its most frequent name, its median price and its number of invoices."""
    names: dict[str, dict[str, int]] = {}
    prices: dict[str, list[float]] = {}
    invoices: dict[str, set[str]] = {}
    for code, invoice, _, _, price, description in rows:
        title = " ".join((description or "").split())
        counts = names.setdefault(code, {})
        counts[title] = counts.get(title, 0) + 1
        prices.setdefault(code, []).append(price)
        invoices.setdefault(code, set()).add(invoice)
    return [
        Item(
            code,
            max(counts, key=lambda name: (counts[name], name)),
            {
                "price": round(float(np.median(prices[code])), 2),
                "popularity": len(invoices[code]),
            },
        )
        for code, counts in sorted(names.items())
    ]


LOADERS: dict[str, Callable[[Path], Interactions]] = {
    "online-retail": online_retail,
    "beauty": beauty,
    "complete-journey": public.complete_journey,
    "instacart": public.instacart,
    "retailrocket": public.retailrocket,
    "diginetica": public.diginetica,
}
