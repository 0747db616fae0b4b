"""What a stopped command finds of its work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.command import CommandError
from local.journal import Journal

ENTRIES = st.lists(st.fixed_dictionaries({"text": st.text()}), max_size=6)


def test_entries_come_back_in_order(tmp_path):
    path = tmp_path / "a.journal"
    with Journal(path, "job") as journal:
        journal.add([{"n": 1}, {"n": 2}])
        journal.add([{"n": 3}])
    with Journal(path, "job") as journal:
        assert journal.count == 3
        assert list(journal.entries()) == [{"n": 1}, {"n": 2}, {"n": 3}]
        journal.delete()
    assert not path.exists()


@given(ENTRIES, st.integers(min_value=0), ENTRIES)
def test_wherever_it_was_cut_off_whole_entries_are_left_and_more_can_follow(
    tmp_path_factory, entries, cut, more
):
    path = tmp_path_factory.mktemp("journal") / "a.journal"
    with Journal(path, "job") as journal:
        journal.add(entries)
    content = path.read_bytes()
    path.write_bytes(content[: cut % (len(content) + 1)])
    with Journal(path, "job") as journal:
        kept = list(journal.entries())
        assert kept == entries[: len(kept)]
        assert journal.count == len(kept)
        journal.add(more)
        assert list(journal.entries()) == kept + more


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\r", "\n"])
def test_a_text_may_hold_any_end_of_line(tmp_path, separator):
    path = tmp_path / "a.journal"
    entries = [{"text": f"a{separator}b"}, {"text": "c"}]
    with Journal(path, "job") as journal:
        journal.add(entries)
    with Journal(path, "job") as journal:
        assert list(journal.entries()) == entries


def test_the_journal_of_another_job_is_refused_and_kept_unless_begun_anew(tmp_path):
    path = tmp_path / "a.journal"
    with Journal(path, "one") as journal:
        journal.add([{"n": 1}])
    with pytest.raises(CommandError, match="of another input"):
        Journal(path, "two")
    with Journal(path, "one") as journal:
        assert journal.count == 1
    with Journal(path, "two", anew=True) as journal:
        assert journal.count == 0
        assert list(journal.entries()) == []


def test_two_processes_do_not_write_one_journal(tmp_path):
    path = tmp_path / "a.journal"
    with Journal(path, "job") as journal:
        journal.add([{"n": 1}])
        with pytest.raises(CommandError, match="another process"):
            Journal(path, "job", anew=True)
    with Journal(path, "job") as journal:
        assert journal.count == 1
