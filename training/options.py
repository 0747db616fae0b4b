"""Options of a training, which are fields of a frozen dataclass and keywords of a function."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

from pydantic import BeforeValidator, ConfigDict

STRICT = ConfigDict(extra="forbid")  # a misspelt keyword is refused

Given = ParamSpec("Given")
Options = TypeVar("Options")
Result = TypeVar("Result")


def _several(value: Any) -> Any:
    """One path or code stands for a sequence of one, and None for an empty one."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str | Path) else value


Codes = Annotated[tuple[str, ...], BeforeValidator(_several)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_several)]


def keywords(
    options: Callable[Given, Options],
) -> Callable[[Callable[[Options], Result]], Callable[Given, Result]]:
    """Let a function of options be called with their fields as keywords.

    Args:
        options: the dataclass that the function takes.
    """

    def decorate(function: Callable[[Options], Result]) -> Callable[Given, Result]:
        @functools.wraps(function)
        def call(*args: Given.args, **given: Given.kwargs) -> Result:
            return function(options(*args, **given))

        signature = inspect.signature(options)
        result = inspect.signature(function).return_annotation
        vars(call)["__signature__"] = signature.replace(return_annotation=result)
        return call

    return decorate
