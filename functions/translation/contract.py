"""What training and serving must agree on: file names, names of tensors, placeholder tokens."""

PAST_KEY, PAST_VALUE = "past_key_{}", "past_value_{}"
PAST_CELL = "past_cell_{}"  # of a recurrent decoder, in place of keys and values
CROSS_KEY, CROSS_VALUE = "cross_key_{}", "cross_value_{}"
EMBEDDING, EMBEDDING_SCALE = "embedding", "embedding_scale"
SOURCE_EMBEDDING = "source_embedding"  # of a model whose sides have a vocabulary each
OUTPUT_WEIGHT, OUTPUT_SCALE, OUTPUT_BIAS = "output_weight", "output_scale", "output_bias"
PIECES = "pieces_{}"  # of a language: ids in the order of the logits' columns
# A shortlist: which pieces a source may become. The lists of all pieces of the source, one behind
# the other, where each begins, and what is always in.
SHORTLIST, SHORTLIST_STARTS = "shortlist", "shortlist_starts"
SHORTLIST_ALWAYS = "shortlist_always"
BLOCK = 64  # columns of the logits that are searched together; their number is a multiple of it

# Single vocabulary entries that a model copies instead of translating.
PLACEHOLDERS = tuple(f"⟦{number}⟧" for number in range(8))

ENCODER_FILE, DECODER_FILE, SEARCH_FILE = "encoder.onnx", "decoder.onnx", "search.onnx"
TABLES_FILE = "tables.npz"
TARGET_TOKENIZER_FILE = "target_tokenizer.json"  # of a model whose sides have a vocabulary each


def present_of(past: str) -> str:
    """Name by which a cache comes out of the decoder graph."""
    return past.replace("past", "present", 1)
