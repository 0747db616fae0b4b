"""HTTP entry of the translation service: API Gateway's events, and direct ones."""

from shared.models.preload import preload

wait_until_loaded = preload("translation", "functions.translation.service:get_service")

# isort: split
from functions.translation.operations import SERVICE
from shared.http.app import HttpApp
from shared.http.handler import lambda_handler

app = HttpApp(SERVICE)
handler = lambda_handler(app, SERVICE, wait_until_loaded)
