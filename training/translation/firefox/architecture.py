"""The shape that ``special:model.yml`` tells, and what of Marian's choices is served."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from training.errors import DataError

Cell = Literal["ssru", "self-attention"]
Activation = Literal["relu", "swish", "gelu"]


@dataclass(frozen=True)
class Architecture:
    """A model's shape.

    Attributes:
        width: of the embeddings and of what runs through the layers.
        cell: how a decoder layer sees what was written before.
        vocabularies: sizes, of the source and of the target.
        one_vocabulary: whether both sides have one, with one table of embeddings.
    """

    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    activation: Activation
    cell: Cell
    vocabularies: tuple[int, int]
    one_vocabulary: bool


# What is built: any other value is refused by its name.
_SERVED: Mapping[str, tuple[Any, ...]] = {
    "type": ("transformer",),
    "transformer-preprocess": ("",),
    "transformer-postprocess": ("dan", "an"),
    "transformer-postprocess-emb": ("d", ""),
    "transformer-postprocess-top": ("",),
    "transformer-ffn-depth": (2,),
    "transformer-decoder-ffn-depth": (0, 2),
    "transformer-ffn-activation": ("relu", "swish", "gelu"),
    "transformer-decoder-autoreg": ("rnn", "self-attention"),
    "transformer-train-position-embeddings": (False,),
    "transformer-no-projection": (False,),
    "transformer-no-bias": (False,),
    "transformer-no-affine": (False,),
    "transformer-rnn-projection": (False,),
    "transformer-tied-layers": ([],),
    "transformer-pool": (False,),
    "transformer-depth-scaling": (False,),
    "lemma-dim-emb": (0,),
    "lemma-dependency": ("",),
    "input-types": ([],),
    "output-omit-bias": (False,),
    "right-left": (False,),
    "ulr": (False,),
}
_RNN = {"dec-cell": ("ssru",), "dec-cell-base-depth": (2,)}


def architecture_of(configuration: Mapping[str, Any]) -> Architecture:
    """Read the shape.

    Raises:
        DataError: an option has a value that is not served; the message names both.
    """
    _check(configuration, _SERVED)
    recurrent = configuration.get("transformer-decoder-autoreg", "self-attention") == "rnn"
    if recurrent:
        _check(configuration, _RNN)
    tied = bool(configuration.get("tied-embeddings-all"))
    if not tied and not configuration.get("tied-embeddings"):
        raise DataError(
            "special:model.yml: neither tied-embeddings-all nor tied-embeddings is on; an output "
            "layer with a table of its own is not served."
        )
    try:
        source, target = configuration["dim-vocabs"]
        return Architecture(
            width=int(configuration["dim-emb"]),
            heads=int(configuration["transformer-heads"]),
            encoder_layers=int(configuration["enc-depth"]),
            decoder_layers=int(configuration["dec-depth"]),
            activation=configuration["transformer-ffn-activation"],
            cell="ssru" if recurrent else "self-attention",
            vocabularies=(int(source), int(target)),
            one_vocabulary=tied,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"special:model.yml does not tell the model's shape: {error!r}") from error


def _check(configuration: Mapping[str, Any], served: Mapping[str, tuple[Any, ...]]) -> None:
    for option, values in served.items():
        value = configuration.get(option, values[0])
        if value not in values:
            shown = ", ".join(repr(known) for known in values)
            raise DataError(
                f"special:model.yml: {option} is {value!r}; only {shown} is served. This model "
                "cannot be imported."
            )
