"""Training of the models that the functions serve; needs torch, which serving does not."""
