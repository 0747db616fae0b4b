"""What became of recommended items, in the DynamoDB table of users' events."""

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from functions.recommendation.identifiers import EventType
from functions.recommendation.outcomes import CREDIT_TTL_S, STORE, Credit
from functions.recommendation.owners import credit_key
from shared.aws import MAX_CONNECTIONS, aws_errors, dynamo_resource

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class DynamoOutcomeStore:
    """Which items of which answers were viewed, put into carts and bought already.

    Args:
        table: its name; partition key ``user``, sort key ``event``, TTL ``expires_at``.
    """

    def __init__(self, table: str) -> None:
        self._table: Table = dynamo_resource().Table(table)

    def shown(self, count: int) -> None:
        """Nothing: the function's metric has it."""

    def credit(self, credits_: Sequence[Credit]) -> Counter[EventType]:
        with aws_errors(STORE), ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
            new = list(pool.map(self._put, credits_))
        found: Counter[EventType] = Counter()
        for credit, is_new in zip(credits_, new, strict=True):
            found[credit.event] += is_new
        return found

    def _put(self, credit: Credit) -> bool:
        """Write that it was counted unless that is written; whether it was new."""
        client = self._table.meta.client  # safe with several threads, as the table is not
        digest = hashlib.sha256(credit.item_id.encode()).hexdigest()[:24]
        try:
            client.put_item(
                TableName=self._table.name,
                Item={
                    "user": credit_key(credit.recommendation_id),
                    "event": f"{credit.event}#{digest}",
                    "expires_at": int(time.time()) + CREDIT_TTL_S,
                },
                ConditionExpression="attribute_not_exists(#event)",
                ExpressionAttributeNames={"#event": "event"},
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True
