"""The fp32 weights that the peers run."""

from pathlib import Path

from transformers import PreTrainedTokenizerFast

from training.base.encoders import MINILM
from training.intent.model import BertIntentClassifier, load_base

CLASSES = 28


def load(checkpoint: Path) -> tuple[BertIntentClassifier, PreTrainedTokenizerFast]:
    """Model and tokenizer of a checkpoint, or the stand-in."""
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
    if (checkpoint / "model.safetensors").exists():
        model = BertIntentClassifier.from_pretrained(checkpoint)
        tokenizer_file = str(checkpoint / "tokenizer.json")
        return model.eval(), PreTrainedTokenizerFast(tokenizer_file=tokenizer_file, **special)
    model, tokenizer = load_base(MINILM, [f"class_{i}" for i in range(CLASSES)])
    return model.eval(), PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)
