"""Items' fields in DynamoDB, in the table of users' events under keys that no user has.

An item is one record, and each write of up to `MOST_TOLD_BYTES` also one that tells of it, by time:
who has all items reads those alone.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from functions.recommendation.items import STORE, Update, Value, WrittenItem
from functions.recommendation.owners import CHANGES_KEY, ITEMS_KEY
from shared.aws import MAX_CONNECTIONS, aws_errors, dynamo_resource
from shared.process.deadline import check_deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TOLD_S = 86_400  # that a change is told of; who asks later reads all items
LATE_S = 15  # by which a change may be told of after the time that its record has
MOST_TOLD_BYTES = 200_000  # of one record, which may have 400 KB
_FIELD = "field:"  # before the name of an attribute
_MICROSECONDS = 1_000_000


class DynamoItemStore:
    """Fields in a DynamoDB table: partition key ``user``, sort key ``event``, TTL ``expires_at``.

    Args:
        table: its name.
    """

    def __init__(self, table: str) -> None:
        self._table: Table = dynamo_resource().Table(table)

    def write(self, updates: Sequence[Update]) -> None:
        with aws_errors(STORE):
            with ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
                written = list(pool.map(lambda update: self._update(*update), updates))
            for part in _parts(written):
                self._table.put_item(
                    Item={
                        "user": CHANGES_KEY,
                        "event": f"{_now():020d}#{uuid4().hex}",
                        "items": part,
                        "expires_at": int(time.time()) + 2 * TOLD_S,
                    }
                )

    def _update(self, item_id: str, change: Mapping[str, Value | None]) -> WrittenItem:
        """Change one item's record, and give all that it then has."""
        names = {f"#f{place}": _FIELD + name for place, name in enumerate(change)}
        values = {
            f":f{place}": json.dumps(value)
            for place, value in enumerate(change.values())
            if value is not None
        }
        written = [
            f"#f{place} = :f{place}" for place in range(len(change)) if f":f{place}" in values
        ]
        deleted = [f"#f{place}" for place in range(len(change)) if f":f{place}" not in values]
        expression = "ADD version :one"
        expression += f" SET {', '.join(written)}" if written else ""
        expression += f" REMOVE {', '.join(deleted)}" if deleted else ""
        client = self._table.meta.client  # safe with several threads, as the table is not
        answer = client.update_item(
            TableName=self._table.name,
            Key={"user": ITEMS_KEY, "event": item_id},
            UpdateExpression=expression,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":one": 1, **values},
            ReturnValues="ALL_NEW",
        )
        return _item_of(answer["Attributes"])

    def read(self, item_id: str) -> WrittenItem | None:
        condition = "#user = :user AND #event = :event"
        with aws_errors(STORE):
            (page,) = self._pages(condition, ITEMS_KEY, item_id)
        return _item_of(page["Items"][0]) if page["Items"] else None

    def changes(self, since: int | None = None) -> tuple[list[WrittenItem], int]:
        until = _now() - LATE_S * _MICROSECONDS
        found: list[WrittenItem] = []
        with aws_errors(STORE):
            if since is None or since < _now() - TOLD_S * _MICROSECONDS:
                for page in self._pages("#user = :user", ITEMS_KEY):
                    found += map(_item_of, page["Items"])
            else:
                condition = "#user = :user AND #event > :event"
                for page in self._pages(condition, CHANGES_KEY, f"{since:020d}"):
                    for record in page["Items"]:
                        found += (WrittenItem(*told) for told in json.loads(record["items"]))
        return found, until

    def _pages(self, condition: str, user: str, event: str | None = None) -> Iterator[Any]:
        """Answers of a query."""
        query: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#user": "user"},
            "ExpressionAttributeValues": {":user": user},
            "ConsistentRead": True,
        }
        if event is not None:
            query["ExpressionAttributeNames"]["#event"] = "event"
            query["ExpressionAttributeValues"][":event"] = event
        while True:
            check_deadline()
            page: dict[str, Any] = dict(self._table.query(**query))
            yield page
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _now() -> int:
    return round(time.time() * _MICROSECONDS)


def _item_of(record: Mapping[str, Any]) -> WrittenItem:
    fields = {
        name.removeprefix(_FIELD): json.loads(value)
        for name, value in record.items()
        if name.startswith(_FIELD)
    }
    return WrittenItem(record["event"], fields, int(record["version"]))


def _parts(written: Sequence[WrittenItem]) -> Iterator[str]:
    """JSON of items, in texts that records have room for."""
    part: list[str] = []
    size = 0
    for item in written:
        text = json.dumps([item.item_id, item.fields, item.version])
        if part and size + len(text) > MOST_TOLD_BYTES:
            yield f"[{','.join(part)}]"
            part, size = [], 0
        part.append(text)
        size += len(text)
    yield f"[{','.join(part)}]"
