"""The timed process of this project: bare session, service and handler, in turn per batch."""

import io
import json
import logging
from contextlib import redirect_stdout

from benchmarks.arguments import parser
from benchmarks.blocks import Timed, serve
from functions.intent.api import handler
from functions.intent.schemas import IntentRequest
from functions.intent.service import TASK, get_service
from local.demo import EVENTS_DIR
from shared.models.onnx import OnnxModel, pad
from shared.settings import get_settings


class _Context:
    aws_request_id = "bench"


def make() -> Timed:
    """The three ways over one model each of their own session."""
    logging.disable(logging.INFO)
    model = OnnxModel.load(get_settings().model_dir(TASK), threads=1)
    event = json.loads((EVENTS_DIR / "intent_http.json").read_text())

    def bare(texts: list[str]) -> object:
        return model.run(pad(model.tokenize(texts)))

    def service(texts: list[str]) -> object:
        return get_service().classify([IntentRequest(texts=texts)])

    def whole_handler(texts: list[str]) -> object:
        return handler(event | {"body": json.dumps({"texts": texts})}, _Context())

    return {"bare session.run": bare, "service": service, "handler": whole_handler}


if __name__ == "__main__":
    parser(__doc__).parse_args()
    with redirect_stdout(io.StringIO()):
        timed = make()
    serve(lambda: timed)
