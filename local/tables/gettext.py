"""Gettext catalogues: each message's translation; what should be read is marked fuzzy."""

from collections.abc import Sequence
from pathlib import Path

import polib

from local.command import CommandError
from local.tables.base import Answer, Table, partial

FUZZY = "fuzzy"


class Gettext(Table):
    """A ``.po`` or ``.pot`` file.

    Args:
        path: of the file.
        target: code of the language to write.
        overwrite: whether translations that are there already are made anew.

    Raises:
        CommandError: it cannot be read, or has no messages.
    """

    def __init__(self, path: Path, target: str, *, overwrite: bool) -> None:
        super().__init__()
        if not path.exists():
            raise CommandError(f"{path} is not there.")
        try:
            self._file = polib.pofile(str(path), wrapwidth=0)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} is no gettext catalogue: {error}") from error
        self._file.metadata["Language"] = target
        self._file.metadata.setdefault("Content-Type", "text/plain; charset=UTF-8")
        self._entries = [entry for entry in self._file if not entry.obsolete]
        if not self._entries:
            raise CommandError(f"{path} has no rows.")
        self._plural = [bool(entry.msgid_plural) for entry in self._entries]
        kept = 0
        for entry in self._entries:
            done = entry.translated() and not overwrite
            kept += done
            self.texts.append(None if done else entry.msgid)
            if entry.msgid_plural:
                self.texts.append(None if done else entry.msgid_plural)
        if kept:
            self.remarks.append(f"{kept} messages have a translation and keep it (--overwrite)")

    def write(self, path: Path, answers: Sequence[Answer]) -> None:
        """Write the catalogue, whole or not at all."""
        rest = iter(zip(self.texts, answers, strict=True))
        for entry, plural in zip(self._entries, self._plural, strict=True):
            text, one = next(rest)
            many = next(rest)[1] if plural else None
            if text is None:
                continue
            if many is None:
                entry.msgstr = one.text
            else:
                forms = sorted(entry.msgstr_plural) or [0, 1]
                entry.msgstr_plural = {n: many.text if n else one.text for n in forms}
            notes = [answer.note for answer in (one, many) if answer is not None and answer.note]
            self._review(entry, notes)
        self._file.save(str(partial(path)))
        partial(path).replace(path)

    @staticmethod
    def _review(entry: polib.POEntry, notes: list[str]) -> None:
        if notes:
            entry.tcomment = "\n".join(filter(None, [entry.tcomment, *notes]))
            if FUZZY not in entry.flags:
                entry.flags.append(FUZZY)
