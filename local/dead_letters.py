"""Dead-letter queues as an operator sees them: what is in them, why, and back to the queue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from shared.aws import aws_errors, sqs_client
from shared.errors import NotFound
from shared.queue.queues import Message, SqliteQueue
from shared.queue.whereabouts import JOB_ID

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

HIDDEN_S = 30  # a message that is looked at is hidden from others for so long
_QUEUE = "dead-letter queue"
_RECEIVED_AT_ONCE = 10  # SQS' own limit


class DeadLetters(Protocol):
    """The dead-letter queue of one queue."""

    def messages(self, limit: int) -> list[Message]:
        """What is in it, at most ``limit``, oldest first as far as the queue keeps an order."""
        ...

    def redrive(self, ids: Sequence[str], limit: int) -> list[str]:
        """Put messages on their queue again; the ids of those that were found."""
        ...


@dataclass(frozen=True)
class LocalDeadLetters:
    """Those of an SQLite queue."""

    queue: SqliteQueue

    def messages(self, limit: int) -> list[Message]:
        """What is in it, oldest first."""
        return self.queue.dead(limit)

    def redrive(self, ids: Sequence[str], limit: int) -> list[str]:
        """Put messages on their queue again."""
        there = {message.id for message in self.queue.dead(limit)}
        found = [id_ for id_ in ids if id_ in there]
        self.queue.redrive(found)
        return found


class SqsDeadLetters:
    """Those of an SQS queue.

    Args:
        queue_url: of the queue that messages go back to.
        dead_letter_url: of its dead-letter queue.
    """

    def __init__(self, queue_url: str, dead_letter_url: str) -> None:
        self._queue_url, self._dead_letter_url = queue_url, dead_letter_url
        self._client: SQSClient = sqs_client()

    def messages(self, limit: int) -> list[Message]:
        """What is in it; SQS can only show messages by hiding them for a while.

        Raises:
            StoreUnavailable: SQS does not answer, or may not be asked.
        """
        with aws_errors(_QUEUE):
            found = list(self._received(limit))
            self._show_again(found)
        return [_message(item) for item in found]

    def redrive(self, ids: Sequence[str], limit: int) -> list[str]:
        """Put messages on their queue again, under their job id, which SQS' own redrive loses.

        A message is deleted after it was sent: where that fails it is in both queues, and the
        second one is answered from the first one's result.

        Raises:
            StoreUnavailable: SQS does not answer, or may not be asked.
        """
        wanted, sent, others = set(ids), [], []
        with aws_errors(_QUEUE):
            for item in self._received(limit):
                message = _message(item)
                if message.id in wanted:
                    self._send_again(message, item["ReceiptHandle"])
                    sent.append(message.id)
                else:
                    others.append(item)
            self._show_again(others)
        return sent

    def _send_again(self, message: Message, receipt: str) -> None:
        attributes = {JOB_ID: message.id} | message.attributes
        self._client.send_message(
            QueueUrl=self._queue_url,
            MessageBody=message.body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )
        self._client.delete_message(QueueUrl=self._dead_letter_url, ReceiptHandle=receipt)

    def _received(self, limit: int) -> Iterator[Mapping[str, Any]]:
        seen: set[str] = set()
        while len(seen) < limit:
            answer = self._client.receive_message(
                QueueUrl=self._dead_letter_url,
                MaxNumberOfMessages=min(_RECEIVED_AT_ONCE, limit - len(seen)),
                VisibilityTimeout=HIDDEN_S,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            new = [item for item in answer.get("Messages", []) if item["MessageId"] not in seen]
            if not new:
                return
            seen.update(item["MessageId"] for item in new)
            yield from new

    def _show_again(self, items: Sequence[Mapping[str, Any]]) -> None:
        for item in items:
            self._client.change_message_visibility(
                QueueUrl=self._dead_letter_url,
                ReceiptHandle=item["ReceiptHandle"],
                VisibilityTimeout=0,
            )


def _message(item: Mapping[str, Any]) -> Message:
    told = item.get("MessageAttributes", {})
    system = item.get("Attributes", {})
    return Message(
        item["MessageId"],
        item["Body"],
        {name: value["StringValue"] for name, value in told.items() if "StringValue" in value},
        int(system.get("SentTimestamp", 0)) / 1e3,
        int(system.get("ApproximateReceiveCount", 0)),
    )


def job_id_of(message: Message) -> str:
    """Under which a message's job is known."""
    return message.attributes.get(JOB_ID, message.id)


def stack_outputs(stack: str) -> dict[str, str]:
    """Outputs of a deployed stack by name.

    Raises:
        NotFound: there is no such stack, or it has none.
    """
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:
        raise NotFound(
            f"The stack {stack} cannot be read ({error}). Give the name that it was deployed under "
            "and credentials of its account."
        ) from error
    return {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}
