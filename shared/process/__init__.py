"""The process itself: its start, its time, its logs and figures, its snapshot and its price."""
