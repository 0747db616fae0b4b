"""A shop whose customers go round its shelves in one order, and come back for a favourite."""

import csv
from pathlib import Path

import numpy as np

from training.recommendation.interactions import Case, History, Interactions, Item

DAY_S = 86_400
SOLD, UNSOLD = 60, 3
STRIDE = 7  # from what was bought to what is bought next
COLOURS = ("red", "blue", "green", "black", "white", "golden")
THINGS = ("mug", "plate", "lamp", "candle", "clock", "basket", "cushion", "towel", "frame", "vase")
EVENT_FIELDS = ["user_id", "item_id", "event", "timestamp"]


def history(items, times=None, events=None) -> History:
    """One of plain lists; each event is a purchase at a time of its own unless given."""
    count = len(items)
    return History(
        np.array(items, np.int64),
        np.full(count, 2) if events is None else np.array(events, np.int64),
        np.array(range(count) if times is None else times, np.float64),
    )


def case(items, basket, times=None) -> Case:
    before = history(items, times)
    return Case(before, np.array(basket), float(before.times[-1]) + 1)


def interactions(histories, items: int) -> Interactions:
    catalogue = [Item(f"i{row}", f"item {row}") for row in range(items)]
    return Interactions(catalogue, histories, timed=True, sources=[])


def title(row: int) -> str:
    return f"{COLOURS[row % len(COLOURS)]} {THINGS[row % len(THINGS)]} {'large' * (row > 29)}"


def write_items(path: Path) -> Path:
    rows = [f"sku-{row},{title(row)},{row / 2},{THINGS[row % 10]}" for row in range(SOLD + UNSOLD)]
    path.write_text("\n".join(["item_id,title,price,kind", *rows]) + "\n", encoding="utf-8")
    return path


def write_events(path: Path, users: int = 300) -> Path:
    """Purchases and carts; every third basket has the customer's favourite as well."""
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(EVENT_FIELDS)
        for user in range(users):
            place, favourite = rng.integers(SOLD, size=2)
            time = 1_700_000_000 + int(rng.integers(1_000)) * DAY_S
            for basket in range(24 if user % 10 == 0 else int(rng.integers(6, 12))):
                bought = [place, favourite] if basket % 3 == 2 else [place]
                for item in bought:
                    kind = "purchase" if rng.random() < 0.8 else "cart"
                    writer.writerow([f"u{user}", f"sku-{item}", kind, time])
                place = (place + STRIDE) % SOLD if rng.random() < 0.9 else rng.integers(SOLD)
                time += int(rng.integers(1, 20)) * DAY_S
    return path
