"""From what users did to a served recommendation model, in one command or one call of `train`."""

from training.recommendation.evaluation import evaluate
from training.recommendation.train import train

__all__ = ["evaluate", "train"]
