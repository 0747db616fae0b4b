"""What the functions are measured against; these run in the training environment."""
