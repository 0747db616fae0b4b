import pytest

from shared.http.caller import NOBODY, caller_of

ROLE = "arn:aws:sts::1:assumed-role/Shop"
POOL = "arn:aws:sts::1:assumed-role/Pool/CognitoIdentityCredentials"
SSO = "arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_1/ann"


def caller(**context):
    return caller_of({"aws.event": {"requestContext": context}})


def of_pool(identity):
    return {"iam": {"userArn": POOL, "cognitoIdentity": {"identityId": identity}}}


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, NOBODY),
        ({"identity": {"sourceIp": "1.2.3.4", "userArn": None}}, NOBODY),
        ({"identity": {"apiKeyId": "k1"}}, "k1"),
        ({"authorizer": {"jwt": {"claims": {"sub": "ann"}}}}, "ann"),
        ({"authorizer": {"claims": {"sub": "ann"}}}, "ann"),
        ({"authorizer": {"principalId": "ann"}}, "ann"),
        ({"authorizer": {"lambda": {"principalId": "ann"}}}, "ann"),
        ({"authorizer": {"iam": {"userArn": "arn:aws:iam::1:user/cy"}}}, "arn:aws:iam::1:user/cy"),
        ({"authorizer": of_pool("eu:1")}, "eu:1"),
        ({"identity": {"userArn": POOL, "cognitoIdentityId": "eu:2"}}, "eu:2"),
        ({"authorizer": {"iam": {"userArn": SSO}}}, SSO),
    ],
)
def test_what_tells_a_caller_from_others_is_the_caller(context, expected):
    assert caller(**context) == expected


@pytest.mark.parametrize(
    "authorizer",
    [
        {"jwt": {"claims": {"scope": "read"}}},
        {"claims": {}},
        {"lambda": {"tier": "gold"}},
        {"lambda": None, "integrationLatency": 3},
        {"iam": {"userArn": POOL, "cognitoIdentity": None}},
    ],
)
def test_who_cannot_be_told_from_others_is_not_taken_for_one_of_them(authorizer):
    assert caller(authorizer=authorizer) is None


def test_sessions_of_a_role_are_one_caller_and_those_of_people_are_not():
    first, second = ({"iam": {"userArn": f"{ROLE}/{name}"}} for name in "ab")
    assert caller(authorizer=first) == caller(authorizer=second) == ROLE
    other = {"iam": {"userArn": SSO.replace("ann", "bob")}}
    assert caller(authorizer=other) != caller(authorizer={"iam": {"userArn": SSO}})


def test_without_an_event_of_api_gateway_nobody_is_asked():
    assert caller_of({}) == NOBODY
