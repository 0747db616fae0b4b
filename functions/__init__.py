"""One package per service, each its own set of Lambda functions."""
