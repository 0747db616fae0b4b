"""SQS entry of the intent service."""

from functions.intent.operations import OPERATIONS, SAMPLE
from functions.intent.service import get_service
from shared.worker import worker_handler

handler = worker_handler(OPERATIONS, preload=get_service, sample=SAMPLE)
