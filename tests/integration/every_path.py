"""Sends a phrase by every way into a service, in every place that takes text.

    python -m tests.integration.every_path SERVICE WORD REPORT LEVEL PLACES

Paths are those of the service's OpenAPI document and bodies those of its sample events, so a new
path or field is covered without a change here. What the handlers log goes to this process's own
stdout and stderr; the file REPORT gets what was sent and how it was answered. LEVEL is that of all
other loggers, which belong to libraries; PLACES is how many of each body are tried.
"""

import asyncio
import base64
import copy
import inspect
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from shared.aws import sqs_client
from shared.http.respond_async import JOBS_PATH
from shared.queue.jobs import JobStore
from shared.queue.queues import get_job_queue
from shared.queue.whereabouts import JOB_ID, OPERATION
from shared.settings import get_settings
from tests.expectations import EVENT_NAMES, load_event

DEEPEST = 8  # in a schema


class Context:
    aws_request_id = "00000000-0000-4000-8000-00000000abcd"
    function_name = "function"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def fill(schema: dict[str, Any], schemas: dict[str, Any], text: str, depth: int = 0) -> Any:
    """A value of an OpenAPI schema, with ``text`` for every string."""
    if depth > DEEPEST:  # a schema that holds itself
        return text
    if "$ref" in schema:
        return fill(schemas[schema["$ref"].rpartition("/")[2]], schemas, text, depth + 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return fill(schema[choice][0], schemas, text, depth + 1)
    if "enum" in schema or "const" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    match schema.get("type"):
        case "array":
            return [fill(schema["items"], schemas, text, depth + 1)]
        case "object":
            properties = schema.get("properties", {text: {"type": "string"}})
            return {
                name: fill(value, schemas, text, depth + 1) for name, value in properties.items()
            }
        case "integer" | "number":
            return schema.get("default") or schema.get("minimum") or 1
        case "boolean":
            return True
    return text


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths to everything in a JSON value."""
    yield path
    inner: Any = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, item in inner:
        yield from places(item, (*path, key))


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    """What is at a place."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: tuple[str | int, ...], change: Callable[[Any], Any]) -> Any:
    """A copy of a JSON value with something else at one place."""
    if not path:
        return change(copy.deepcopy(value))
    changed = copy.deepcopy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], change)
    return changed


def variants(body: Any, text: str, most: int) -> Iterator[Any]:
    """Bodies with the phrase in them: valid, over-long, of wrong types, with unknown fields."""
    for path in islice(places(body), most):
        yield replaced(body, path, lambda old: f"{old} {text}" if isinstance(old, str) else old)
        for other in (text, [text], {text: text}, {text: 1}, f"{text} " * 3_000):
            yield replaced(body, path, lambda _, other=other: other)
        yield replaced(
            body, path, lambda old: {**old, text: text} if isinstance(old, dict) else old
        )


def malformed(body: Any, text: str) -> Iterator[bytes]:
    """Bodies that are not JSON, or not UTF-8."""
    whole = json.dumps(body)
    yield whole.encode()[:-1] + f', "{text}": "{text}'.encode()
    yield f"{text}{whole}".encode()
    yield whole.encode() + b"\xff" + text.encode()
    yield json.dumps(text).encode()
    yield f'{{"{text}": {text}}}'.encode()
    yield b"\x00" + text.encode()


def received(service: str) -> Iterator[list[dict[str, Any]]]:
    """Batches of a service's own queue, as Lambda hands them on."""
    url = get_settings().queue_url
    if url is None:
        queue: Any = get_job_queue(service)
        while messages := queue.receive(10):
            yield [message.as_record() for message in messages]
            queue.delete(messages)
        return
    client = sqs_client()
    wanted: Any = {"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    while messages := client.receive_message(**wanted).get("Messages"):
        yield [
            {
                "messageId": message["MessageId"],
                "body": message["Body"],
                "messageAttributes": {
                    name: {"dataType": "String", "stringValue": value["StringValue"]}
                    for name, value in message["MessageAttributes"].items()
                },
            }
            for message in messages
        ]
        for message in messages:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


class EveryPath:
    """One service's two handlers, and what was sent to them."""

    def __init__(self, service: str, word: str, most_places: int) -> None:
        self.service, self.word, self.text = service, word, f"my {word} phrase"
        self.most_places = most_places
        self.api = import_module(f"functions.{service}.api")
        self.worker = import_module(f"functions.{service}.worker")
        self.document: dict[str, Any] = self.api.app.whole.openapi()
        self.path = ""  # that is being tried, as the document has it
        self.sent: list[tuple[str, str, str]] = []  # way, path, outcome

    def bodies(self, path: str, operation: dict[str, Any]) -> list[Any]:
        """Those of sample events for this path, and one that is made from the schema."""
        found: dict[Any, Any] = {}
        for name in EVENT_NAMES:
            event = load_event(name) if name.startswith(self.service) else {}
            if event.get("rawPath") == path and event.get("body") and "base64" not in name:
                with suppress(ValueError):
                    body = json.loads(event["body"])
                    found.setdefault(frozenset(body), body)  # one of each shape
        for media in operation.get("requestBody", {}).get("content", {}).values():
            schemas = self.document["components"]["schemas"]
            found[media["schema"].get("$ref")] = fill(media["schema"], schemas, self.text)
        return list(found.values())

    def http(
        self, verb: str, path: str, body: bytes | None, headers: dict[str, str], query: str = ""
    ) -> dict[str, Any]:
        event = load_event(f"{self.service}_http.json")
        event |= {"rawPath": path, "rawQueryString": query, "isBase64Encoded": True}
        event["body"] = base64.b64encode(body).decode() if body is not None else None
        event["headers"] = {"content-type": "application/json"} | headers
        event["requestContext"]["http"] |= {"method": verb.upper(), "path": path}
        return self.call("http", self.api.handler, event)

    def http_v1(self, verb: str, path: str, body: bytes | None, headers: dict[str, str]) -> None:
        """The same in the form of REST APIs."""
        event = load_event(f"{self.service}_http_v1.json")
        event |= {"path": path, "httpMethod": verb.upper(), "isBase64Encoded": True}
        event["body"] = base64.b64encode(body).decode() if body is not None else None
        event["headers"] = {"content-type": "application/json"} | headers
        event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
        event["requestContext"] |= {"httpMethod": verb.upper(), "path": path}
        self.call("http v1", self.api.handler, event)

    def call(self, way: str, handler: Callable[..., Any], event: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = handler(event, Context())
        except Exception as error:
            # As Lambda's runtime does with what a handler raises.
            logging.getLogger().exception("[ERROR]")
            self.sent.append((way, self.path, type(error).__name__))
            return {}
        failed = "failed" if answer.get("batchItemFailures") else "ok"
        self.sent.append((way, self.path, str(answer.get("statusCode", failed))))
        return answer

    def deliver(self, body: str, attributes: dict[str, str]) -> None:
        record = {
            "messageId": f"m{len(self.sent)}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "3", "SentTimestamp": "1795510800000"},
            "messageAttributes": {
                name: {"dataType": "String", "stringValue": value}
                for name, value in attributes.items()
            },
        }
        self.call("sqs", self.worker.handler, {"Records": [record]})

    def everything(self) -> None:
        """All paths of the OpenAPI document, by all ways."""
        for path, verbs in self.document["paths"].items():
            self.path = path
            for verb, operation in verbs.items():
                if verb == "post":
                    for body in self.bodies(path, operation):
                        self.post(path, body)
                self.parts_of_the_request(verb, path, operation)
        self.http("get", f"/{quote(self.text)}", None, {})
        self.jobs()

    def post(self, path: str, body: Any) -> None:
        for variant in variants(body, self.text, self.most_places):
            raw = json.dumps(variant)
            self.http("post", path, raw.encode(), {})
            self.call("direct", self.api.handler, variant)
            self.deliver(raw, {OPERATION: path})
            item = {"Items": [{"index": 0, "request": variant}], "BatchInput": {"request": {}}}
            self.call("bulk", self.worker.handler, item)
        for unreadable in malformed(body, self.text):
            self.http("post", path, unreadable, {})
            self.deliver(unreadable.decode("utf-8", "replace"), {})
        form = urlencode({"q": self.text, "source": "auto", "target": "de", self.text: self.text})
        media = {"content-type": "application/x-www-form-urlencoded"}
        self.http("post", path, form.encode(), media)
        job = {OPERATION: path, JOB_ID: f"job-{self.word}-{len(self.sent)}"}
        self.deliver(json.dumps({self.text: self.text}), job)
        self.deliver(json.dumps(body), {OPERATION: self.text, JOB_ID: self.text})

    def parts_of_the_request(self, verb: str, path: str, operation: dict[str, Any]) -> None:
        """The phrase in the path, the query and the headers."""
        bodies = self.bodies(path, operation) if verb == "post" else []
        raw = json.dumps(bodies[0]).encode() if bodies else None
        filled = path
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                filled = filled.replace(f"{{{parameter['name']}}}", quote(self.text))
        declared = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"]
        for name in (*declared, self.text):
            self.http(verb, filled, raw, {}, urlencode({name: self.text}))
        key = f"{self.word}-{path.replace('/', '-')}"
        for headers in (
            {"idempotency-key": key},
            {"idempotency-key": key},
            {"idempotency-key": self.text},
            {"authorization": f"Bearer {self.word}", "cookie": self.word, "user-agent": self.word},
            {"x-request-id": self.text},
            {"prefer": f"respond-async, {self.word}"},
            {"content-type": f"text/{self.word}"},
            {self.word: self.text},
        ):
            self.http(verb, filled, raw, headers)
            self.http_v1(verb, filled, raw, headers)
        self.http("put", filled, raw, {})

    def jobs(self) -> None:
        """What the API queued, and asking for it."""
        ids = []
        for path, verbs in self.document["paths"].items():
            self.path = path
            for body in self.bodies(path, verbs["post"]) if "post" in verbs else ():
                async_ = {"prefer": "respond-async"}
                for variant in (body, *variants(body, self.text, 2)):
                    answer = self.http("post", path, json.dumps(variant).encode(), async_)
                    if answer.get("statusCode") == 202:
                        ids.append(json.loads(answer["body"])["id"])
        self.path = JOBS_PATH + "{job_id}"
        for records in received(self.service):
            self.call("queue", self.worker.handler, {"Records": records})
        for job_id in (*ids, f"{self.word}-job"):
            self.http("get", f"/v1/jobs/{quote(job_id)}", None, {})

    def broken(self) -> None:
        """Errors that nobody expects, whose messages hold the phrase, wherever they may arise."""
        module = import_module(f"functions.{self.service}.service")
        service = module.get_service()
        stores = [type(found) for found in vars(service).values() if hasattr(found, "newest")]
        for broken in (module, type(service), JobStore, *stores):
            for name, found in inspect.getmembers(broken, inspect.isfunction):
                of_others = (
                    found.__module__ != module.__name__ and "telemetry" not in found.__module__
                )
                if not name.startswith("_") and (broken is not module or of_others):
                    kept = getattr(broken, name)
                    setattr(broken, name, self.failing(name))
                    self.break_all()
                    setattr(broken, name, kept)
        for row in self.api.SERVICE.operations:
            kept, row.handle = row.handle, self.failing(row.name)
            self.break_all()
            row.handle = kept

    def failing(self, name: str) -> Callable[..., None]:
        """A function that fails, and tells all that it was given."""

        def fail(*args: Any, **kwargs: Any) -> None:
            cause = ValueError(self.text)
            raise RuntimeError(f"{self.text} in {name}: {args[1:]} {kwargs}") from cause

        return fail

    def break_all(self) -> None:
        """One request to each path, by each way, with the phrase in it."""
        for path, verbs in self.document["paths"].items():
            self.path = path
            for verb, operation in verbs.items():
                for body in self.bodies(path, operation)[:1] if verb == "post" else [None]:
                    self.break_one(verb, path, self.marked(body))

    def marked(self, body: Any) -> Any:
        """The body with the phrase in its first text."""
        for path in places(body):
            if isinstance(found := at(body, path), str) and " " in found:
                return replaced(body, path, lambda old: f"{old} {self.text}")
        return body

    def break_one(self, verb: str, path: str, body: Any) -> None:
        raw = None if body is None else json.dumps(body).encode()
        self.http(verb, path, raw, {})
        self.http(verb, path, raw, {"idempotency-key": f"{self.word}{len(self.sent)}"})
        if body is not None:
            self.call("direct", self.api.handler, body)
            self.deliver(json.dumps(body), {OPERATION: path})
            item = {"Items": [{"index": 0, "request": body}], "BatchInput": {"request": {}}}
            self.call("bulk", self.worker.handler, item)


def main() -> None:
    """Send everything, then write the report."""
    service, word, report, level, most_places = sys.argv[1:]
    # Lambda's runtime hands the root logger's lines to the function's log.
    logging.basicConfig(stream=sys.stderr, level=level)
    warnings.simplefilter("always")
    asyncio.set_event_loop(asyncio.new_event_loop())
    paths = EveryPath(service, word, int(most_places))
    paths.everything()
    paths.broken()
    known = {path: list(verbs) for path, verbs in paths.document["paths"].items()}
    Path(report).write_text(json.dumps({"paths": known, "sent": paths.sent}))


if __name__ == "__main__":
    main()
