"""``Idempotency-Key`` through the real handlers: a repeated POST runs once."""

import json
import threading
import time

import pytest

from functions.intent.operations import SERVICE as INTENT
from functions.recommendation.history import get_history_store
from functions.translation.operations import SERVICE as TRANSLATION
from functions.translation.service import TranslationService
from shared.errors import StoreUnavailable
from shared.http.idempotency import _record_key, get_answers
from shared.http.messages import JSON, Request
from shared.settings import get_settings
from shared.stores.records import Records
from tests.calls import call

KEY = {"idempotency-key": "7f1c0d9e"}
EVENT = {"event": {"user_id": "ann", "item_id": "22697", "event": "cart"}}
TRANSLATE = {"text": "Where is my order?", "target": "de"}


def post(service, path, body, context, headers=None, authorizer=None):
    sent = {"raw": body} if isinstance(body, str) else {"body": body}
    key = KEY if headers is None else headers
    return call(service, "POST", path, context, headers=key, authorizer=authorizer, **sent)


def test_a_repeated_request_runs_once_and_is_answered_the_same(context, monkeypatch):
    runs = []
    translate = TranslationService.translate
    monkeypatch.setattr(
        TRANSLATION.default, "handle", lambda *args: runs.append(1) or translate(*args)
    )
    first = post("translation", "/v1/translate", TRANSLATE, context)
    second = post("translation", "/v1/translate", TRANSLATE, context)
    assert first[:2] == second[:2]
    assert first[0] == 200
    assert ("idempotency-replayed" in first[2], second[2]["idempotency-replayed"]) == (
        False,
        "true",
    )
    assert first[2]["content-type"] == second[2]["content-type"]
    assert runs == [1]


def test_a_repeated_event_without_a_time_counts_once(context):
    answers = [post("recommendation", "/v1/events", EVENT, context)[1] for _ in range(3)]
    assert [answer["recorded"] for answer in answers] == [1, 1, 1]
    assert len(get_history_store().newest("ann", 10)) == 1


def test_a_repeated_job_is_one_job(context):
    headers = KEY | {"prefer": "respond-async"}
    jobs = [post("intent", "/v1/intent", {"text": "hi"}, context, headers) for _ in range(2)]
    assert [status for status, _, _ in jobs] == [202, 202]
    assert jobs[0][1] == jobs[1][1]
    assert jobs[0][2]["location"] == jobs[1][2]["location"]


def test_without_a_key_each_request_runs(context):
    answers = [post("recommendation", "/v1/events", EVENT, context, {}) for _ in range(2)]
    assert ["idempotency-replayed" in headers for _, _, headers in answers] == [False, False]
    assert len(get_history_store().newest("ann", 10)) == 2


def test_the_same_key_with_another_body_is_refused(context):
    post("intent", "/v1/intent", {"text": "hi"}, context)
    status, problem, _ = post("intent", "/v1/intent", {"text": "where is my package?"}, context)
    assert status == 422
    assert problem["type"].endswith(":idempotency-key-reused")


def test_a_key_is_of_one_path_and_one_caller(context):
    iam = {"iam": {"userArn": "arn:aws:iam::123456789012:user/ann"}}
    jwt = {"jwt": {"claims": {"sub": "bob"}}}
    assert post("translation", "/v1/translate", TRANSLATE, context)[0] == 200
    assert post("translation", "/v1/detect", {"text": "Hallo"}, context)[0] == 200
    for caller in (iam, jwt):
        other = post(
            "translation", "/v1/translate", TRANSLATE | {"target": "fr"}, context, None, caller
        )
        assert other[0] == 200
        assert "idempotency-replayed" not in other[2]


def test_an_error_is_not_kept_so_that_the_corrected_request_may_use_the_key(context):
    assert post("intent", "/v1/intent", "{", context)[0] == 400
    assert post("intent", "/v1/intent", {"text": 1}, context)[0] == 422
    status, _, headers = post("intent", "/v1/intent", {"text": "hi"}, context)
    assert (status, "idempotency-replayed" in headers) == (200, False)


def test_an_unexpected_error_is_not_kept(context, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(INTENT.default, "handle", lambda service, requests: 1 / 0)
        assert post("intent", "/v1/intent", {"text": "hi"}, context)[0] == 500
    assert post("intent", "/v1/intent", {"text": "hi"}, context)[0] == 200


def test_while_the_first_runs_a_second_is_told_to_ask_again(context, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    record = type(get_history_store()).record

    def slow(self, events):
        begun.set()
        assert go_on.wait(20)
        return record(self, events)

    monkeypatch.setattr(type(get_history_store()), "record", slow)
    answers = []
    first = threading.Thread(
        target=lambda: answers.append(_in_a_loop_of_its_own(context)), daemon=True
    )
    first.start()
    assert begun.wait(20)
    status, problem, headers = post("recommendation", "/v1/events", EVENT, context)
    go_on.set()
    first.join(20)
    assert (status, headers["retry-after"]) == (409, "1")
    assert problem["type"].endswith(":still-running")
    assert answers[0][0] == 200
    assert len(get_history_store().newest("ann", 10)) == 1


def _in_a_loop_of_its_own(context):
    import asyncio

    asyncio.set_event_loop(asyncio.new_event_loop())
    try:
        return post("recommendation", "/v1/events", EVENT, context)
    finally:
        asyncio.get_event_loop().close()


def test_a_first_request_that_died_is_run_again_after_its_lease(context):
    body = json.dumps({"text": "hi"}).encode()
    request = Request("POST", "/v1/intent", KEY, body, "a", JSON, None, {})
    key = _record_key(request)
    get_answers().claim(key, 0)
    time.sleep(0.005)  # in the same millisecond the lease has not run out
    status, _, headers = post("intent", "/v1/intent", body.decode(), context)
    assert (status, "idempotency-replayed" in headers) == (200, False)


@pytest.mark.parametrize("key", ["", "a" * 256, "with space", "tab\there"])
def test_a_key_that_is_none_is_refused(key, context):
    headers = {"idempotency-key": key}
    status, problem, _ = post("intent", "/v1/intent", {"text": "hi"}, context, headers)
    assert status == 422
    assert "255" in problem["detail"]


def test_without_the_store_the_request_is_refused_since_it_might_run_twice(context, monkeypatch):
    def away(self, key, lease_ms):
        raise StoreUnavailable("The result store did not answer.")

    monkeypatch.setattr(Records, "claim", away)
    status, _, headers = post("intent", "/v1/intent", {"text": "hi"}, context)
    assert (status, headers["retry-after"]) == (503, "1")
    assert post("intent", "/v1/intent", {"text": "hi"}, context, {})[0] == 200


def test_an_answer_that_cannot_be_kept_is_still_given(context, monkeypatch):
    def away(self, key, body):
        raise StoreUnavailable("The result store did not answer.")

    monkeypatch.setattr(Records, "complete", away)
    assert post("recommendation", "/v1/events", EVENT, context)[0] == 200


def test_an_answer_expires(context, monkeypatch):
    monkeypatch.setenv("RESULTS_TTL_S", "1")
    get_settings.cache_clear()
    get_answers.cache_clear()
    post("intent", "/v1/intent", {"text": "hi"}, context)
    later = get_answers()
    with later._store._file.transaction() as connection:
        connection.execute("UPDATE records SET expires_at = expires_at - 10")
    status, _, headers = post("intent", "/v1/intent", {"text": "another"}, context)
    assert (status, "idempotency-replayed" in headers) == (200, False)
