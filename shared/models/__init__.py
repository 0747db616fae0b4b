"""Model folders: what is in them, where they come from, and how they are opened and run."""
