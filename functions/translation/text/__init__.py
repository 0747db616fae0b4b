"""The text around the model: what is cut out, put aside, split, and put back."""
