"""Records in DynamoDB, as aws-lambda-powertools' idempotency writes them."""

import secrets
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from shared.aws import aws_errors, dynamo_client
from shared.stores.record import RUNNING, Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Attributes: TypeAlias = dict[str, AttributeValueTypeDef]

_ID, _STATUS, _EXPIRY, _DATA = "id", "status", "expires_at", "data"
_LEASE, _PAYLOAD = "in_progress_expiration", "validation"
_NAMES = {"#id": _ID, "#expiry": _EXPIRY, "#status": _STATUS, "#lease": _LEASE}
_FREE = "attribute_not_exists(#id) OR #expiry < :now"  # of a key
_ENDED = "#status = :running AND attribute_exists(#lease) AND #lease < :now_ms"
_SAME = "(attribute_not_exists(#payload) OR #payload = :payload)"


def _record(item: "dict[str, Any]") -> Record:
    """An item as the API has it."""
    lease = item.get(_LEASE)
    return Record(
        item[_ID]["S"],
        item[_STATUS]["S"],
        int(item[_EXPIRY]["N"]),
        int(lease["N"].split(".")[0]) if lease else None,
        item[_DATA]["S"] if _DATA in item else "",
        item[_PAYLOAD]["S"] if _PAYLOAD in item else "",
    )


class DynamoRecords:
    """A store (`RecordStore`) that knows its own claim again.

    botocore repeats a write whose answer was lost: the condition of the second one then meets what
    the first one wrote. A lease's end, which is a number, has random digits after its milliseconds.

    Args:
        table: its name.
        store: what it is, for errors.
    """

    def __init__(self, table: str, store: str) -> None:
        self._errors = partial(aws_errors, store)
        self._table = table
        with self._errors():
            self._client = dynamo_client()

    def get(self, key: str) -> Record | None:
        """The record of a key, read as it was last written."""
        with self._errors():
            answer = self._client.get_item(
                TableName=self._table, Key={_ID: {"S": key}}, ConsistentRead=True
            )
        return _record(answer["Item"]) if "Item" in answer else None

    def add(self, record: Record) -> Record | None:
        """One conditional write."""
        now_s = time.time()
        names, condition = dict(_NAMES), _ENDED
        item: Attributes = {
            _ID: {"S": record.key},
            _EXPIRY: {"N": str(record.expires_at)},
            _STATUS: {"S": record.status},
        }
        values: Attributes = {
            ":now": {"N": str(int(now_s))},
            ":now_ms": {"N": str(int(now_s * 1e3))},
            ":running": {"S": RUNNING},
        }
        mine = None
        if record.lease_ends_ms is not None:
            # A digit that is not 0 at the end, or DynamoDB gives the number back without the 0.
            mine = f"{record.lease_ends_ms}.{secrets.randbelow(10**17):017d}1"
            item[_LEASE] = {"N": mine}
        if record.data:
            item[_DATA] = {"S": record.data}
        if record.payload_hash:
            item[_PAYLOAD] = values[":payload"] = {"S": record.payload_hash}
            names["#payload"] = _PAYLOAD
            condition += f" AND {_SAME}"
        with self._errors():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=f"{_FREE} OR ({condition})",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                known: dict[str, Any] = error.response["Item"]  # type: ignore[typeddict-item]
                is_mine = mine is not None and known.get(_LEASE, {}).get("N") == mine
                return None if is_mine else _record(known)
        return None

    def complete(self, record: Record) -> None:
        """One write."""
        values: Attributes = {
            ":expiry": {"N": str(record.expires_at)},
            ":data": {"S": record.data},
            ":status": {"S": record.status},
        }
        names = {"#expiry": _EXPIRY, "#data": _DATA, "#status": _STATUS}
        update = "SET #data = :data, #expiry = :expiry, #status = :status"
        if record.payload_hash:
            update += ", #payload = :payload"
            names["#payload"] = _PAYLOAD
            values[":payload"] = {"S": record.payload_hash}
        with self._errors():
            self._client.update_item(
                TableName=self._table,
                Key={_ID: {"S": record.key}},
                UpdateExpression=update,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )

    def delete(self, key: str) -> None:
        """One write."""
        with self._errors():
            self._client.delete_item(TableName=self._table, Key={_ID: {"S": key}})
