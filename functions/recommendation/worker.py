"""SQS entry of the recommendation service: requests, and streams of events."""

from functions.recommendation.operations import OPERATIONS, SAMPLE
from functions.recommendation.service import get_service
from shared.worker import worker_handler

handler = worker_handler(OPERATIONS, preload=get_service, sample=SAMPLE)
