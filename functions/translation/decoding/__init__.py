"""From sentences to sentences: batches, the encoder, the search over the decoder's steps."""
