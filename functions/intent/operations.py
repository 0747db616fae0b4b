"""What the intent service can do."""

from functions.intent.schemas import IntentRequest, IntentResponse, LabelsResponse
from functions.intent.service import TASK, IntentService, get_service
from shared.operations import NoFields, Operation, Service, each

OPERATIONS = (
    Operation(
        "classify",
        "/v1/intent",
        IntentRequest,
        IntentResponse,
        IntentService.classify,
        "Classify one text or several; each gets an intent, or an abstention with its reason.",
        sample={"text": "Where is my order?", "explain": True},
    ),
    Operation(
        "list_labels",
        "/v1/intent/labels",
        NoFields,
        LabelsResponse,
        each(IntentService.labels),
        "The intents of the served model, each with a description and examples.",
        method="GET",
    ),
)
SERVICE = Service(
    TASK,
    "Retail intent",
    "What a customer's message wants, and whether that is sure enough to act on it.",
    get_service,
    OPERATIONS,
    elsewhere={"bots": "functions.intent.lex.operations"},  # Amazon Lex's
)
