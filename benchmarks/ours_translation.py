"""The timed process of this project's translation: the decoder alone, and the whole handler."""

import io
import json
import logging
from contextlib import redirect_stdout

from benchmarks.arguments import parser
from benchmarks.translation_blocks import SOURCE, TARGET, Way, count, model_folder, serve
from functions.translation.api import handler
from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import search
from local.demo import EVENTS_DIR
from shared.settings import get_settings


class _Context:
    aws_request_id = "bench"


def make() -> dict[str, Way]:
    """Both ways, the decoder over a model of its own."""
    logging.disable(logging.INFO)
    model = MarianModel.load(model_folder(), get_settings().intra_op_threads)
    model.decoder(TARGET)  # open, before anything is timed
    tag = model.tokenizer.get_vocab(with_added_tokens=True)[f">>{TARGET}<<"]
    event = json.loads((EVENTS_DIR / "translation_http.json").read_text(encoding="utf-8"))

    def decode(texts: list[str], beams: int) -> int:
        encodings = model.tokenizer.encode_batch_fast(texts)
        rows = [[tag, *encoding.ids, model.end] for encoding in encodings]
        written = [found[0].ids for found in search(model, TARGET, rows, beams)]
        model.tokenizer.decode_batch(written)
        return count(written)

    def whole_handler(texts: list[str], beams: int) -> int:
        body = {"texts": texts, "source": SOURCE, "target": TARGET, "beam_size": beams}
        answer = handler(event | {"body": json.dumps(body)}, _Context())
        found = [item["text"] for item in json.loads(answer["body"])["translations"]]
        return count([encoding.ids for encoding in model.tokenizer.encode_batch_fast(found)])

    return {"this project, decoder": decode, "this project, handler": whole_handler}


if __name__ == "__main__":
    parser(__doc__).parse_args()
    with redirect_stdout(io.StringIO()):
        ways = make()
    serve(ways)
