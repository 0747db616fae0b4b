"""Labelled messages out of files of several makers: CSV, Rasa, Lex V2, Dialogflow."""

from training.intent.formats.read import read_messages

__all__ = ["read_messages"]
