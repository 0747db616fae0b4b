"""The report of what became of recommended items."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from functions.recommendation.outcomes import Credit, SqliteOutcomeStore
from local.recommendation_report import main
from shared.settings import get_settings
from tests.aws import in_memory


def report(capsys, *arguments) -> list[dict]:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_shares_of_this_machine(capsys):
    store = SqliteOutcomeStore(get_settings().history_db)
    store.shown(40)
    store.credit([Credit("r", item, "view") for item in "abcd"] + [Credit("r", "a", "purchase")])
    today, total = report(capsys)
    assert today["day"] == datetime.now(UTC).date().isoformat()
    assert (today["recommended"], today["viewed"], today["viewed_share"]) == (40, 4, 0.1)
    assert (today["carted"], today["carted_share"], today["bought_share"]) == (0, 0.0, 0.025)
    assert total == today | {"day": "all"}
    assert main([]) == 0
    assert "10.0%" in capsys.readouterr().out


def test_days_before_are_not_in_it(capsys, monkeypatch):
    store = SqliteOutcomeStore(get_settings().history_db)
    old = datetime.now(UTC) - timedelta(days=20)
    with monkeypatch.context() as patched:
        patched.setattr("functions.recommendation.outcomes.time.time", old.timestamp)
        store.shown(7)
        store.flush()
    store.shown(3)
    store.flush()
    assert [row["recommended"] for row in report(capsys)] == [3, 3]
    assert [row["recommended"] for row in report(capsys, "--days", "30")] == [7, 3, 10]


def test_without_a_store_it_says_what_to_do(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("HISTORY_DB", str(tmp_path / "none.db"))
    get_settings.cache_clear()
    assert main([]) == 2
    assert not (tmp_path / "none.db").exists()
    assert "HISTORY_DB" in capsys.readouterr().err


def test_a_stacks_metrics(capsys, monkeypatch):
    with in_memory(monkeypatch):
        resources = {
            name: {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"shop-{name}"}}
            for name in ("RecommendationApi", "RecommendationWorker")
        }
        formation = boto3.client("cloudformation")
        formation.create_stack(StackName="shop", TemplateBody=json.dumps({"Resources": resources}))
        watch = boto3.client("cloudwatch")
        for function, metric, value in (
            ("RecommendationApi", "RecommendedItems", 90),
            ("RecommendationWorker", "RecommendedItems", 10),
            ("RecommendationApi", "RecommendedItemsBought", 5),
        ):
            physical = formation.describe_stack_resource(
                StackName="shop", LogicalResourceId=function
            )["StackResourceDetail"]["PhysicalResourceId"]
            data = {
                "MetricName": metric,
                "Value": value,
                "Timestamp": datetime.now(UTC) - timedelta(seconds=1),
                "Dimensions": [{"Name": "service", "Value": physical}],
            }
            watch.put_metric_data(Namespace="RetailInference", MetricData=[data])
        rows = report(capsys, "--stack", "shop", "--days", "1")
        assert (rows[-1]["recommended"], rows[-1]["bought_share"]) == (100, 0.05)
        assert main(["--stack", "other"]) == 2
        assert "other" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "456"])
def test_days_that_there_are_not(days, capsys):
    with pytest.raises(SystemExit):
        main(["--days", days])
    assert "--days" in capsys.readouterr().err
