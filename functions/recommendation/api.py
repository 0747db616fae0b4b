"""HTTP entry of the recommendation service: the Lambda handler, wiring only."""

from functions.recommendation.loading import LOADING

# isort: split
from typing import TYPE_CHECKING

from functions.recommendation.operations import OPERATIONS, SAMPLE
from functions.recommendation.posts import POSTS
from functions.recommendation.schemas import QueueMessage
from functions.recommendation.service import SERVICE, answer_message
from shared.http.app import HttpApp
from shared.http.handler import lambda_handler

if TYPE_CHECKING:
    from shared.http.deferred_fastapi import FastAPI


def make_whole() -> "FastAPI":
    """The application of every route."""
    from functions.recommendation.routes import make_app  # noqa: PLC0415 - FastAPI, which few requests need

    return make_app()


app = HttpApp(POSTS, {SERVICE: OPERATIONS}, make_whole)
handler = lambda_handler(app, QueueMessage, answer_message, preload=LOADING.result, sample=SAMPLE)
