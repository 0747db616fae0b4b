"""One module per question; results as JSON, from which RESULTS.md is written."""
