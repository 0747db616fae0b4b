"""The command's answers to unusable input; none of them needs torch."""

import pytest

from training.intent.__main__ import main


def test_bad_data_ends_with_a_clear_error(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text("text,label\nhi,a\n")
    assert main(["--train", str(path)]) == 2
    assert "no column 'intent'" in capsys.readouterr().err


def test_a_named_set_needs_its_folder(capsys):
    assert main(["--dataset", "banking77"]) == 2
    assert "--data-dir" in capsys.readouterr().err


def test_a_folder_without_the_set_names_the_source(tmp_path, capsys):
    assert main(["--dataset", "banking77", "--data-dir", str(tmp_path)]) == 2
    assert "training/intent/datasets.py" in capsys.readouterr().err


def test_nothing_to_train_on_is_a_usage_error(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "--train" in capsys.readouterr().err
