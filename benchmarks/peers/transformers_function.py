"""The intent function as one writes it with transformers: the peer of the cold start."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from transformers import pipeline

from benchmarks.peers.checkpoint import load

torch.set_num_threads(1)
model, tokenizer = load(Path(os.environ["CHECKPOINT"]))
classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an HTTP API event."""
    del context
    text = json.loads(event["body"])["text"]
    return {"statusCode": 200, "body": json.dumps(classify(text))}
