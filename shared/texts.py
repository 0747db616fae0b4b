"""Texts and numbers from outside: whole ones, one text or several, and the limits on them."""

import re
from collections.abc import Collection
from functools import partial
from operator import is_
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.errors import LimitExceeded

is_none = partial(is_, None)  # whether a field is left out of an answer


def _whole_characters(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"has half of a surrogate pair at character {error.start}: send whole characters"
        ) from None
    return text


# As everything below the API expects it: what can be written as UTF-8.
UnicodeText = Annotated[str, AfterValidator(_whole_characters)]


def _whole_number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# An integer as JSON has it, where 10.0 is one; neither "10" nor true is.
WHOLE = BeforeValidator(_whole_number)
WholeNumber = Annotated[int, Field(strict=True), WHOLE]


def matching(pattern: str) -> tuple[Any, ...]:
    r"""What stands behind ``str`` in an annotation of text that must match a pattern as a whole.

    The same as pydantic's own ``pattern``, but checked by Python: pydantic compiles one with a
    ``\w`` in 3 ms, and in 20 where that may be repeated, at each start. What letters, digits and
    the low line are they agree on; Python has superscripts in ``\w`` and no combining marks.
    """

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            message = "String should match pattern '{pattern}'"
            raise PydanticCustomError("string_pattern_mismatch", message, {"pattern": pattern})
        return text

    return AfterValidator(check), Field(json_schema_extra={"pattern": pattern})


def given(names: Collection[str], fields: Collection[str] = ()) -> dict[str, Any]:
    """JSON Schema of an object in which these fields are given, and the others absent or null.

    Args:
        names: of fields that are given.
        fields: all that are told of; ``names`` where there are none.
    """
    there, absent = {"not": {"type": "null"}}, {"type": "null"}
    properties = {field: there if field in names else absent for field in fields or names}
    return {"required": list(names), "properties": properties}


def choices(fields: Collection[str], *kinds: Collection[str]) -> list[dict[str, Any]]:
    """JSON Schema's ``oneOf`` of objects in which some fields are given and others are not.

    Args:
        fields: those that exclude each other.
        kinds: for each kind of object, which of them it has.
    """
    return [given(names, fields) for names in kinds]


class TextsRequest(BaseModel, defer_build=True):
    """One text or several: exactly one of the fields ``text`` and ``texts``.

    Attributes:
        MAX_TEXTS: how many texts may come.
        MAX_CHARACTERS: how many characters one may have.
        SHORTEN: what to do about a longer one.
    """

    model_config = ConfigDict(extra="forbid")

    MAX_TEXTS: ClassVar[int]
    MAX_CHARACTERS: ClassVar[int]
    SHORTEN: ClassVar[str]

    text: UnicodeText | None = None
    texts: list[UnicodeText] | None = None

    @model_validator(mode="after")
    def _one_of_text_and_texts(self) -> Self:
        if (self.text is None) == (self.texts is None):
            raise ValueError("give either 'text' (a string) or 'texts' (a list of strings)")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core_schema))
        return schema | {"oneOf": choices(("text", "texts"), ["text"], ["texts"])}

    @property
    def all_texts(self) -> list[str]:
        """The texts in order, whichever way they came."""
        return self.texts if self.texts is not None else [self.text or ""]

    def pointer(self, index: int) -> str:
        """JSON pointer of a text."""
        return "/text" if self.text is not None else f"/texts/{index}"

    def check_texts(self) -> list[str]:
        """The texts, within the limits.

        Raises:
            LimitExceeded: there are too many, or one has too many characters.
        """
        texts = self.all_texts
        if len(texts) > self.MAX_TEXTS:
            hint = f"Split the list into requests of at most {self.MAX_TEXTS}."
            raise LimitExceeded("texts", self.MAX_TEXTS, len(texts), hint, "/texts")
        for index, text in enumerate(texts):
            if len(text) > self.MAX_CHARACTERS:
                where = self.pointer(index)
                raise LimitExceeded(
                    "characters", self.MAX_CHARACTERS, len(text), self.SHORTEN, where
                )
        return texts
