"""SQS entry of the recommendation service, and that of its bulk jobs."""

from shared.models.preload import preload

wait_until_loaded = preload("recommendation", "functions.recommendation.service:get_service")

# isort: split
from functions.recommendation.operations import SERVICE
from shared.queue.handler import worker_handler

handler = worker_handler(SERVICE, wait_until_loaded)
