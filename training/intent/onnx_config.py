"""How optimum exports the classifier: inputs, outputs and their dynamic axes."""

from typing import Any

from optimum.exporters.onnx.model_configs import BertOnnxConfig


class IntentOnnxConfig(BertOnnxConfig):
    """BERT without token types: every message is one segment."""

    @property
    def inputs(self) -> dict[str, dict[int, str]]:
        axes = {0: "batch_size", 1: "sequence_length"}
        return {"input_ids": axes, "attention_mask": axes}

    @property
    def outputs(self) -> dict[str, dict[int, str]]:
        named = {"logits": {0: "batch_size"}}
        if self._config.denies:
            named["denied"] = {0: "batch_size"}
        if self._config.slots:
            named["tokens"] = {0: "batch_size", 1: "sequence_length"}
        return named

    def __init__(self, config: Any) -> None:
        super().__init__(config, task="text-classification")
