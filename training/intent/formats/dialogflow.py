"""Dialogflow's exports: ES (``intents/NAME_usersays_LANGUAGE.json``) and CX (``trainingPhrases``).

Both hold a phrase as a list of parts, some of which stand for a parameter.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from training.intent.messages import Marked, Message

_USER_SAYS = re.compile(r"(?:^|/)(?P<intent>[^/]+)_usersays_(?P<language>[a-z]{2})[^/]*\.json$")
_PHRASES = re.compile(
    r"(?:^|/)(?P<intent>[^/]+)/trainingPhrases/(?P<language>[a-z]{2})[^/]*\.json$"
)


def messages_of(documents: Mapping[str, Any]) -> list[Message]:
    """The phrases of every intent; nothing where the documents are no such export."""
    found: list[Message] = []
    for path, document in documents.items():
        says, phrases = _USER_SAYS.search(path), _PHRASES.search(path)
        if says and isinstance(document, list):
            parts = (item.get("data", []) for item in document)
            found += _messages(parts, "alias", says["intent"], says["language"])
        elif phrases and isinstance(document, dict):
            parts = (item.get("parts", []) for item in document.get("trainingPhrases", []))
            found += _messages(parts, "parameterId", phrases["intent"], phrases["language"])
        elif isinstance(document, dict) and "trainingPhrases" in document:
            name = str(document.get("displayName") or document.get("name") or path)
            parts = (item.get("parts", []) for item in document["trainingPhrases"])
            found += _messages(parts, "parameterId", name, "")
    return [message for message in found if message.text]


def _messages(
    phrases: Iterable[list[dict[str, Any]]], key: str, intent: str, language: str
) -> list[Message]:
    found = []
    for parts in phrases:
        text, slots = "", []
        for part in parts:
            words = str(part.get("text", ""))
            if part.get(key) and words.strip():
                slots.append(Marked(len(text), len(text) + len(words), str(part[key])))
            text += words
        found.append(Message(text.rstrip(), intent, tuple(slots), language))
    return found
