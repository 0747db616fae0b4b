"""One turn back: what a text means as the answer to what the shop's bot asked.

Nothing is kept here: the client sends what it knows with each message.
"""

from collections.abc import Collection

from functions.intent.schemas import Context, IntentResult, Scored, Slot
from shared.errors import InvalidRequest

AFFIRM, DENY = "affirm", "deny"
SHORT_ANSWER_WORDS = 8  # of one that holds nothing but the slot that was asked for
WHOLE_ANSWER_CONFIDENCE = 0.5  # of a slot that is the whole answer, which no model has marked


def check_intent(name: str, known: Collection[str]) -> None:
    """Refuse an intent that the model does not have, which no answer could be about.

    Raises:
        InvalidRequest: the message lists those that it has.
    """
    if name not in known:
        detail = f"no intent of this model; it has {', '.join(sorted(known))}"
        place = "/context/intent"
        raise InvalidRequest(f"{place}: {detail}", errors=[{"pointer": place, "detail": detail}])


def unknown_slots(context: Context, known: Collection[str]) -> list[str]:
    """Warnings of slots that the model does not have: a bot may keep some of its own.

    Args:
        context: of the turn before.
        known: slots that the model marks, or that an intent needs; where none, nothing is told.
    """
    asked = [context.asked_slot] if context.asked_slot is not None else []
    found = {"asked_slot": asked, "slots": list(context.slots)}
    return [
        f"/context/{field}: {', '.join(map(repr, unknown))} "
        f"{'is no slot' if len(unknown) == 1 else 'are no slots'} of this model; it has "
        f"{', '.join(sorted(known))}."
        for field, names in found.items()
        if known and (unknown := [name for name in names if name not in known])
    ]


def _asked(text: str, result: IntentResult, context: Context) -> Slot | None:
    """The slot that was asked for, as the text answers it."""
    name = context.asked_slot
    if name is None:
        return None
    found = result.slots or []
    for slot in found:
        if slot.name == name:
            return slot
    wants_other = result.intent is not None
    if wants_other or not 0 < len(text.split()) <= SHORT_ANSWER_WORDS:
        return None
    if len(found) == 1:
        # One value came, and one was asked for: its kind is the one that was asked for.
        return found[0].model_copy(update={"name": name, "value": None})
    start = len(text) - len(text.lstrip())
    words = text.strip()
    return Slot(
        name=name,
        text=words,
        start=start,
        end=start + len(words),
        confidence=WHOLE_ANSWER_CONFIDENCE,
    )


def take_context(text: str, result: IntentResult, context: Context) -> None:
    """Read a result as the answer to the turn before, and change it accordingly.

    ``affirm`` and ``deny`` are said to be about the context's intent. A text that answers with
    the slot that was asked for gets the context's intent. A text that clearly wants something
    else keeps its own.

    Args:
        text: what the customer answered.
        result: of the text alone.
        context: of the turn before.
    """
    if result.intent is not None and result.intent.name in (AFFIRM, DENY):
        result.about = context.intent
        return
    slot = _asked(text, result, context)
    if slot is None or result.intent is not None:
        return
    apart = [x for x in result.slots or [] if x.start >= slot.end or x.end <= slot.start]
    result.slots = sorted([*apart, slot], key=lambda known: known.start)
    result.abstained = None
    result.about = context.intent
    result.intent = Scored(name=context.intent, confidence=slot.confidence)
