"""SQS entry of the translation service."""

from functions.translation.operations import OPERATIONS, SAMPLE
from functions.translation.service import get_service
from shared.worker import worker_handler

handler = worker_handler(OPERATIONS, preload=get_service, sample=SAMPLE)
