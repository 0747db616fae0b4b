"""Firefox Translations' models: from Mozilla's files to a served folder, without Marian."""
