"""Names of the tensors by which the encoder graph, the decoder graph and serving meet."""

PAST_KEY, PAST_VALUE = "past_key_{}", "past_value_{}"
PRESENT_KEY, PRESENT_VALUE = "present_key_{}", "present_value_{}"
CROSS_KEY, CROSS_VALUE = "cross_key_{}", "cross_value_{}"
EMBEDDING, EMBEDDING_SCALE = "embedding", "embedding_scale"
OUTPUT_WEIGHT, OUTPUT_SCALE, OUTPUT_BIAS = "output_weight", "output_scale", "output_bias"
PIECES = "pieces_{}"  # of a language: ids in the order of the logits' columns

ENCODER_FILE, DECODER_FILE, SEARCH_FILE = "encoder.onnx", "decoder.onnx", "search.onnx"
TABLES_FILE = "tables.npz"
