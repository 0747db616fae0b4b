"""Records of work that must be done once: who runs it until when, and what came of it.

The rules are those of aws-lambda-powertools' idempotency: a record is claimed by a conditional
write, its claim ends when it is completed or released, or when its lease runs out because its
process died. Records are in DynamoDB in AWS and in SQLite on one machine; what is too large for a
DynamoDB item is in S3, and the record says where.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from shared.aws import MAX_CONNECTIONS, aws_errors, s3_client
from shared.errors import KeyReused, ResultTooLarge
from shared.settings import Settings
from shared.stores.record import DONE, RUNNING, Record, RecordStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STORE = "result store"
MAX_ITEM_BYTES = 350_000  # DynamoDB's own limit is 400 KB for the whole item
OBJECTS_PREFIX = "jobs/"

Claim = Literal["mine", "running", "done"]
State = Literal["none", "waiting", "running", "done"]
Key = dict[str, str]
Item = TypeVar("Item")
Result = TypeVar("Result")

_json = json.JSONEncoder(sort_keys=True).encode


def _hash(value: str | None) -> str:
    return hashlib.sha256(_json(value).encode()).hexdigest()


def _store(settings: Settings) -> RecordStore:
    """Where the settings want records to be; the other one's packages are not imported."""
    if settings.results_table is None:
        from shared.stores.sqlite_records import SqliteRecords  # noqa: PLC0415

        return SqliteRecords(settings.results_db, STORE)
    from shared.stores.dynamo_records import DynamoRecords  # noqa: PLC0415

    return DynamoRecords(settings.results_table, STORE)


class Records:
    """One kind of records in the store that the settings name.

    Every method raises `StoreUnavailable` where the store does not answer.

    Args:
        settings: of the process.
        kind: what the records are of; keys of different kinds never meet.
        ttl_s: seconds that a record is kept after its last write.
        validated: whether a key stands for one payload only: its ``key`` identifies a record and
            its ``payload`` must then be the same each time.
    """

    def __init__(self, settings: Settings, kind: str, ttl_s: int, *, validated: bool = False):
        self._kind, self._ttl_s, self._validated = kind, ttl_s, validated
        self._many = settings.results_table is not None
        self._bucket = settings.results_bucket
        self._s3: S3Client | None = None
        self._store = _store(settings)

    def each(self, do: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """``do`` for every item, several at once where each is a request over the network."""
        if not self._many or len(items) < 2:
            return [do(item) for item in items]
        with ThreadPoolExecutor(min(len(items), MAX_CONNECTIONS)) as pool:
            return list(pool.map(do, items))

    def claim(self, key: Key, lease_ms: int) -> tuple[Claim, Any]:
        """Become the one who runs what ``key`` names.

        Returns:
            ``mine`` where it is now the caller's to run, for ``lease_ms``; ``running`` where
            another one's lease has not run out; else ``done``, with what came of it.

        Raises:
            KeyReused: the key was used with another payload.
        """
        until_ms = int(time.time() * 1e3) + lease_ms
        record = Record(
            self._name(key), RUNNING, self._expiry(), until_ms, payload_hash=self._payload(key)
        )
        known = self._store.add(record)
        if known is None:
            return "mine", None
        if self._validated and known.payload_hash != record.payload_hash:
            raise KeyReused
        return ("done", self._unpacked(known)) if known.status == DONE else ("running", None)

    def complete(self, key: Key, body: Any) -> None:
        """Keep what came of it.

        Raises:
            ResultTooLarge: the table cannot hold it and no bucket is named.
        """
        self._store.complete(self._done(key, body))

    def add(self, key: Key, body: Any) -> Any:
        """Keep what a key stands for, unless it stands for something: by one request.

        Returns:
            What is known already; None where nothing was.
        """
        known = self._store.add(self._done(key, body))
        return None if known is None else self._unpacked(known)

    def release(self, key: Key) -> None:
        """Forget the record, so that another may run it."""
        self._store.delete(self._name(key))

    def read(self, key: Key) -> tuple[State, Any]:
        """How far it is, and what came of it where it is ``done``.

        ``waiting`` is a record whose lease has run out.
        """
        # Whatever its payload: who reads it need not know that.
        record = self._store.get(self._name(key))
        if record is None or record.expires_at < int(time.time()):
            return "none", None
        if record.status == RUNNING:
            until_ms = record.lease_ends_ms or 0
            return ("waiting" if until_ms < time.time() * 1e3 else "running"), None
        return "done", self._unpacked(record)

    def _done(self, key: Key, body: Any) -> Record:
        data = _json(self._packed(key, body))
        return Record(
            self._name(key), DONE, self._expiry(), data=data, payload_hash=self._payload(key)
        )

    def _expiry(self) -> int:
        return int(time.time()) + self._ttl_s

    def _payload(self, key: Key) -> str:
        return _hash(key.get("payload")) if self._validated else ""

    def _name(self, key: Key) -> str:
        return f"{self._kind}#{_hash(key['key'])}"

    def _packed(self, key: Key, body: Any) -> dict[str, Any]:
        """The body itself, or where it is in the bucket."""
        if not self._many:
            return {"body": body}
        text = json.dumps(body).encode()
        if len(text) <= MAX_ITEM_BYTES:
            return {"body": body}
        if self._bucket is None:
            raise ResultTooLarge(len(text), MAX_ITEM_BYTES)
        digest = hashlib.sha256(json.dumps([self._kind, key]).encode()).hexdigest()
        name = f"{OBJECTS_PREFIX}{digest}.json"
        with aws_errors(STORE):
            self._objects().put_object(
                Bucket=self._bucket, Key=name, Body=text, ContentType="application/json"
            )
        return {"object": name}

    def _unpacked(self, record: Record) -> Any:
        data = json.loads(record.data)
        if "object" not in data:
            return data["body"]
        with aws_errors(STORE):
            answer = self._objects().get_object(Bucket=self._bucket or "", Key=data["object"])
            return json.loads(answer["Body"].read())

    def _objects(self) -> "S3Client":
        if self._s3 is None:
            self._s3 = s3_client()
        return self._s3
