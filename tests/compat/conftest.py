"""boto3's clients, each answer of which is held against its service model."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config

from examples.drop_in import client
from local.stand_in import standing_in
from tests.compat.shapes import check

ONE_TRY = Config(retries={"total_max_attempts": 1})


def checked(service: str, url: str, **options: Any) -> Any:
    """A client whose answers are checked as they come."""
    made = client(service, url, config=ONE_TRY, **options)

    def look(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
        check(operation_model, response_dict)

    made.meta.events.register("before-parse", look)
    return made


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    with standing_in() as address:
        yield address


@pytest.fixture(scope="session")
def connect(url: str) -> Callable[[str], Any]:
    return lambda service: checked(service, url)
