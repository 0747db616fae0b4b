"""What doctor tells of one thing that it looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        detail: how it is.
        advice: what to do; nothing where it is well.
    """

    name: str
    state: State
    detail: str
    advice: str = ""


Check = Callable[[], Finding]
