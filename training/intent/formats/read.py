"""Which reader a file is for, told by its name and by what it holds."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.errors import DataError
from training.intent.examples import OUT_OF_SCOPE, OUT_OF_SCOPE_NAMES, read_csv
from training.intent.formats import dialogflow, lex, rasa
from training.intent.messages import DENIED, Message, message_of

Documents = dict[str, Any]


def _documents(path: Path) -> Documents:
    """The JSON documents of a file, a folder or a zip archive, by their paths in it.

    Raises:
        DataError: one is no JSON.
    """
    documents: Documents = {}
    for name, content in _contents(path):
        try:
            documents[name] = json.loads(content.decode("utf-8-sig"))
        except ValueError as error:
            raise DataError(f"{path}, {name}: not JSON in UTF-8: {error}.") from error
    return documents


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield file.relative_to(path).as_posix(), file.read_bytes()
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    yield name, archive.read(name)
    else:
        yield path.name, path.read_bytes()


def _of_table(path: Path) -> list[Message]:
    """Messages of a CSV file, whose texts may mark slots as ``[words](slot)``."""
    return [message_of(text, _intent(name), OUT_OF_SCOPE) for text, name in read_csv(path)]


def _intent(name: str) -> str:
    """An intent's name, with out of scope under its own."""
    if name.startswith(DENIED):
        return name
    return OUT_OF_SCOPE if name.lower() in OUT_OF_SCOPE_NAMES else name


def _of_documents(path: Path) -> list[Message]:
    documents = _documents(path)
    for reader in (lex.messages_of, dialogflow.messages_of):
        found = reader(documents)
        if found:
            return found
    raise DataError(
        f"{path}: neither a Lex V2 export (.../Intents/NAME/Intent.json with sampleUtterances) nor "
        "Dialogflow's (intents/NAME_usersays_en.json, or trainingPhrases). Give the zip archive "
        "or folder that the console exports, or a CSV file with the columns text,intent."
    )


def read_messages(path: Path) -> list[Message]:
    """The labelled messages of a file, a folder or a zip archive.

    Args:
        path: CSV (``.csv``, ``.tsv`` is not read), Rasa's NLU YAML (``.yml``, ``.yaml``), or a
            JSON export of Lex V2 or Dialogflow: a file, its folder, or the zip archive.

    Raises:
        DataError: it is not there, or of none of these formats.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file.")
    if path.suffix in (".yml", ".yaml"):
        found = rasa.messages_of(path)
    elif path.is_dir() or path.suffix in (".json", ".zip"):
        found = _of_documents(path)
    else:
        return _of_table(path)
    return [
        Message(m.text, _intent(m.intent), m.slots, m.language, m.denied) for m in found if m.text
    ]
