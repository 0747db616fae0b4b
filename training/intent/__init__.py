"""From labelled messages to a served intent model, in one command."""
