"""Amazon Personalize's filter expressions."""

import pytest

from functions.recommendation.personalize.expressions import (
    Clause,
    Comparison,
    Parameter,
    read_expression,
)
from shared.errors import InvalidRequest


def one(field, operator, *values, dataset="items"):
    return Comparison(dataset, field, operator, values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'INCLUDE ItemID WHERE Items.CATEGORY IN ("bags", "shoes")',
            [Clause(True, ((one("CATEGORY", "IN", "bags", "shoes"),),))],
        ),
        (
            "exclude itemid where items.price >= 20 and Items.Colour != 'dark \\'red\\''",
            [Clause(False, ((one("price", ">=", "20"), one("Colour", "!=", "dark 'red'")),))],
        ),
        (
            "INCLUDE ItemID WHERE Items.A = $A OR Items.B NOT IN ($B, -1.5) AND Items.C < 3",
            [
                Clause(
                    True,
                    (
                        (one("A", "=", Parameter("A")),),
                        (one("B", "NOT IN", Parameter("B"), "-1.5"), one("C", "<", "3")),
                    ),
                )
            ],
        ),
        (
            (
                "INCLUDE ItemID WHERE Items.A = 1 | "
                'EXCLUDE ItemID WHERE Interactions.event_type = "Buy"'
            ),
            [
                Clause(True, ((one("A", "=", "1"),),)),
                Clause(False, ((one("event_type", "=", "Buy", dataset="interactions"),),)),
            ],
        ),
    ],
)
def test_expressions_are_read(text, expected):
    assert list(read_expression(text)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "EXCLUDE is wanted in place of 'the end'"),
        ("INCLUDE ItemID", "WHERE is wanted"),
        ("INCLUDE UserID WHERE Items.A = 1", "ITEMID is wanted in place of 'UserID'"),
        ("INCLUDE ItemID WHERE A = 1", "'A' is no field"),
        ("INCLUDE ItemID WHERE Users.AGE = 1", "'Users.AGE' is no field"),
        ("INCLUDE ItemID WHERE Items.A LIKE 1", "'LIKE' is no operator"),
        ("INCLUDE ItemID WHERE Items.A = red", "'red' is no value"),
        ("INCLUDE ItemID WHERE Items.A IN (1", ") is wanted"),
        ("INCLUDE ItemID WHERE Items.A = 1 IF CurrentUser.AGE > 18", "'IF' is not read"),
        ("INCLUDE ItemID WHERE Items.A = 1 ; DROP", "cannot be read"),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', "EXCLUDE ItemID WHERE"),
        ("EXCLUDE ItemID WHERE Interactions.PRICE = 1", "EXCLUDE ItemID WHERE"),
        (
            'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*") AND Items.A = 1',
            "EXCLUDE ItemID WHERE",
        ),
    ],
)
def test_what_is_not_read_is_refused(text, message):
    with pytest.raises(InvalidRequest) as raised:
        read_expression(text)
    assert message in raised.value.detail
