"""Answers on the wire, held against botocore's service models: the contracts themselves."""

import base64
import json
import re
from typing import Any

TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "double": (int, float),
    "float": (int, float),
    "boolean": bool,
    "timestamp": (int, float),
    "blob": str,
    "structure": dict,
    "map": dict,
    "list": list,
}
EVERY_SERVICES_OWN = {"UnknownOperationException": 400}


def misfits(shape: Any, value: Any, where: str = "") -> list[str]:
    """What of a JSON value is not as its shape has it: kinds, members, lengths, patterns."""
    if not isinstance(value, TYPES[shape.type_name]):
        return [f"{where}: {value!r} is no {shape.type_name}"]
    found = _bounds(shape, value, where)
    if shape.type_name == "structure":
        found += [
            f"{where}/{name} is missing" for name in shape.required_members if name not in value
        ]
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        found += [f"{where}/{name} is not in the shape" for name in value.keys() - members.keys()]
        for name in value.keys() & members.keys():
            found += misfits(members[name], value[name], f"{where}/{name}")
    elif shape.type_name == "list":
        for place, item in enumerate(value):
            found += misfits(shape.member, item, f"{where}/{place}")
    elif shape.type_name == "map":
        for name, item in value.items():
            found += misfits(shape.key, name, f"{where}/{name}")
            if item is not None:  # as Lex has slots without a value
                found += misfits(shape.value, item, f"{where}/{name}")
    return found


def _bounds(shape: Any, value: Any, where: str) -> list[str]:
    about = shape.metadata
    if shape.type_name == "blob":
        value = base64.b64decode(value, validate=True)
    sized = isinstance(value, str | bytes | list | dict)
    size = len(value) if sized else value
    found = []
    if not about.get("min", size) <= size <= about.get("max", size):
        found.append(f"{where}: {size} is not from {about.get('min')} to {about.get('max')}")
    if "enum" in about and value not in about["enum"]:
        found.append(f"{where}: {value!r} is none of {about['enum']}")
    pattern = about.get("pattern", "")
    readable = pattern and not re.search(r"\\[pP]\{", pattern)  # which Python's re cannot read
    if readable and isinstance(value, str) and not re.search(pattern, value):
        found.append(f"{where}: {value!r} is not as {pattern}")
    return found


def check(operation: Any, response: dict[str, Any]) -> None:
    """Hold one answer against its operation's model, errors too."""
    status, headers = response["status_code"], response["headers"]
    assert headers["x-amzn-requestid"]
    if status >= 300:
        _check_error(operation, status, headers, json.loads(response["body"]))
    elif operation.output_shape is not None:
        _check_output(operation.output_shape, headers, response["body"])


def _check_error(operation: Any, status: int, headers: Any, body: dict[str, Any]) -> None:
    known = {shape.name: shape for shape in operation.error_shapes}
    kind = headers["x-amzn-errortype"]
    assert body.pop("__type") == kind
    assert kind in known or EVERY_SERVICES_OWN.get(kind) == status, f"{operation.name}: {kind}"
    if kind in known:
        assert known[kind].metadata["error"]["httpStatusCode"] == status
        assert misfits(known[kind], body) == []
    assert next(text for name, text in body.items() if name.lower() == "message")


def _check_output(shape: Any, headers: Any, body: Any) -> None:
    if "payload" not in shape.serialization:
        assert misfits(shape, json.loads(body)) == []
        return
    for member in shape.members.values():
        if member.serialization.get("location") == "header":
            value = headers.get(member.serialization["name"])
            assert value is None or misfits(member, value) == []
