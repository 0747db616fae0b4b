"""Placeholder tokens: single vocabulary entries that a model copies instead of translating."""

PLACEHOLDERS = tuple(f"⟦{number}⟧" for number in range(8))
