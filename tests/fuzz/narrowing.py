"""What a deployment knows and its OpenAPI document cannot: for schemathesis, which loads this.

Without it, a request that fits its schema could be refused for a language or an intent that no
model knows, a field that the catalogue lacks, a name that was never imported, or the time of day.
"""

import copy
import json
import re
import time
from typing import Any
from uuid import uuid4

import schemathesis

LANGUAGES = ("de", "en", "es", "fr")  # of the default translation models
INTENTS = ("cancel_order", "get_refund", "track_order")  # of the default intent model, a few
NUMBERS = ("popularity", "price")  # fields of the default catalogue, which are numbers
HOLDING = ("and", "or", "not")  # what a filter may hold of filters
TEXT_FIELD = "brand"  # of an item, which run.py writes
MAX_TIMESTAMP = 4_102_444_800  # that the document allows
MAX_FIELDS = 50
MAX_K = 100
MAX_NAME = 64
PINNED = "22697"
FIELD = re.compile(r"[A-Za-z_][\w.-]{0,63}")
KEY = re.compile(r"[!-~]{1,200}")
LIBRE = ("/translate", "/detect")


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Narrow the document in place."""
    schemas = raw_schema["components"]["schemas"]
    bodies = [
        content["schema"]
        for path in LIBRE
        if path in raw_schema["paths"]
        for content in raw_schema["paths"][path]["post"]["requestBody"]["content"].values()
    ]
    for schema in (schemas.get("TranslateRequest"), *bodies):
        fields = schema["properties"] if schema else {}
        if "target" in fields:
            fields["target"]["enum"] = list(LANGUAGES)
            fields["source"]["enum"] = ["auto", *LANGUAGES]
        if "terminologies" in fields:
            fields["terminologies"]["maxItems"] = 0
    if "Context" in schemas:
        schemas["Context"]["properties"]["intent"]["enum"] = list(INTENTS)
    if "Condition" in schemas:
        _narrow_condition(schemas["Condition"]["properties"])
        _unfold(schemas)
    if "RecommendationRequest" in schemas:
        fields = schemas["RecommendationRequest"]["properties"]
        fields["one_per"] = {"anyOf": [{"enum": list(NUMBERS)}, {"type": "null"}]}
    if trending := raw_schema["paths"].get("/v1/items/trending"):
        (per,) = (it for it in trending["get"]["parameters"] if it["name"] == "per")
        per["schema"] = {"enum": [TEXT_FIELD]}


def _narrow_condition(fields: dict[str, Any]) -> None:
    null = {"type": "null"}
    fields["field"] = {"anyOf": [{"enum": list(NUMBERS)}, null]}
    for name in ("eq", "lt", "lte", "gt", "gte"):
        fields[name] = {"anyOf": [{"type": "number"}, null]}
    values = {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 1_000}
    fields["in"] = {"anyOf": [values, null]}


def _settle(body: Any) -> None:
    """Change a body in place: events of the future to now, names of fields by their kinds."""
    if isinstance(body, list):
        for value in body:
            _settle(value)
    if not isinstance(body, dict):
        return
    for value in body.values():
        _settle(value)
    at = body.get("timestamp")
    if isinstance(at, int | float) and time.time() < at <= MAX_TIMESTAMP:
        body["timestamp"] = int(time.time())
    fields = body.get("fields")
    if isinstance(fields, dict) and len(fields) <= MAX_FIELDS:
        body["fields"] = dict(map(_named_by_kind, fields.items()))


def _pin(body: dict[str, Any]) -> None:
    """Pin one item where those of a body are each as they may be, and not all together."""
    pins, k, excluded = body.get("pinned"), body.get("k", 10), body.get("excluded", [])
    whole = isinstance(pins, list) and isinstance(excluded, list) and _is_whole(k)
    if not whole or not pins or not all(map(_is_pin, pins)):
        return
    ids = [pin["item_id"] for pin in pins]
    places = [pin["place"] for pin in pins if pin.get("place") is not None]
    twice = len({*ids}) < len(ids) or len({*places}) < len(places)
    if twice or max(len(ids), *places, 1) > k or any(id_ in excluded for id_ in ids):
        body["pinned"] = [{"item_id": PINNED}]


def _share(body: dict[str, Any]) -> None:
    """Let promotions that are each as they may be share the places, under names of their own."""
    promotions = body.get("promotions")
    if not isinstance(promotions, list) or not all(isinstance(it, dict) for it in promotions):
        return
    shares = [it.get("share") for it in promotions]
    fit = all(isinstance(it, int | float) and 0 < it <= 1 for it in shares)
    if fit and sum(shares) > 1:
        for promotion in promotions:
            promotion["share"] /= len(promotions)
    names = [it.get("name") for it in promotions]
    for promotion, name in zip(promotions, names, strict=True):
        if isinstance(name, str) and 0 < len(name) <= MAX_NAME and names.count(name) > 1:
            promotion["name"] = None


def _is_pin(pin: Any) -> bool:
    if not isinstance(pin, dict) or not pin.keys() <= {"item_id", "place"}:
        return False
    place = pin.get("place")
    fits = place is None or (_is_whole(place) and 1 <= place <= MAX_K)
    return fits and isinstance(pin.get("item_id"), str)


def _is_whole(value: Any) -> bool:
    """Whether it is an integer for JSON Schema."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _named_by_kind(field: tuple[str, Any]) -> tuple[str, Any]:
    """A field under one of a few names for its kind; one that is refused anyhow as it is."""
    name, value = field
    fits = FIELD.fullmatch(name) and isinstance(value, str | int | float | None)
    if not fits or name == "active":
        return field
    return f"{'text' if isinstance(value, str) else 'number'}_{len(name)}", value


def _unfold(schemas: dict[str, Any]) -> None:
    """Let a filter hold filters that hold none: of one that may hold itself there is no end of
    shapes to make. How deep one may be is tested elsewhere (tests/integration).
    """
    inner = copy.deepcopy(schemas["Condition"])
    for name in HOLDING:
        inner["properties"][name] = {"type": "null"}
    inner["oneOf"] = [
        choice for choice in inner["oneOf"] if not set(HOLDING) & set(choice["required"])
    ]
    for name in HOLDING:
        fields = schemas["Condition"]["properties"]
        told = json.dumps(fields[name]).replace("schemas/Condition", "schemas/InnerCondition")
        fields[name] = json.loads(told)
    schemas["InnerCondition"] = inner


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Give each request an idempotency key of its own: a key is good for one request alone.

    And what else no schema can say: a value belongs to a field, events are of the past, a field's
    values are all of the kind of its first, and pinned items have places of their own among `k`.
    """
    if case.path == "/v1/items/trending" and "value" in (case.query or {}):
        case.query.setdefault("per", TEXT_FIELD)
    if case.path in ("/v1/events", "/v1/items", "/v1/items/{item_id}"):
        _settle(case.body)
    if case.path == "/v1/recommendations" and isinstance(case.body, dict):
        _pin(case.body)
        _share(case.body)
    for name, key in list((case.headers or {}).items()):
        if name.lower() == "idempotency-key" and KEY.fullmatch(str(key)):
            case.headers[name] = f"{key}{uuid4().hex}"
