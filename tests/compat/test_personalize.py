"""Amazon Personalize's clients: recommendations, rankings, events."""

import json
import time
from itertools import count

import pytest

from local.stand_in import standing_in
from tests.compat.conftest import checked
from tests.compat.test_translate import refused

ARN = "arn:aws:personalize:eu-central-1:123456789012:"
CAMPAIGN, RECOMMENDER = f"{ARN}campaign/shop", f"{ARN}recommender/for-you"
CUP, SAUCER = "22697", "22698"  # of one set
UNKNOWN = "no-such-item"
NAMES = {
    "arns": {"also-viewed": "similar", "best": "popular", "for-you": "recommend"},
    "filters": {
        "cheap": "INCLUDE ItemID WHERE Items.PRICE < $MAX",
        "between": "INCLUDE ItemID WHERE Items.PRICE >= $MIN AND Items.PRICE <= 3",
        "not-these": "EXCLUDE ItemID WHERE Items.PRICE IN ($PRICES)",
        "new": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
        "not-bought": "INCLUDE ItemID WHERE Items.PRICE < 5 | EXCLUDE ItemID WHERE "
        'Interactions.event_type IN ("Purchase")',
        "wrong": "INCLUDE ItemID WHERE Items.COLOUR = 'red'",
        "unread": "INCLUDE ItemID WHERE Items.PRICE < 5 IF CurrentUser.AGE > 18",
    },
    "events": {"Stream": "view", "Search": None},
}
USERS = count(1)


@pytest.fixture(scope="module")
def named():
    """Clients of a server that was told what names stand for."""
    with standing_in({"PERSONALIZE": json.dumps(NAMES)}) as url:
        yield lambda service: checked(service, url)


@pytest.fixture(scope="module")
def runtime(connect):
    return connect("personalize-runtime")


@pytest.fixture(scope="module")
def events(connect):
    return connect("personalize-events")


@pytest.fixture(scope="module")
def named_runtime(named):
    return named("personalize-runtime")


@pytest.fixture
def user():
    return f"user-{next(USERS)}"


def put(events, user, *did, **more):
    """Let a user do things: pairs of an event's type and an item."""
    put_events(events, [{"eventType": kind, "itemId": item} for kind, item in did], user, **more)


def put_events(events, listed, user, **more):
    now = time.time()
    dated = [{"sentAt": now - 60 + place} | event for place, event in enumerate(listed)]
    who = {"userId": user} if user else {}
    events.put_events(trackingId="t", eventList=dated, **({"sessionId": "s"} | who | more))


def ids(answer):
    (name,) = answer.keys() & {"itemList", "personalizedRanking"}
    return [item["itemId"] for item in answer[name]]


def prices(answer):
    return [float(item["metadata"]["price"]) for item in answer["itemList"]]


def test_items_for_a_user_of_whom_events_are_known(runtime, events, user):
    put(events, user, ("Purchase", CUP))
    answer = runtime.get_recommendations(campaignArn=CAMPAIGN, userId=user, numResults=10)
    assert len(answer["itemList"]) == 10
    assert SAUCER in ids(answer)
    scores = [item["score"] for item in answer["itemList"]]
    assert scores == sorted(scores, reverse=True)
    assert answer["recommendationId"]


def test_as_many_as_are_asked_for(runtime, user):
    assert len(ids(runtime.get_recommendations(campaignArn=CAMPAIGN, userId=user))) == 25
    many = runtime.get_recommendations(campaignArn=CAMPAIGN, userId=user, numResults=500)
    assert len(set(ids(many))) == 500
    code, _ = refused(
        runtime.get_recommendations, campaignArn=CAMPAIGN, userId=user, numResults=501
    )
    assert code == "InvalidInputException"


def test_a_recommender_leaves_out_what_the_user_knows(runtime, events, user):
    put(events, user, ("view", CUP), ("AddToCart", SAUCER))
    known = runtime.get_recommendations(recommenderArn=RECOMMENDER, userId=user, numResults=100)
    assert not {CUP, SAUCER} & set(ids(known))


def test_items_like_an_item(runtime):
    answer = runtime.get_recommendations(campaignArn=CAMPAIGN, itemId=CUP, numResults=5)
    assert len(ids(answer)) == 5
    assert SAUCER in ids(answer)
    assert CUP not in ids(answer)
    code, _ = refused(runtime.get_recommendations, campaignArn=CAMPAIGN, itemId=UNKNOWN)
    assert code == "ResourceNotFoundException"


def test_an_item_in_view_counts_for_a_user(runtime, user):
    answer = runtime.get_recommendations(recommenderArn=RECOMMENDER, userId=user, itemId=CUP)
    assert len(ids(answer)) == 25
    assert SAUCER in ids(answer)
    assert CUP not in ids(answer)


def test_metadata_are_columns_of_the_catalogue(runtime, user):
    answer = runtime.get_recommendations(
        campaignArn=CAMPAIGN,
        userId=user,
        numResults=3,
        metadataColumns={"ITEMS": ["TITLE", "Price"]},
        context={"DEVICE": "mobile"},
    )
    for item in answer["itemList"]:
        assert item["metadata"].keys() == {"TITLE", "Price"}
        assert float(item["metadata"]["Price"]) > 0
    columns = {"metadataColumns": {"ITEMS": ["COLOUR"]}}
    request = {"campaignArn": CAMPAIGN, "userId": user}
    code, response = refused(runtime.get_recommendations, **request, **columns)
    assert code == "InvalidInputException"
    assert "price" in response["Error"]["Message"]


def test_names_stand_for_models(named_runtime, user):
    similar = named_runtime.get_recommendations(
        recommenderArn=f"{ARN}recommender/also-viewed", itemId=CUP, userId=user, numResults=5
    )
    assert SAUCER in ids(similar)
    popular = named_runtime.get_recommendations(
        recommenderArn=f"{ARN}recommender/best", userId=user, numResults=3
    )
    assert popular["itemList"][0]["score"] > 1_000  # events of the training data
    for request, expected in (
        ({"campaignArn": CAMPAIGN, "userId": user}, "ResourceNotFoundException"),
        ({"recommenderArn": f"{ARN}recommender/also-viewed"}, "InvalidInputException"),
        ({"recommenderArn": RECOMMENDER}, "InvalidInputException"),
        ({"userId": user}, "InvalidInputException"),
    ):
        assert refused(named_runtime.get_recommendations, **request)[0] == expected


@pytest.mark.parametrize(
    "request_",
    [
        {"recommenderArn": RECOMMENDER},
        {"recommenderArn": f"{ARN}recommender/also-viewed", "itemId": CUP},
        {"recommenderArn": f"{ARN}recommender/best"},
    ],
)
def test_filters_are_expressions_with_values(named_runtime, user, request_):
    def ask(name, **values):
        return named_runtime.get_recommendations(
            **request_,
            userId=user,
            numResults=20,
            filterArn=f"{ARN}filter/{name}",
            filterValues=values,
            metadataColumns={"ITEMS": ["price"]},
        )

    assert 0 < max(prices(ask("cheap", MAX="1.5"))) < 1.5
    found = prices(ask("between", MIN="2"))
    assert len(found) == 20
    assert 2 <= min(found) <= max(found) <= 3
    shown = prices(ask("not-these"))
    gone = {str(price) for price in shown[:2]}
    assert not {float(it) for it in gone} & set(prices(ask("not-these", PRICES=", ".join(gone))))


def test_a_filter_may_hide_what_the_user_did(named, user):
    runtime, events = named("personalize-runtime"), named("personalize-events")
    put(events, user, ("Purchase", CUP), ("Stream", SAUCER))

    def ask(name):
        return set(
            ids(
                runtime.get_personalized_ranking(
                    campaignArn=f"{ARN}campaign/for-you",
                    userId=user,
                    inputList=[CUP, SAUCER, "22699"],
                    filterArn=f"{ARN}filter/{name}",
                )
            )
        )

    assert ask("new") == {"22699"}
    assert ask("not-bought") == {SAUCER, "22699"}
    listed = runtime.get_recommendations(
        recommenderArn=f"{ARN}recommender/best",
        userId=user,
        numResults=500,
        filterArn=f"{ARN}filter/new",
    )
    assert len(ids(listed)) == 500
    assert not {CUP, SAUCER} & set(ids(listed))


@pytest.mark.parametrize(
    ("name", "values", "expected", "message"),
    [
        ("nowhere", {}, "ResourceNotFoundException", "cheap"),
        ("cheap", {}, "InvalidInputException", "MAX"),
        ("cheap", {"MAX": "a lot"}, "InvalidInputException", "'a lot'"),
        ("cheap", {"MAX": "1,2"}, "InvalidInputException", "one value"),
        ("wrong", {}, "InvalidInputException", "COLOUR"),
        ("unread", {}, "InvalidInputException", "'IF'"),
    ],
)
def test_a_filter_that_does_not_fit(named_runtime, user, name, values, expected, message):
    code, response = refused(
        named_runtime.get_recommendations,
        recommenderArn=RECOMMENDER,
        userId=user,
        filterArn=f"{ARN}filter/{name}",
        filterValues=values,
    )
    assert code == expected
    assert message in response["Error"]["Message"]


def test_a_ranking(runtime, events, user):
    put(events, user, ("Purchase", CUP))
    listed = ["10002", UNKNOWN, SAUCER, "22699"]
    answer = runtime.get_personalized_ranking(campaignArn=CAMPAIGN, userId=user, inputList=listed)
    assert set(ids(answer)) == set(listed)
    assert set(ids(answer)[:2]) == {SAUCER, "22699"}
    last = answer["personalizedRanking"][-1]
    assert last == {"itemId": UNKNOWN}
    scores = [item["score"] for item in answer["personalizedRanking"][:-1]]
    assert scores == sorted(scores, reverse=True)
    alone = runtime.get_personalized_ranking(campaignArn=CAMPAIGN, userId=user, inputList=[UNKNOWN])
    assert alone["personalizedRanking"] == [{"itemId": UNKNOWN}]
    code, _ = refused(
        runtime.get_personalized_ranking, campaignArn="shop", userId=user, inputList=listed
    )
    assert code == "InvalidInputException"


def test_a_session_without_a_user_has_its_own_events(runtime, events, user):
    put(events, None, ("view", CUP), sessionId=user)
    answer = runtime.get_recommendations(campaignArn=CAMPAIGN, userId=user, numResults=10)
    assert SAUCER in ids(answer)


def test_an_item_may_stand_among_the_properties(runtime, events, user):
    properties = json.dumps({"itemId": CUP})
    put_events(events, [{"eventType": "click", "properties": properties}], user)
    answer = runtime.get_recommendations(campaignArn=CAMPAIGN, userId=user, numResults=10)
    assert SAUCER in ids(answer)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"eventType": "Search", "itemId": CUP}, "PERSONALIZE"),
        ({"eventType": "view"}, "itemId"),
        ({"eventType": "view", "itemId": CUP, "sentAt": time.time() + 86_400}, "later than now"),
    ],
)
def test_an_event_that_cannot_be_kept(events, user, event, message):
    code, response = refused(put_events, events=events, listed=[event], user=user)
    assert code == "InvalidInputException"
    assert message in response["Error"]["Message"]


def test_events_may_be_named_and_left_out(named, user):
    runtime, events = named("personalize-runtime"), named("personalize-events")
    put_events(events, [{"eventType": "Search"}, {"eventType": "Stream", "itemId": CUP}], user)
    answer = runtime.get_recommendations(recommenderArn=RECOMMENDER, userId=user, numResults=10)
    assert SAUCER in ids(answer)


def test_a_promotion_has_its_share(named, user):
    runtime = named("personalize-runtime")
    promotion = {
        "name": "sale",
        "percentPromotedItems": 40,
        "filterArn": f"{ARN}filter/cheap",
        "filterValues": {"MAX": "0.3"},
    }
    asked = {"numResults": 10, "metadataColumns": {"ITEMS": ["PRICE"]}, "promotions": [promotion]}
    for request in (
        {"recommenderArn": RECOMMENDER, "userId": user, "itemId": CUP},
        {"campaignArn": f"{ARN}campaign/also-viewed", "itemId": CUP},
    ):
        answer = runtime.get_recommendations(**request, **asked)
        cheap = [item for item in answer["itemList"] if float(item["metadata"]["PRICE"]) < 0.3]
        assert len(answer["itemList"]) == 10
        assert len(cheap) == 4
        assert {item.get("promotionName") for item in cheap} <= {"sale", None}
        assert any("promotionName" in item for item in cheap)


def test_a_sessions_events_become_its_users(runtime, events, user):
    put(events, None, ("view", CUP), sessionId=f"s-{user}")
    put(events, user, ("view", "84879"), sessionId=f"s-{user}")
    answer = runtime.get_recommendations(campaignArn=CAMPAIGN, userId=user, numResults=10)
    assert SAUCER in ids(answer)


def test_a_promotion_without_a_filter_is_refused(runtime, user):
    promotions = [{"name": "sale", "percentPromotedItems": 20}]
    code, _ = refused(
        runtime.get_recommendations, campaignArn=CAMPAIGN, userId=user, promotions=promotions
    )
    assert code == "InvalidInputException"
