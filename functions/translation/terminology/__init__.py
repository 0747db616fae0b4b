"""Terms that are kept under a name, for glossaries of the requests that follow."""
