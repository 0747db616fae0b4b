import shutil

import numpy as np
import pytest

from functions.intent.schemas import IntentRequest
from functions.intent.service import IntentService, get_service
from shared.errors import LimitExceeded, ModelAltered
from shared.models.onnx import OnnxModel
from shared.models.spec import read_spec, write_spec
from shared.settings import get_settings


def request(**fields) -> IntentRequest:
    return IntentRequest(**fields)


def test_several_requests_are_answered_together_and_errors_stay_with_theirs(monkeypatch):
    runs = []
    model = get_service()._model
    run = model.run
    monkeypatch.setattr(model, "run", lambda feeds: runs.append(1) or run(feeds))
    outcomes = get_service().classify(
        [
            request(text="where is my package?"),
            request(text="x" * 9_000),
            request(texts=["cancel my order", ""]),
        ]
    )
    assert len(runs) == 1
    assert outcomes[0].results[0].intent.name == "track_order"
    assert isinstance(outcomes[1], LimitExceeded)
    assert [r.intent.name if r.intent else None for r in outcomes[2].results] == [
        "cancel_order",
        None,
    ]


def test_a_model_for_another_task_is_refused(tmp_path):
    folder = shutil.copytree(get_settings().model_dir("intent"), tmp_path / "model")
    write_spec(folder, read_spec(folder).model_copy(update={"task": "translation"}))
    with pytest.raises(ModelAltered, match="translation"):
        IntentService(OnnxModel.load(folder))


def test_a_golden_example_that_departs_is_refused(tmp_path):
    folder = shutil.copytree(get_settings().model_dir("intent"), tmp_path / "model")
    spec = read_spec(folder)
    shifted = tuple(tuple(np.asarray(row) + 1.0) for row in spec.golden.outputs)
    golden = spec.golden.model_copy(update={"outputs": shifted})
    write_spec(folder, spec.model_copy(update={"golden": golden}))
    with pytest.raises(ModelAltered, match="golden"):
        IntentService(OnnxModel.load(folder))


def test_top_k_beyond_the_models_intents_is_warned_about(monkeypatch):
    service = get_service()
    (outcome,) = service.classify([request(text="where is my package?", top_k=20)])
    assert outcome.warnings == []
    monkeypatch.setattr(service, "intents", service.intents[:5])
    (outcome,) = service.classify([request(text="where is my package?", top_k=20)])
    assert "top_k" in outcome.warnings[0]
