"""SQS entry of the intent service."""

from functions.intent.loading import LOADING

# isort: split
from functions.intent.operations import OPERATIONS, SAMPLE
from shared.queue.handler import worker_handler

handler = worker_handler(OPERATIONS, preload=LOADING.result, sample=SAMPLE)
