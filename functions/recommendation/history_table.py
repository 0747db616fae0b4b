"""What users did, in DynamoDB."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from functions.recommendation.counts import Counted, counted, expiry_of
from functions.recommendation.history import STORE, Page, UserEvent
from functions.recommendation.owners import hour_key
from shared.aws import MAX_CONNECTIONS, aws_errors, dynamo_resource
from shared.errors import StoreUnavailable
from shared.process import telemetry
from shared.process.deadline import check_deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

ERASED_AT_ONCE = 500  # events, between two looks at the time that is left


class DynamoHistoryStore:
    """Events in a DynamoDB table: partition key ``user``, sort key ``event``, TTL ``expires_at``.

    Args:
        table: its name.
        ttl_s: seconds that an event is kept.
    """

    def __init__(self, table: str, ttl_s: int) -> None:
        self._table: Table = dynamo_resource().Table(table)
        self._ttl_s = ttl_s

    def record(self, events: Sequence[UserEvent]) -> int:
        now = int(time.time())
        events = list({(event.user_id, event.key): event for event in reversed(events)}.values())
        with aws_errors(STORE), ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
            new = list(pool.map(lambda event: self._put(event, now), events))
            recorded = [event for event, is_new in zip(events, new, strict=True) if is_new]
            told = [(event.item_id, event.event, event.timestamp) for event in recorded]
            try:
                with aws_errors(STORE):
                    list(pool.map(self._count, counted(told, now)))
            except StoreUnavailable as error:  # the events are kept: sent again, they are not new
                telemetry.logger.warning("events not counted", extra={"detail": error.detail})
        return len(recorded)

    def _count(self, added: Counted) -> None:
        client = self._table.meta.client
        client.update_item(
            TableName=self._table.name,
            Key={"user": hour_key(added.hour), "event": added.item_id},
            UpdateExpression="ADD #kind :count SET expires_at = :expiry",
            ExpressionAttributeNames={"#kind": added.event},
            ExpressionAttributeValues={":count": added.times, ":expiry": expiry_of(added.hour)},
        )

    def _put(self, event: UserEvent, now: int) -> bool:
        """Write one event unless it is there and has not expired; whether it was new."""
        client = self._table.meta.client  # safe with several threads, as the table is not
        try:
            client.put_item(
                TableName=self._table.name,
                Item={
                    "user": event.user_id,
                    "event": event.key,
                    "item": event.item_id,
                    "kind": event.event,
                    "timestamp": repr(event.timestamp),
                    "expires_at": now + self._ttl_s,
                },
                # DynamoDB deletes expired events within days, not at once.
                ConditionExpression="attribute_not_exists(#event) OR expires_at <= :now",
                ExpressionAttributeNames={"#event": "event"},
                ExpressionAttributeValues={":now": now},
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def newest(self, user_id: str, count: int) -> list[UserEvent]:
        found: list[dict[str, Any]] = []
        with aws_errors(STORE):
            for page in self._pages(self._kept(user_id, count)):
                found += page["Items"]
                if len(found) >= count:
                    break
        return [_event_of(item) for item in reversed(found[:count])]

    def page(self, user_id: str, count: int, before: str | None = None) -> Page:
        query = self._kept(user_id, count)
        if before is not None:
            query["ExclusiveStartKey"] = {"user": user_id, "event": before}
        items: list[dict[str, Any]] = []
        with aws_errors(STORE):
            for page in self._pages(query):
                items += page["Items"]
                if len(items) >= count:
                    break
        events = [_event_of(item) for item in items[:count]]
        return Page(events, items[count - 1]["event"] if len(items) >= count else None)

    def erase(self, user_id: str) -> int:
        query: dict[str, Any] = {
            "KeyConditionExpression": "#user = :user",
            "ProjectionExpression": "#user, #event",
            "ExpressionAttributeNames": {"#user": "user", "#event": "event"},
            "ExpressionAttributeValues": {":user": user_id},
            "Limit": ERASED_AT_ONCE,
            "ConsistentRead": True,
        }
        erased = 0
        with aws_errors(STORE):
            for page in self._pages(query):
                with self._table.batch_writer() as batch:
                    for key in page["Items"]:
                        batch.delete_item(Key=key)
                erased += len(page["Items"])
        return erased

    def move(self, user_id: str, to_user_id: str) -> int:
        query: dict[str, Any] = {
            "KeyConditionExpression": "#user = :user",
            "ExpressionAttributeNames": {"#user": "user"},
            "ExpressionAttributeValues": {":user": user_id},
            "Limit": ERASED_AT_ONCE,
            "ConsistentRead": True,
        }
        moved = 0
        with aws_errors(STORE):
            for page in self._pages(query):
                with self._table.batch_writer() as batch:
                    for item in page["Items"]:
                        batch.put_item(Item={**item, "user": to_user_id})
                with self._table.batch_writer() as batch:
                    for item in page["Items"]:
                        batch.delete_item(Key={"user": user_id, "event": item["event"]})
                moved += len(page["Items"])
        return moved

    def counts(self, hours: Sequence[int]) -> list[Counted]:
        with aws_errors(STORE), ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
            return [one for found in pool.map(self._hour, hours) for one in found]

    def _hour(self, hour: int) -> list[Counted]:
        client = self._table.meta.client
        query: dict[str, Any] = {
            "TableName": self._table.name,
            "KeyConditionExpression": "#user = :user",
            "ExpressionAttributeNames": {"#user": "user"},
            "ExpressionAttributeValues": {":user": hour_key(hour)},
        }
        found: list[Counted] = []
        for page in client.get_paginator("query").paginate(**query):
            items: list[dict[str, Any]] = page["Items"]
            for item in items:
                kinds = item.keys() - {"user", "event", "expires_at"}
                found += [Counted(hour, item["event"], kind, int(item[kind])) for kind in kinds]
        return found

    @staticmethod
    def _kept(user_id: str, count: int) -> dict[str, Any]:
        """The query for a user's newest events that have not expired."""
        return {
            "KeyConditionExpression": "#user = :user",
            "FilterExpression": "expires_at > :now",
            "ExpressionAttributeNames": {"#user": "user"},
            "ExpressionAttributeValues": {":user": user_id, ":now": int(time.time())},
            "ScanIndexForward": False,
            "Limit": count,
            "ConsistentRead": True,
        }

    def _pages(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Answers of a query; one, unless there is more, or events have expired.

        DynamoDB deletes expired events within days, and counts them to a query's limit before the
        filter takes them out.
        """
        while True:
            check_deadline()
            page: dict[str, Any] = dict(self._table.query(**query))
            yield page
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _event_of(item: dict[str, Any]) -> UserEvent:
    return UserEvent(item["user"], item["item"], item["kind"], float(item["timestamp"]))
