"""From sentence pairs to a served translation model, in one command or one call of `train`."""

from training.translation.evaluation import evaluate
from training.translation.train import import_model, rewrite, train

__all__ = ["evaluate", "import_model", "rewrite", "train"]
