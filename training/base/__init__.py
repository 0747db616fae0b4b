"""Pretrained encoders that a training starts from, each with its tokenizer."""

E5_LAYERS = 6  # kept of its twelve unless a training says otherwise
