"""HTTP entry of the translation service: the Lambda handler, wiring only."""

from functions.translation.loading import LOADING

# isort: split
from typing import TYPE_CHECKING

from functions.translation.libretranslate.shapes import FORM_PATHS
from functions.translation.operations import OPERATIONS, SAMPLE
from functions.translation.posts import POSTS
from functions.translation.schemas import TranslateRequest
from functions.translation.service import SERVICE, translate
from shared.http.app import HttpApp
from shared.http.handler import lambda_handler

if TYPE_CHECKING:
    from shared.http.deferred_fastapi import FastAPI


def make_whole() -> "FastAPI":
    """The application of every route."""
    from functions.translation.routes import make_app  # noqa: PLC0415 - FastAPI, which few requests need

    return make_app()


app = HttpApp(POSTS, {SERVICE: OPERATIONS}, make_whole, FORM_PATHS)
handler = lambda_handler(app, TranslateRequest, translate, preload=LOADING.result, sample=SAMPLE)
