"""Reading and writing what is known of items."""

from collections.abc import Sequence
from math import isnan
from typing import Any

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.item_requests import ACTIVE, ItemUpdate
from functions.recommendation.items import get_item_store
from functions.recommendation.live import MOST_WRITTEN_FIELDS, LiveCatalogue, is_text
from functions.recommendation.model import RecommendationModel
from functions.recommendation.responses import ItemResponse, WrittenResponse
from functions.recommendation.shopper import not_in_catalogue
from shared.errors import InvalidRequest, LimitExceeded, NotFound
from shared.process.telemetry import note, span


def read_item(item_id: str, model: RecommendationModel, live: LiveCatalogue) -> ItemResponse:
    """What the catalogue has of an item, and what was written of it.

    Raises:
        NotFound: neither knows it.
        StoreUnavailable: the store does not answer.
    """
    with span("items"):
        written = get_item_store().read(item_id)
    row = model.row(item_id)
    if row is None and (written is None or not written.fields):
        raise NotFound("No such item, neither in the catalogue nor written since its training.")
    fields = dict(written.fields) if written is not None else {}
    if row is None:
        return ItemResponse(item_id=item_id, title=None, fields={}, written=fields)
    catalogue, _ = live.now(anew=True)
    values = {name: _told(catalogue, name, row) for name in sorted(catalogue.fields)}
    title = catalogue.titles[row]
    return ItemResponse(item_id=item_id, title=title, fields=values, written=fields)


def _told(catalogue: Catalogue, name: str, row: int) -> str | float | None:
    """A field's value; None where the item has none."""
    value: Any = catalogue.fields[name][row].item()
    return None if value == "" or (isinstance(value, float) and isnan(value)) else value


def write_items(
    updates: Sequence[ItemUpdate],
    pointers: Sequence[str],
    model: RecommendationModel,
    live: LiveCatalogue,
) -> WrittenResponse:
    """Write fields of items: this process's next answer obeys them.

    Args:
        updates: what is different.
        pointers: JSON pointers of their fields.
        model: whose catalogue it is.
        live: the catalogue as it is.

    Raises:
        InvalidRequest: a value is of another kind than its field.
        LimitExceeded: there are too many new fields.
        StoreUnavailable: the store does not answer; sending it again does no harm.
    """
    catalogue, warnings = live.now()
    _check(updates, pointers, catalogue)
    note(items_written=len(updates))
    with span("items"):
        get_item_store().write([(update.item_id, update.fields) for update in updates])
    warnings = [*warnings, *live.now(anew=True)[1]]
    ids = dict.fromkeys(update.item_id for update in updates)
    if unknown := [item_id for item_id in ids if model.row(item_id) is None]:
        warnings.append(not_in_catalogue("items", unknown, "kept for a model that knows them"))
    return WrittenResponse(written=len(updates), warnings=list(dict.fromkeys(warnings)))


def _check(updates: Sequence[ItemUpdate], pointers: Sequence[str], catalogue: Catalogue) -> None:
    kinds = {name: is_text(values) for name, values in catalogue.fields.items()}
    kinds.setdefault(ACTIVE, False)
    own = len(kinds)
    for update, pointer in zip(updates, pointers, strict=True):
        for name, value in update.fields.items():
            if value is None:
                continue
            text = isinstance(value, str)
            if kinds.setdefault(name, text) != text:
                wanted = "text" if kinds[name] else "numbers, true and false"
                detail = f"field {name!r} holds {wanted}; send one of these, or null"
                errors = [{"pointer": f"{pointer}/{name}", "detail": detail}]
                raise InvalidRequest(f"{pointer}/{name}: {detail}", errors=errors)
    if len(kinds) - own and len(kinds) > MOST_WRITTEN_FIELDS:
        hint = "Use the fields that there are, or put these into items.csv and train."
        raise LimitExceeded("fields", MOST_WRITTEN_FIELDS, len(kinds), hint, pointers[0])
