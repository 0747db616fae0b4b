"""Text from outside that can be written as UTF-8, as everything below the API expects."""

from typing import Annotated

from pydantic import AfterValidator


def _whole_characters(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"has half of a surrogate pair at character {error.start}: send whole characters"
        ) from None
    return text


UnicodeText = Annotated[str, AfterValidator(_whole_characters)]
