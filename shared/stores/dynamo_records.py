"""Powertools' idempotency records in DynamoDB."""

import secrets
import time
from decimal import Decimal

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import (
    STATUS_CONSTANTS,
    DataRecord,
)


class DynamoPersistenceLayer(DynamoDBPersistenceLayer):
    """Powertools' layer, which knows its own claim again, and a key's payload as long as the key.

    boto3 repeats a write whose answer was lost: the condition of the second one then meets what the
    first one wrote. A lease's end, which is a number, has random digits after its milliseconds.
    """

    def _put_record(self, data_record: DataRecord) -> None:
        mine = f"{data_record.in_progress_expiry_timestamp}.{secrets.randbelow(10**18):018d}"
        now_s = time.time()
        item = {
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
        values = {
            ":now": {"N": str(int(now_s))},
            ":now_ms": {"N": str(int(now_s * 1e3))},
            ":running": {"S": STATUS_CONSTANTS["INPROGRESS"]},
        }
        if self.payload_validation_enabled and data_record.payload_hash:
            item[self.validation_key_attr] = values[":payload"] = {"S": data_record.payload_hash}
            names["#payload"] = self.validation_key_attr
            ended += " AND (attribute_not_exists(#payload) OR #payload = :payload)"
        try:
            self.client.put_item(
                TableName=self.table_name,
                Item=item,
                ConditionExpression=f"attribute_not_exists(#id) OR #expiry < :now OR ({ended})",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as error:
            known = self._item_to_data_record(error.response["Item"])  # type: ignore[typeddict-item]
            if known.in_progress_expiry_timestamp == Decimal(mine):
                return
            self._validate_payload(data_record, known)
            raise IdempotencyItemAlreadyExistsError(old_data_record=known) from None

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
