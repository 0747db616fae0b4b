"""From labelled messages to a served intent model, in one command or one call of `train`."""

from training.intent.evaluation import evaluate
from training.intent.train import rewrite, train

__all__ = ["evaluate", "rewrite", "train"]
