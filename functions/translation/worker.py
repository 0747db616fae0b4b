"""SQS entry of the translation service, and that of its bulk jobs."""

from shared.models.preload import preload

wait_until_loaded = preload("translation", "functions.translation.service:get_service")

# isort: split
from functions.translation.operations import SERVICE
from shared.queue.handler import worker_handler

handler = worker_handler(SERVICE, wait_until_loaded)
