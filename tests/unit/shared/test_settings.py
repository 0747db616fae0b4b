from pathlib import Path

import pytest

from shared.settings import from_env, threads_for_memory


def test_an_empty_environment_gives_local_defaults():
    settings = from_env({})
    assert not settings.in_lambda
    assert settings.results_table is None
    assert settings.model_dir("intent") == settings.models_dir / "intent"


def test_one_variable_chooses_the_served_model():
    settings = from_env({"INTENT_MODEL_DIR": "/models/mine", "MODELS_DIR": "/opt/models"})
    assert settings.model_dir("intent") == Path("/models/mine")
    assert settings.model_dir("translation") == Path("/opt/models/translation")


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_number_that_is_none_is_named(value):
    with pytest.raises(ValueError, match="MAX_BODY_BYTES"):
        from_env({"MAX_BODY_BYTES": value})


def test_an_empty_table_name_means_none():
    assert from_env({"RESULTS_TABLE": ""}).results_table is None


def test_threads_follow_memory(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    assert [threads_for_memory(mb) for mb in (128, 1_024, 1_769, 3_538, 10_240)] == [1, 1, 1, 2, 6]


@pytest.mark.parametrize(("value", "on"), [("", False), ("0", False), ("1", True), (" 1 ", True)])
def test_the_cost_header_is_a_switch(value, on):
    assert from_env({"COST_HEADER": value}).cost_header is on


def test_another_value_of_a_switch_is_named():
    with pytest.raises(ValueError, match="COST_HEADER is 'yes'; it must be 1"):
        from_env({"COST_HEADER": "yes"})


def test_memory_is_the_functions_or_that_of_one_core():
    assert from_env({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}).memory_mb == 512
    assert from_env({}).memory_mb == 1_769


def test_names_that_stay_are_parted_by_lines_or_semicolons():
    kept = from_env({"TRANSLATION_KEEP": "Cloud Runner; Lumo 8\n\nNova 12;"}).translation_keep
    assert kept == ("Cloud Runner", "Lumo 8", "Nova 12")
