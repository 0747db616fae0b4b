"""Powertools' idempotency records in DynamoDB."""

import secrets
import time
from decimal import Decimal

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord


class DynamoPersistenceLayer(DynamoDBPersistenceLayer):
    """Powertools' layer, which knows its own claim again.

    boto3 repeats a write whose answer was lost: the condition of the second one then meets what the
    first one wrote. A lease's end, which is a number, has random digits after its milliseconds.
    """

    def _put_record(self, data_record: DataRecord) -> None:
        end_ms = data_record.in_progress_expiry_timestamp
        mine = Decimal(f"{end_ms}.{secrets.randbelow(10**18):018d}")
        data_record.in_progress_expiry_timestamp = mine  # type: ignore[assignment]
        try:
            super()._put_record(data_record)
        except IdempotencyItemAlreadyExistsError as error:
            known = error.old_data_record
            if known is None or known.in_progress_expiry_timestamp != mine:
                raise

    def put_completed(self, record: DataRecord) -> DataRecord | None:
        """Write a complete record with its body, unless one is there, which is given."""
        item = {
            self.key_attr: {"S": record.idempotency_key},
            self.expiry_attr: {"N": str(record.expiry_timestamp)},
            self.status_attr: {"S": record.status},
            self.data_attr: {"S": record.response_data},
        }
        try:
            self.client.put_item(
                TableName=self.table_name,
                Item=item,
                ConditionExpression="attribute_not_exists(#id) OR #expiry < :now",
                ExpressionAttributeNames={"#id": self.key_attr, "#expiry": self.expiry_attr},
                ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as error:
            return self._item_to_data_record(error.response["Item"])  # type: ignore[typeddict-item]
        return None
