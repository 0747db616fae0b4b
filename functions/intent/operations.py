"""What the intent service does, by the path of its HTTP route."""

from functions.intent.schemas import IntentRequest
from functions.intent.service import classify_requests
from shared.operations import Operation, Sample

OPERATIONS = {"/v1/intent": Operation(IntentRequest, classify_requests)}
SAMPLE = Sample("/v1/intent", {"text": "Where is my order?", "explain": True})
