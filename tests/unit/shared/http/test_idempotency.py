"""Repeated POSTs, as their layer answers them."""

import pytest

from shared.errors import InvalidRequest, KeyReused, StillRunning, StoreUnavailable
from shared.http.idempotency import get_answers, idempotent
from shared.http.messages import Response
from shared.stores.records import Records
from tests.halving import request_of, run


class Answering:
    """Answers with each of these in turn, or raises it."""

    def __init__(self, *answers) -> None:
        self._answers = list(answers)
        self.calls = 0

    async def __call__(self, request):
        self.calls += 1
        answer = self._answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def ok(body=b"\xff done"):
    return Response(200, body, {"content-type": "a/b"})


def ask(answer, body=b"{}", key="k", caller=None, **fields):
    scope = {"aws.event": {"requestContext": {"authorizer": caller}}}
    request = request_of(body, headers={"idempotency-key": key}, scope=scope, **fields)
    return run(idempotent(request, answer))


def test_a_repeated_post_has_the_first_ones_answer():
    answer = Answering(ok())
    first, second = ask(answer), ask(answer)
    assert (first.status, first.body, answer.calls) == (200, second.body, 1)
    assert "idempotency-replayed" not in first.headers
    assert second.headers == {"content-type": "a/b", "idempotency-replayed": "true"}


def test_another_body_may_not_come_with_the_same_key():
    ask(Answering(ok()))
    with pytest.raises(KeyReused):
        ask(Answering(ok()), body=b"[]")


CALLERS = (
    None,
    {"jwt": {"claims": {"sub": "ann"}}},
    {"claims": {"sub": "bob"}},
    {"iam": {"userArn": "arn:aws:iam::1:user/cy"}},
)


def test_a_key_is_its_callers_and_its_paths():
    answer = Answering(*(ok() for _ in range(5)))
    for caller in CALLERS * 2:
        ask(answer, caller=caller)
    assert answer.calls == len(CALLERS)
    ask(answer, path="/v1/other")
    assert answer.calls == len(CALLERS) + 1


@pytest.mark.parametrize("first", [Response(422, b"", {}), Response(500, b"", {})])
def test_an_error_is_not_kept(first):
    answer = Answering(first, ok())
    assert [ask(answer).status for _ in range(2)] == [first.status, 200]


@pytest.mark.parametrize("error", [StoreUnavailable("Away."), KeyboardInterrupt()])
def test_a_key_is_free_again_after_an_end_without_an_answer(error):
    answer = Answering(error, ok())
    with pytest.raises(type(error)):
        ask(answer)
    assert ask(answer).status == 200


def test_a_request_whose_first_one_runs_is_told_so():
    answer = Answering()

    async def meanwhile(request):
        return await idempotent(request, answer)  # the same request, while it is answered

    with pytest.raises(StillRunning):
        ask(meanwhile)
    assert answer.calls == 0


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 256])
def test_a_key_is_visible_ascii(key):
    with pytest.raises(InvalidRequest, match="255"):
        ask(Answering(), key=key)


def test_other_methods_are_not_kept():
    answer = Answering(ok(), ok())
    for _ in range(2):
        ask(answer, method="GET", key="not a key")
    assert answer.calls == 2


def test_an_answer_that_cannot_be_kept_is_given(monkeypatch):
    def refuse(self, key, body):
        raise StoreUnavailable("Away.")

    monkeypatch.setattr(Records, "complete", refuse)
    assert ask(Answering(ok())).status == 200


def test_lengths_that_earlier_versions_kept_are_left_out():
    answer = Answering(Response(200, b"abc", {"content-length": "3"}))
    ask(answer)
    assert "content-length" not in ask(answer).headers
    assert get_answers() is get_answers()


POOL = "arn:aws:sts::1:assumed-role/Pool/CognitoIdentityCredentials"


def of_pool(identity):
    return {"iam": {"userArn": POOL, "cognitoIdentity": {"identityId": identity}}}


def test_people_of_one_identity_pool_or_authorizer_have_keys_of_their_own():
    callers = [of_pool("1"), of_pool("2"), {"principalId": "1"}, {"lambda": {"sub": "bob"}}]
    answer = Answering(*(ok() for _ in callers))
    for caller in callers[:2] * 2 + callers[3:]:
        ask(answer, caller=caller)
    assert answer.calls == 3


@pytest.mark.parametrize(
    "caller", [{"jwt": {"claims": {"scope": "a"}}}, {"lambda": {"tier": "gold"}}, of_pool(None)]
)
def test_who_cannot_be_told_from_others_may_not_use_a_key(caller):
    answer = Answering()
    with pytest.raises(InvalidRequest, match="without it"):
        ask(answer, caller=caller)
    assert answer.calls == 0


def test_a_request_to_be_answered_later_is_not_the_one_to_be_answered_now():
    ask(Answering(ok()))
    headers = {"idempotency-key": "k", "prefer": "respond-async"}
    scope = {"aws.event": {"requestContext": {"authorizer": None}}}
    with pytest.raises(KeyReused):
        run(idempotent(request_of(b"{}", headers=headers, scope=scope), Answering(ok())))
