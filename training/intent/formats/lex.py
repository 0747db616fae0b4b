"""Amazon Lex V2's export: ``BOT/BotLocales/LOCALE/Intents/NAME/Intent.json``, slots in braces.

An utterance holds ``{SlotName}``. What fills it is drawn from the slot type's values where the
export lists them, and else from a few of the built-in type's form.
"""

import re
from collections.abc import Mapping
from typing import Any

from training.intent.messages import Marked, Message

_SLOT = re.compile(r"\{(\w+)\}")
_LOCALE = re.compile(r"(?:^|/)BotLocales/([a-z]{2})_")
_BUILT_IN = {
    "AMAZON.Number": ("2", "3", "10"),
    "AMAZON.Date": ("tomorrow", "12 May", "2026-05-12"),
    "AMAZON.Time": ("10:30", "7 pm"),
    "AMAZON.EmailAddress": ("anna@example.com", "tom.becker@mail.example"),
    "AMAZON.PhoneNumber": ("+44 7700 900812", "07700 900812"),
    "AMAZON.AlphaNumeric": ("10045", "AB-90331", "77120"),
    "AMAZON.City": ("Leeds", "Hamburg", "Lyon"),
    "AMAZON.FirstName": ("Rosa", "Tom", "Camille"),
    "AMAZON.LastName": ("Becker", "Ruiz", "Moore"),
}
_UNKNOWN = ("10045", "one")


def messages_of(documents: Mapping[str, Any]) -> list[Message]:
    """The sample utterances of every intent; nothing where the documents are no such export."""
    values = _slot_values(documents)
    found: list[Message] = []
    for path, document in documents.items():
        utterances = document.get("sampleUtterances") if isinstance(document, dict) else None
        if not utterances:
            continue
        types = _slot_types(path, documents)
        locale = _LOCALE.search(path)
        language = locale[1] if locale else ""
        for number, item in enumerate(utterances):
            text = str(item.get("utterance", "")).strip()
            found.append(_filled(text, document["name"], types, values, number, language))
    return [message for message in found if message.text]


def _slot_values(documents: Mapping[str, Any]) -> dict[str, list[str]]:
    """The values of each slot type, by its name."""
    values: dict[str, list[str]] = {}
    for path, document in documents.items():
        listed = document.get("slotTypeValues") if isinstance(document, dict) else None
        if "SlotType" in path and listed:
            samples = [item.get("sampleValue") or {} for item in listed]
            values[document["name"]] = [str(x["value"]) for x in samples if x.get("value")]
    return values


def _slot_types(intent_path: str, documents: Mapping[str, Any]) -> dict[str, str]:
    """Type of each slot of an intent, by the slot's name."""
    folder = intent_path.rsplit("/", 1)[0] + "/Slots/"
    return {
        document["name"]: str(document.get("slotTypeName", ""))
        for path, document in documents.items()
        if path.startswith(folder) and isinstance(document, dict) and "name" in document
    }


def _filled(
    utterance: str,
    intent: str,
    types: Mapping[str, str],
    values: Mapping[str, list[str]],
    number: int,
    language: str,
) -> Message:
    """An utterance with words in its slots; others in each utterance."""
    text, slots, at = "", [], 0
    for match in _SLOT.finditer(utterance):
        kind = types.get(match[1], "")
        known = values.get(kind) or _BUILT_IN.get(kind) or _UNKNOWN
        words = known[number % len(known)]
        text += utterance[at : match.start()]
        slots.append(Marked(len(text), len(text) + len(words), match[1]))
        text, at = text + words, match.end()
    return Message(text + utterance[at:], intent, tuple(slots), language)
