"""One turn of a dialogue in Amazon Lex's shape: from what a customer wrote to what comes next."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.intent.dialogue import AFFIRM, DENY
from functions.intent.lex.shapes import (
    FALLBACK,
    DialogAction,
    Intent,
    SessionState,
    Slot,
    Value,
)
from functions.intent.schemas import Context, IntentRequest, IntentResult
from functions.intent.schemas import Slot as Found

MOST_ALTERNATIVES = 3  # beside the intent itself and the fallback, of five
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Turn:
    """What came of a customer's message.

    Attributes:
        interpretations: most probable first, as JSON.
    """

    intent: Intent
    action: DialogAction
    interpretations: list[dict[str, Any]]


def request_of(text: str, locale: str, state: SessionState) -> IntentRequest:
    """What the intent service is asked: the text, and what was asked of the customer before."""
    country = locale.partition("_")[2]
    return IntentRequest(
        text=text,
        top_k=MOST_ALTERNATIVES,
        context=_context(state),
        country=country if _COUNTRY.fullmatch(country) else None,
    )


def _context(state: SessionState) -> Context | None:
    intent, action = state.intent, state.dialog_action
    if intent is None or intent.name == FALLBACK or intent.state != "InProgress":
        return None
    asked = action is not None and action.type == "ElicitSlot"
    return Context(
        intent=intent.name,
        slots=dict(_known(intent.slots)),
        asked_slot=action.slot_to_elicit if asked and action else None,
    )


def _known(slots: Mapping[str, Slot | None]) -> Iterable[tuple[str, str]]:
    """Slots that have a value, with the first one."""
    for name, slot in slots.items():
        for filled in [slot, *slot.values] if slot is not None else []:
            if filled.value is not None:
                yield name, filled.value.interpreted_value
                break


def turn_of(result: IntentResult, state: SessionState, needs: Mapping[str, Sequence[str]]) -> Turn:
    """What the service's result means in this dialogue.

    Args:
        result: of the text.
        state: of the dialogue before.
        needs: by intent, the slots without which it cannot be acted upon.
    """
    intent, action = _confirmed(result, state) or _next(result, state, needs)
    return Turn(intent, action, _interpretations(intent, result, needs))


def _confirmed(result: IntentResult, state: SessionState) -> tuple[Intent, DialogAction] | None:
    """The intent that the customer was asked to confirm, where that is what was done."""
    action, before = state.dialog_action, state.intent
    if action is None or action.type != "ConfirmIntent" or before is None or result.intent is None:
        return None
    if result.intent.name not in (AFFIRM, DENY):
        return None
    affirmed = result.intent.name == AFFIRM
    intent = Intent(
        name=before.name,
        slots=before.slots,
        state="ReadyForFulfillment" if affirmed else "Failed",
        confirmation_state="Confirmed" if affirmed else "Denied",
    )
    return intent, DialogAction(type="Close")


def _next(
    result: IntentResult, state: SessionState, needs: Mapping[str, Sequence[str]]
) -> tuple[Intent, DialogAction]:
    if result.intent is None:
        fallback = Intent(
            name=FALLBACK, slots={}, state="ReadyForFulfillment", confirmation_state="None"
        )
        return fallback, DialogAction(type="Close")
    name = result.intent.name
    slots = _slots(name, result.slots or [], state.intent, needs)
    missing = [needed for needed in needs.get(name, ()) if slots[needed] is None]
    intent = Intent(
        name=name,
        slots=slots,
        state="InProgress" if missing else "ReadyForFulfillment",
        confirmation_state="None",
    )
    if missing:
        return intent, DialogAction(type="ElicitSlot", slot_to_elicit=missing[0])
    return intent, DialogAction(type="Close")


def _slots(
    name: str, found: Sequence[Found], before: Intent | None, needs: Mapping[str, Sequence[str]]
) -> dict[str, Slot | None]:
    """The slots of an intent: empty ones, those that were known, those of this text."""
    slots: dict[str, Slot | None] = dict.fromkeys(needs.get(name, ()))
    if before is not None and before.name == name and before.state == "InProgress":
        slots |= before.slots
    by_name: dict[str, list[Slot]] = {}
    for slot in found:
        by_name.setdefault(slot.name, []).append(_scalar(slot))
    for slot_name, values in by_name.items():
        several = Slot(shape="List", values=values)
        slots[slot_name] = values[0] if len(values) == 1 else several
    return slots


def _scalar(found: Found) -> Slot:
    plain = found.value or found.text
    value = Value(
        original_value=found.text,
        interpreted_value=plain,
        resolved_values=[plain] if found.value else [],
    )
    return Slot(value=value, shape="Scalar")


def _interpretations(
    intent: Intent, result: IntentResult, needs: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """The intent, the fallback, and what else the text may have meant."""
    first: dict[str, Any] = {"intent": intent.written(), "interpretationSource": "Lex"}
    if result.intent is not None and intent.name != FALLBACK:
        first["nluConfidence"] = {"score": result.intent.confidence}
    found = [first]
    if intent.name != FALLBACK:
        fallback = Intent(name=FALLBACK, slots={})
        found.append({"intent": fallback.written(), "interpretationSource": "Lex"})
    for other in result.alternatives[:MOST_ALTERNATIVES]:
        if other.name != intent.name:
            slots: dict[str, Slot | None] = dict.fromkeys(needs.get(other.name, ()))
            found.append(
                {
                    "intent": Intent(name=other.name, slots=slots).written(),
                    "nluConfidence": {"score": other.confidence},
                    "interpretationSource": "Lex",
                }
            )
    return found
