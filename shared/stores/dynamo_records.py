"""Powertools' idempotency records in DynamoDB."""

import secrets
import time
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import (
    STATUS_CONSTANTS,
    DataRecord,
)

from shared.aws import aws_errors, dynamo_client

Attributes: TypeAlias = dict[str, dict[str, str]]
_FREE = "attribute_not_exists(#id) OR #expiry < :now"  # of a key


class DynamoPersistenceLayer(DynamoDBPersistenceLayer):
    """Powertools' layer, which knows its own claim again, and a key's payload as long as the key.

    boto3 repeats a write whose answer was lost: the condition of the second one then meets what the
    first one wrote. A lease's end, which is a number, has random digits after its milliseconds.

    Every method raises `StoreUnavailable` where the table does not answer.

    Args:
        table: its name.
        store: what it is, for errors.
    """

    def __init__(self, table: str, store: str) -> None:
        self._errors = partial(aws_errors, store)
        with self._errors():
            super().__init__(table, expiry_attr="expires_at", boto3_client=dynamo_client())

    def _get_record(self, idempotency_key: str) -> DataRecord:
        with self._errors():
            return super()._get_record(idempotency_key)

    def _update_record(self, data_record: DataRecord) -> None:
        with self._errors():
            super()._update_record(data_record)

    def _delete_record(self, data_record: DataRecord) -> None:
        with self._errors():
            super()._delete_record(data_record)

    def _put_record(self, data_record: DataRecord) -> None:
        mine = f"{data_record.in_progress_expiry_timestamp}.{secrets.randbelow(10**18):018d}"
        now_s = time.time()
        item: Attributes = {
            self.key_attr: {"S": data_record.idempotency_key},
            self.expiry_attr: {"N": str(data_record.expiry_timestamp)},
            self.status_attr: {"S": data_record.status},
            self.in_progress_expiry_attr: {"N": mine},
        }
        ended = "#status = :running AND attribute_exists(#lease) AND #lease < :now_ms"
        names = {
            "#id": self.key_attr,
            "#expiry": self.expiry_attr,
            "#status": self.status_attr,
            "#lease": self.in_progress_expiry_attr,
        }
        values: Attributes = {
            ":now": {"N": str(int(now_s))},
            ":now_ms": {"N": str(int(now_s * 1e3))},
            ":running": {"S": STATUS_CONSTANTS["INPROGRESS"]},
        }
        if self.payload_validation_enabled and data_record.payload_hash:
            item[self.validation_key_attr] = values[":payload"] = {"S": data_record.payload_hash}
            names["#payload"] = self.validation_key_attr
            ended += " AND (attribute_not_exists(#payload) OR #payload = :payload)"
        known = self._put(item, f"{_FREE} OR ({ended})", names, values)
        if known is not None and known.in_progress_expiry_timestamp != Decimal(mine):
            self._validate_payload(data_record, known)
            raise IdempotencyItemAlreadyExistsError(old_data_record=known)

    def put_completed(self, record: DataRecord) -> DataRecord | None:
        """Write a complete record with its body, unless one is there, which is given."""
        item: Attributes = {
            self.key_attr: {"S": record.idempotency_key},
            self.expiry_attr: {"N": str(record.expiry_timestamp)},
            self.status_attr: {"S": record.status},
            self.data_attr: {"S": record.response_data},
        }
        names = {"#id": self.key_attr, "#expiry": self.expiry_attr}
        return self._put(item, _FREE, names, {":now": {"N": str(int(time.time()))}})

    def _put(
        self, item: Attributes, condition: str, names: dict[str, str], values: Attributes
    ) -> DataRecord | None:
        """Write an item, unless the condition does not hold for the one that is there: that one."""
        with self._errors():
            try:
                self.client.put_item(
                    TableName=self.table_name,
                    Item=item,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self.client.exceptions.ConditionalCheckFailedException as error:
                known = error.response["Item"]  # type: ignore[typeddict-item]
                return self._item_to_data_record(known)
        return None
