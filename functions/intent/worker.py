"""SQS entry of the intent service, and that of its bulk jobs."""

from shared.models.preload import preload

wait_until_loaded = preload("intent", "functions.intent.service:get_service")

# isort: split
from functions.intent.operations import SERVICE
from shared.queue.handler import worker_handler

handler = worker_handler(SERVICE, wait_until_loaded)
