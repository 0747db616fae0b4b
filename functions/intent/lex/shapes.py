"""Amazon Lex V2's requests and what they share with answers, after its model of 2020-08-07."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.texts import UnicodeText

MAX_TEXT_CHARACTERS = 1_024
FALLBACK = "FallbackIntent"

Named = Annotated[UnicodeText, Field(min_length=1)]
Attributes = dict[Named, UnicodeText]
Text = Annotated[UnicodeText, Field(min_length=1, max_length=MAX_TEXT_CHARACTERS)]


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    def written(self) -> dict[str, Any]:
        """As JSON has it; slots without a value stay."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class Value(_Shape):
    """What a slot was said to be."""

    original_value: Named | None = None
    interpreted_value: Named
    resolved_values: list[Named] = []


class Slot(_Shape):
    """One value, or several."""

    value: Value | None = None
    shape: Literal["Scalar", "List", "Composite"] = "Scalar"
    values: list["Slot"] = []
    sub_slots: dict[str, "Slot | None"] = {}


class Intent(_Shape):
    """An intent on its way to being fulfilled."""

    name: Named
    slots: dict[Named, Slot | None] = {}
    state: Literal[
        "Failed",
        "Fulfilled",
        "InProgress",
        "ReadyForFulfillment",
        "Waiting",
        "FulfillmentInProgress",
    ] = "InProgress"
    confirmation_state: Literal["Confirmed", "Denied", "None"] = "None"


class DialogAction(_Shape):
    """What comes next in the dialogue."""

    type: Literal["Close", "ConfirmIntent", "Delegate", "ElicitIntent", "ElicitSlot", "None"]
    slot_to_elicit: Named | None = None
    slot_elicitation_style: Literal["Default", "SpellByLetter", "SpellByWord"] | None = None
    sub_slot_to_elicit: dict[str, Any] | None = None


class TimeToLive(_Shape):
    """How long a context lasts."""

    time_to_live_in_seconds: int = Field(ge=5, le=86_400)
    turns_to_live: int = Field(ge=1, le=20)


class ActiveContext(_Shape):
    """A context that the client has set."""

    name: str = Field(min_length=1, max_length=100, pattern="^([A-Za-z0-9]_?)+$")
    time_to_live: TimeToLive
    context_attributes: dict[str, Text] = Field({}, max_length=10)


class SessionState(_Shape):
    """Where a dialogue is."""

    dialog_action: DialogAction | None = None
    intent: Intent | None = None
    active_contexts: list[ActiveContext] = Field([], max_length=20)
    session_attributes: Attributes = {}
    originating_request_id: Named | None = None
    runtime_hints: dict[str, Any] | None = None


class Message(_Shape):
    """What is to be said to the customer."""

    content: Text | None = None
    content_type: Literal["CustomPayload", "ImageResponseCard", "PlainText", "SSML"]
    image_response_card: dict[str, Any] | None = None


class SessionRequest(_Shape):
    """A session, by its place."""

    bot_id: str = Field(min_length=10, max_length=10, pattern="^[0-9a-zA-Z]+$")
    bot_alias_id: str = Field(min_length=1, max_length=100)
    locale_id: str = Field(min_length=1, max_length=100)
    session_id: str = Field(min_length=2, max_length=100, pattern="^[0-9a-zA-Z._:-]+$")


class RecognizeTextRequest(SessionRequest):
    """What a customer wrote."""

    text: Text
    session_state: SessionState | None = None
    request_attributes: Attributes = {}


class PutSessionRequest(SessionRequest):
    """Where a dialogue is to be."""

    session_state: SessionState
    messages: list[Message] = Field([], max_length=10)
    request_attributes: Attributes = {}
