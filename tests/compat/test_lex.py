"""Amazon Lex V2's runtime client.

Which slots an intent needs is the model's to say: these tests hold with any that knows the intents
named here.
"""

import base64
import gzip
import json
import time
from itertools import count

import pytest

from local.stand_in import standing_in
from tests.compat.conftest import checked
from tests.compat.test_translate import refused

BOT = {"botId": "SHOPSHOP01", "botAliasId": "TSTALIASID", "localeId": "en_US"}
NUMBERS = count(1)
TRACK, CANCEL = "where is my package?", "cancel my order please"
NONSENSE = "the quick brown fox jumps over the lazy dog by the river"


@pytest.fixture(scope="module")
def lex(connect):
    return connect("lexv2-runtime")


@pytest.fixture
def session():
    """A place where no dialogue was yet."""
    return {**BOT, "sessionId": f"shopper-{next(NUMBERS)}"}


def unpacked(header):
    return json.loads(gzip.decompress(base64.b64decode(header)))


def names(answer):
    return [it["intent"]["name"] for it in answer["interpretations"]]


def test_a_text(lex, session):
    answer = lex.recognize_text(**session, text=TRACK, requestAttributes={"channel": "web"})
    first, second, *others = answer["interpretations"]
    assert first["intent"] == answer["sessionState"]["intent"]
    assert first["intent"]["name"] == "track_order"
    assert 0.5 < first["nluConfidence"]["score"] <= 1
    assert first["interpretationSource"] == "Lex"
    assert second["intent"]["name"] == "FallbackIntent"
    assert "nluConfidence" not in second
    assert others
    scores = [it["nluConfidence"]["score"] for it in (first, *others)]
    assert scores == sorted(scores, reverse=True)
    assert answer["sessionId"] == session["sessionId"]
    assert answer["requestAttributes"] == {"channel": "web"}


def test_what_is_missing_is_asked_for(lex, session):
    state = lex.recognize_text(**session, text=CANCEL)["sessionState"]
    intent, action = state["intent"], state["dialogAction"]
    assert intent["name"] == "cancel_order"
    empty = [name for name, slot in intent["slots"].items() if slot is None]
    if empty:
        assert (intent["state"], action["type"]) == ("InProgress", "ElicitSlot")
        assert action["slotToElicit"] in empty
    else:
        assert (intent["state"], action["type"]) == ("ReadyForFulfillment", "Close")


def test_a_text_that_wants_nothing_falls_back(lex, session):
    answer = lex.recognize_text(**session, text=NONSENSE)
    assert names(answer)[0] == "FallbackIntent"
    assert names(answer).count("FallbackIntent") == 1
    assert answer["sessionState"]["intent"]["state"] == "ReadyForFulfillment"
    assert answer["sessionState"]["dialogAction"] == {"type": "Close"}
    assert all("nluConfidence" in it for it in answer["interpretations"][1:])


def test_the_slot_that_was_asked_for_is_filled_by_a_short_answer(lex, session):
    """As a client does that leads the dialogue itself."""
    state = {
        "intent": {"name": "cancel_order", "state": "InProgress"},
        "dialogAction": {"type": "ElicitSlot", "slotToElicit": "order_number"},
    }
    answer = lex.recognize_text(**session, text="48213", sessionState=state)
    intent = answer["sessionState"]["intent"]
    assert intent["name"] == "cancel_order"
    value = intent["slots"]["order_number"]["value"]
    assert value["originalValue"] == value["interpretedValue"] == "48213"
    assert intent["slots"]["order_number"]["shape"] == "Scalar"


def test_a_dialogue_goes_on_where_it_was(lex, session):
    lex.put_session(
        **session,
        sessionState={
            "intent": {
                "name": "cancel_order",
                "slots": {
                    "reason": {"value": {"interpretedValue": "late", "originalValue": "too late"}},
                },
                "state": "InProgress",
            },
            "dialogAction": {"type": "ElicitSlot", "slotToElicit": "order_number"},
            "sessionAttributes": {"cart": "7"},
        },
    )
    state = lex.recognize_text(**session, text="48213")["sessionState"]
    assert state["intent"]["name"] == "cancel_order"
    assert state["intent"]["slots"]["order_number"]["value"]["interpretedValue"] == "48213"
    assert state["intent"]["slots"]["reason"]["value"]["interpretedValue"] == "late"
    assert state["sessionAttributes"] == {"cart": "7"}


def test_a_dialogue_about_an_intent_that_the_model_does_not_have_is_refused(lex, session):
    unknown = {"intent": {"name": "OrderFlowers", "state": "InProgress"}}
    for ask, more in ((lex.put_session, {}), (lex.recognize_text, {"text": "48213"})):
        code, answer = refused(ask, **session, **more, sessionState=unknown)
        assert code == "ValidationException"
        assert "cancel_order" in answer["Error"]["Message"]
    lex.put_session(**session, sessionState={"intent": {"name": "FallbackIntent"}})


def test_attributes_stay_until_the_client_changes_them(lex, session):
    given = {"sessionAttributes": {"cart": "7", "tier": "gold"}}
    first = lex.recognize_text(**session, text=TRACK, sessionState=given)
    assert first["sessionState"]["sessionAttributes"] == given["sessionAttributes"]
    second = lex.recognize_text(**session, text=TRACK)
    assert second["sessionState"]["sessionAttributes"] == given["sessionAttributes"]
    third = lex.recognize_text(**session, text=TRACK, sessionState={"sessionAttributes": {}})
    assert third["sessionState"]["sessionAttributes"] == {}


def test_contexts_live_for_their_turns(lex, session):
    lives = {"timeToLiveInSeconds": 90, "turnsToLive": 2}
    context = {"name": "paid", "timeToLive": lives, "contextAttributes": {"sum": "12"}}
    lex.put_session(**session, sessionState={"activeContexts": [context]})
    (left,) = lex.recognize_text(**session, text=TRACK)["sessionState"]["activeContexts"]
    assert left["name"] == "paid"
    assert left["timeToLive"]["turnsToLive"] == 1
    assert left["contextAttributes"] == {"sum": "12"}
    assert lex.recognize_text(**session, text=TRACK)["sessionState"]["activeContexts"] == []


def test_a_session_is_told_put_and_deleted(lex, session):
    with pytest.raises(lex.exceptions.ResourceNotFoundException):
        lex.get_session(**session)
    said = lex.recognize_text(**session, text=TRACK)
    known = lex.get_session(**session)
    assert known["sessionState"] == said["sessionState"]
    assert known["interpretations"] == said["interpretations"]
    message = {"content": "Which order?", "contentType": "PlainText"}
    state = {"dialogAction": {"type": "ElicitIntent"}, "sessionAttributes": {"a": "ü"}}
    put = lex.put_session(
        **session, sessionState=state, messages=[message], requestAttributes={"x": "y"}
    )
    assert put["sessionId"] == session["sessionId"]
    assert unpacked(put["sessionState"]) == state
    assert unpacked(put["messages"]) == [message]
    assert unpacked(put["requestAttributes"]) == {"x": "y"}
    assert put["audioStream"].read() == b""
    known = lex.get_session(**session)
    assert (known["sessionState"], known["messages"]) == (state, [message])
    gone = lex.delete_session(**session)
    assert {name: gone[name] for name in session} == session
    for call in (lex.get_session, lex.delete_session):
        assert refused(call, **session)[0] == "ResourceNotFoundException"


def test_sessions_do_not_meet(lex, session):
    lex.recognize_text(**session, text=TRACK)
    for name in ("sessionId", "botAliasId"):
        other = session | {name: "another.one:1"}
        assert refused(lex.get_session, **other)[0] == "ResourceNotFoundException"


def test_a_session_ends_when_nothing_is_said(session):
    with standing_in({"LEX_SESSION_TTL_S": "1"}) as url:
        lex = checked("lexv2-runtime", url)
        lex.put_session(**session, sessionState={"sessionAttributes": {"a": "b"}})
        assert lex.get_session(**session)["sessionState"]["sessionAttributes"] == {"a": "b"}
        time.sleep(2.1)  # an expiry is in whole seconds
        assert refused(lex.get_session, **session)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"localeId": "xx_XX"}, "ResourceNotFoundException"),
        ({"botId": "SHOPSHOP0123"}, "ValidationException"),
        ({"sessionId": "a b"}, "ValidationException"),
        ({"text": "x" * 1_025}, "ValidationException"),
        ({"sessionState": {"dialogAction": {"type": "Sing"}}}, "ValidationException"),
    ],
)
def test_what_does_not_fit_is_refused(lex, session, change, expected):
    code, response = refused(lex.recognize_text, **({**session, "text": TRACK} | change))
    assert code == expected
    assert response["Error"]["Message"]


def test_speech_is_not_covered(lex, session):
    code, response = refused(
        lex.recognize_utterance,
        **session,
        requestContentType="audio/l16; rate=16000; channels=1",
        inputStream=b"\x00\x01",
    )
    assert code == "ValidationException"
    assert "RecognizeText" in response["Error"]["Message"]
