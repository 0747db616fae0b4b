"""A `transformers` Marian or BART model with any tokenizer as a CTranslate2 model."""

from pathlib import Path

from ctranslate2.converters.transformers import BartLoader, MarianMTLoader
from tokenizers import Tokenizer
from transformers import BartForConditionalGeneration

from training.translation.shapes import Model
from training.translation.vocabulary import UNKNOWN


class _Loader(MarianMTLoader):
    """CTranslate2's own loader, for a decoder that starts from the embedding of the start token.

    OPUS-MT's start from zeros, and the loader drops their padding token, which is the last.
    """

    def _remove_pad_weights(self, spec: object) -> None:
        del spec

    def set_decoder(self, spec: object, decoder: object) -> None:
        BartLoader.set_decoder(self, spec, decoder)


def convert(model: Model, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the int8 model."""
    is_bart = isinstance(model, BartForConditionalGeneration)
    if is_bart:  # which the loader asks, and newer configurations do not say
        model.config.update({"normalize_before": False})
    spec = (BartLoader() if is_bart else _Loader()).get_model_spec(model)
    tokens = [tokenizer.id_to_token(number) for number in range(model.config.vocab_size)]
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.eos_token = spec.config.bos_token = tokens[model.config.eos_token_id]
    spec.config.unk_token = tokens[UNKNOWN]
    spec.config.decoder_start_token = tokens[model.config.decoder_start_token_id]
    spec.config.add_source_eos = False
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
