"""Rasa's NLU training data (YAML): ``[words](entity)`` or ``[words]{"entity": "name"}``."""

import json
import re
from pathlib import Path
from typing import Any

from training.errors import DataError
from training.intent.messages import Marked, Message

_ENTITY = re.compile(r"\[(?P<words>[^\[\]]+)\](?:\((?P<name>[^()]+)\)|(?P<object>\{[^{}]*\}))")
_ITEM = re.compile(r"^\s*[-*+]\s?(.*)$")


def messages_of(path: Path) -> list[Message]:
    """The examples of every intent in a file.

    Raises:
        DataError: it is no such file.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not YAML in UTF-8: {error}.") from error
    sections = content.get("nlu") if isinstance(content, dict) else None
    if not isinstance(sections, list):
        raise DataError(f"{path}: no list 'nlu', as Rasa's NLU training data has.")
    found: list[Message] = []
    for section in sections:
        if isinstance(section, dict) and "intent" in section:
            name = str(section["intent"])
            found += [_message(text, name) for text in _examples(section.get("examples"))]
    if not found:
        raise DataError(f"{path}: no examples of any intent in 'nlu'.")
    return found


def _examples(examples: Any) -> list[str]:
    """The lines of a block of text, or the texts of a list."""
    if isinstance(examples, str):
        lines = [_ITEM.match(line) for line in examples.splitlines()]
        return [line[1].strip() for line in lines if line and line[1].strip()]
    listed = examples if isinstance(examples, list) else []
    texts = [x.get("text", "") if isinstance(x, dict) else x for x in listed]
    return [str(text).strip().removeprefix("- ") for text in texts if str(text).strip()]


def _message(marked: str, intent: str) -> Message:
    text, slots, at = "", [], 0
    for match in _ENTITY.finditer(marked):
        text += marked[at : match.start()]
        name = match["name"] or str(json.loads(match["object"]).get("entity", ""))
        name = name.split(":")[0]  # older files name a value behind a colon
        slots.append(Marked(len(text), len(text) + len(match["words"]), name))
        text, at = text + match["words"], match.end()
    return Message(text + marked[at:], intent, tuple(slot for slot in slots if slot.name))
