"""What several tests through the real handlers stand on."""

import pytest

from functions.intent.operations import SERVICE
from functions.intent.service import IntentService
from functions.recommendation import history
from functions.recommendation import service as recommendation_service
from shared.http.idempotency import get_answers
from shared.queue.jobs import get_job_store
from shared.queue.queues import get_job_queue
from shared.settings import get_settings
from tests.aws import make_queue, make_table
from tests.aws_server import AwsServer

OPENED = (get_settings, get_job_store, get_job_queue, get_answers, history.get_history_store)


def forget():
    """Let the next request open its stores anew."""
    for opened in OPENED:
        opened.cache_clear()


@pytest.fixture
def server(monkeypatch):
    """A stack's DynamoDB, SQS and S3 over HTTP, whose answers a test can change or lose."""
    with AwsServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        make_table("results", "id")
        make_table("history", "user", "event")
        server.make_bucket("results-bucket")
        monkeypatch.setenv("RESULTS_TABLE", "results")
        monkeypatch.setenv("RESULTS_BUCKET", "results-bucket")
        monkeypatch.setenv("HISTORY_TABLE", "history")
        monkeypatch.setenv("QUEUE_URL", make_queue("intent"))
        forget()
        service = recommendation_service.get_service()
        monkeypatch.setattr(service, "_store", history.get_history_store())
        yield server
        forget()


@pytest.fixture
def runs(monkeypatch):
    """How many texts each call of the intent service had."""
    found, classify = [], IntentService.classify
    monkeypatch.setattr(
        SERVICE.default,
        "handle",
        lambda service, requests: found.append(len(requests)) or classify(service, requests),
    )
    return found


@pytest.fixture
def claimed(monkeypatch):
    """A stack in which a shopper's token names the shopper in its claim ``sub``."""
    monkeypatch.setenv("USER_CLAIM", "sub")
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()
