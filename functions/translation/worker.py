"""SQS entry of the translation service."""

from functions.translation.schemas import TranslateRequest
from functions.translation.service import SERVICE, get_service, translate_requests
from shared.batch import sqs_handler

handler = sqs_handler(SERVICE, TranslateRequest, translate_requests, preload=get_service)
