"""Parts of the graph of a Marian or BART model, in fp32 or in int8."""

from onnx import TensorProto

from functions.translation.contract import EMBEDDING
from training.graph_builder import GraphBuilder
from training.translation.shapes import Config


class MarianBuilder(GraphBuilder):
    """Nodes and initializers of one of the graphs."""

    name = "marian"

    def feed_forward(self, source: str, prefix: str, activation: str) -> str:
        """Both products of the block with its activation, residual and norm."""
        hidden = self.projection(source, f"{prefix}.fc1")
        if activation in ("swish", "silu"):
            hidden = self.node("QuickGelu", [hidden], f"{prefix}.active", alpha=1.0)
        elif activation == "gelu":
            hidden = self.node("Gelu", [hidden], f"{prefix}.active")
        elif self.is_exact(f"{prefix}.fc2") or f"{prefix}.fc2" in self.dynamic:
            hidden = self.node("Relu", [hidden], f"{prefix}.active")
        # int8: quantizing with a fixed zero point of 0 cuts off what is negative, as ReLU does.
        narrow = self.projection(hidden, f"{prefix}.fc2")
        return self.add_and_norm(narrow, source, f"{prefix}.final_layer_norm", f"{prefix}.out")

    def embed(self, ids: str, positions: str, config: Config, side: str) -> str:
        """Scaled embeddings of ``ids`` plus ``positions``, which broadcasts over the batch.

        The scale of a row, handed in by serving, includes Marian's sqrt(H). BART's sum goes
        through a norm.

        Args:
            ids: (B, T) int64.
            positions: (T, H), or (1, H).
            config: of the model.
            side: ``model.encoder`` or ``model.decoder``.
        """
        table = EMBEDDING
        data_type = TensorProto.FLOAT if self.ranges is None else TensorProto.INT8
        shape = config.vocab_size, config.d_model
        embedding = self.external(table, data_type, shape)
        scales = self.external(f"{table}_scale", TensorProto.FLOAT, (config.vocab_size, 1))
        rows = self.node("Gather", [embedding, ids], "rows")
        if self.ranges is not None:
            rows = self.node("Cast", [rows], "rows_float", to=TensorProto.FLOAT)
        self.node("Gather", [scales, ids], "row_scale")
        self.node("Mul", [rows, "row_scale"], "embedded")
        if f"{side}.layernorm_embedding.weight" in self.weights:
            return self.add_and_norm("embedded", positions, f"{side}.layernorm_embedding", "states")
        return str(self.node("Add", ["embedded", positions], "states"))
