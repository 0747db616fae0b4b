"""HTTP entry of the recommendation service: API Gateway's events, and direct ones."""

from shared.models.preload import preload

wait_until_loaded = preload("recommendation", "functions.recommendation.service:get_service")

# isort: split
from functions.recommendation.operations import SERVICE
from shared.http.app import HttpApp
from shared.http.handler import lambda_handler

app = HttpApp(SERVICE)
handler = lambda_handler(app, SERVICE, wait_until_loaded)
