"""HTTP entry of the intent service: the Lambda handler, wiring only."""

from functions.intent.loading import LOADING

# isort: split
from typing import TYPE_CHECKING

from functions.intent.operations import OPERATIONS, SAMPLE
from functions.intent.posts import POSTS
from functions.intent.schemas import IntentRequest
from functions.intent.service import SERVICE, classify
from shared.http.app import HttpApp
from shared.http.handler import lambda_handler

if TYPE_CHECKING:
    from shared.http.deferred_fastapi import FastAPI


def make_whole() -> "FastAPI":
    """The application of every route."""
    from functions.intent.routes import make_app  # noqa: PLC0415 - FastAPI, which few requests need

    return make_app()


app = HttpApp(POSTS, {SERVICE: OPERATIONS}, make_whole)
handler = lambda_handler(app, IntentRequest, classify, preload=LOADING.result, sample=SAMPLE)
