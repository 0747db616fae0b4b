"""SQS entry of the recommendation service: requests, and streams of events."""

from functions.recommendation.loading import LOADING

# isort: split
from functions.recommendation.operations import OPERATIONS, SAMPLE
from shared.queue.handler import worker_handler

handler = worker_handler(OPERATIONS, preload=LOADING.result, sample=SAMPLE)
