"""Pretrained encoders that a training starts from, each with its tokenizer."""
