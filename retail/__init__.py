"""The command ``retail``: one front over what `local` and `training` do."""
