"""SQS entry of the intent service."""

from functions.intent.schemas import IntentRequest
from functions.intent.service import SERVICE, classify_requests, get_service
from shared.batch import sqs_handler

handler = sqs_handler(SERVICE, IntentRequest, classify_requests, preload=get_service)
