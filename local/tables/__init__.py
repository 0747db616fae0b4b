"""Files of a catalogue: one text a row is read from them, its translation is written beside it."""
