"""What a training step of the model for all directions costs, with and without what makes it quick.

.venv-train/bin/python -m benchmarks.translation_steps

A model of the default's size with random weights, one batch, one thread. Processor time, so that a
busy machine counts less; the least of a few steps.
"""

import time
from contextlib import nullcontext

import torch
from transformers import BartConfig, BartForConditionalGeneration

from benchmarks import machine
from benchmarks.arguments import parser
from training.translation.batches import Batch
from training.translation.config import TrainConfig
from training.translation.halves import Halved, is_quicker
from training.translation.masks import pooled_dropout
from training.translation.model import set_dropout
from training.translation.trainer import batch_loss, make_optimizer

COMMAND = ".venv-train/bin/python -m benchmarks.translation_steps"
PIECES, WIDTH, FEED = 22_271, 384, 1_536
ROWS, LENGTH = 94, 32  # a batch of 3,000 tokens a side
FIRST = 300  # of the pieces that are words
OTHERS, DROPOUT, STEPS = 4_096, 0.1, 7
WAYS = {  # attention, masks from a pool, pieces beside the targets'
    "as torch has it": ("sdpa", False, 0),
    "of other pieces 4,096": ("sdpa", False, OTHERS),
    "and attention plain": ("eager", False, OTHERS),
    "and dropout from a pool": ("eager", True, OTHERS),
}


def random_batch() -> Batch:
    """Targets are distributed as words are, by Zipf's law."""
    generator = torch.Generator().manual_seed(0)
    sources = torch.randint(FIRST, PIECES, (ROWS, LENGTH), generator=generator)
    shares = 1 / torch.arange(1, PIECES - FIRST + 1)
    labels = FIRST + torch.multinomial(shares, ROWS * LENGTH, True, generator=generator)
    labels = labels.view(ROWS, LENGTH)
    given = torch.cat([torch.full((ROWS, 1), 2), labels[:, :-1]], 1)
    return Batch(sources, torch.ones_like(sources), given, labels)


class Training:
    """Steps of one way, over the same batch."""

    def __init__(self, attention: str, others: int) -> None:
        torch.manual_seed(0)
        config = BartConfig(
            vocab_size=PIECES,
            d_model=WIDTH,
            encoder_layers=6,
            decoder_layers=2,
            encoder_attention_heads=12,
            decoder_attention_heads=6,
            encoder_ffn_dim=FEED,
            decoder_ffn_dim=FEED,
            attn_implementation=attention,
        )
        self._model = BartForConditionalGeneration(config).train()
        set_dropout(self._model, DROPOUT)
        self._optimizer = make_optimizer(self._model, TrainConfig())
        self._halved = Halved(self._model) if is_quicker(torch.device("cpu")) else None
        self._others = others

    def seconds(self, batch: Batch) -> float:
        """Processor time of one step."""
        start = time.process_time()
        live = self._halved.live if self._halved else self._model
        loss, _ = batch_loss(live, batch, 0.1, self._others)
        loss.backward()
        if self._halved:
            self._halved.hand_back()
        self._optimizer.step()
        self._optimizer.zero_grad()
        if self._halved:
            self._halved.follow()
        return time.process_time() - start


def main() -> None:
    torch.set_num_threads(1)
    batch = random_batch()
    kind = torch.bfloat16 if is_quicker(torch.device("cpu")) else torch.float32
    trainings = {name: Training(way[0], way[2]) for name, way in WAYS.items()}
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for wanted in (False, True):
        with pooled_dropout(kind) if wanted else nullcontext():
            for _ in range(STEPS):  # in turn: what else the machine does meets all of them
                for name, (_, pooled, _) in WAYS.items():
                    if pooled is wanted:
                        times[name].append(trainings[name].seconds(batch))
    found = {name: round(min(each[1:]), 2) for name, each in times.items()}
    for name, seconds in found.items():
        print(f"{name}: {seconds} s of processor for {ROWS * LENGTH:,} target tokens")
    result = {"computed_in": str(kind), "target_tokens": ROWS * LENGTH, "processor_s": found}
    machine.write("translation_steps", COMMAND, result)


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
