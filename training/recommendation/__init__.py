"""From what users did to a served recommendation model, in one command or one call of `train`."""

from training.recommendation.train import train

__all__ = ["train"]
