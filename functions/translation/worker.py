"""SQS entry of the translation service."""

from functions.translation.loading import LOADING

# isort: split
from functions.translation.operations import OPERATIONS, SAMPLE
from shared.queue.handler import worker_handler

handler = worker_handler(OPERATIONS, preload=LOADING.result, sample=SAMPLE)
