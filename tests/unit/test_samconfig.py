"""The environments of samconfig.toml against the parameters of template.yaml."""

import json
import re
import tomllib

import pytest
from samtranslator.yaml_helper import yaml_parse

from layers.transform import TEMPLATE, transformed

CONFIG = tomllib.loads(TEMPLATE.with_name("samconfig.toml").read_text())
ENVIRONMENTS = ("dev", "prod")


def overrides(environment):
    given = CONFIG[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(item.split("=", 1) for item in given)


@pytest.fixture(scope="module")
def parameters():
    return yaml_parse(TEMPLATE.read_text())["Parameters"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_value_is_one_that_its_parameter_takes(environment, parameters):
    found = overrides(environment)
    assert found
    for name, value in found.items():
        parameter = parameters[name]
        if "AllowedValues" in parameter:
            assert value in map(str, parameter["AllowedValues"]), name
        if parameter["Type"] == "Number":
            low, high = parameter.get("MinValue", 0), parameter.get("MaxValue", float("inf"))
            assert low <= float(value) <= high, name
        if "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], value), name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_template_can_be_transformed_with_them(environment):
    resources = transformed(parameters=overrides(environment))["Resources"]
    assert "ServerlessDeploymentApplication" in resources


def test_the_environments_are_different_stacks_of_the_same_commands():
    names = [
        CONFIG[name]["global"]["parameters"]["stack_name"] for name in CONFIG if name != "version"
    ]
    assert len(set(names)) == len(names) == 3
    for environment in ENVIRONMENTS:
        for command in ("build", "validate"):
            assert CONFIG[environment][command] == CONFIG["default"][command]


def test_only_production_keeps_its_data_and_moves_calls_step_by_step():
    dev, prod = map(overrides, ENVIRONMENTS)
    assert prod["DeploymentType"].startswith("Canary")
    assert dev["DeploymentType"] == "AllAtOnce"
    assert prod["DeletionProtection"] == "true"
    assert "DeletionProtection" not in dev
    assert (dev["ApiSnapStart"], prod["ApiSnapStart"]) == ("None", "PublishedVersions")


def refers_to_resource(value, resources):
    return isinstance(value, dict) and value.get("Ref") in resources


def test_under_sam_local_nothing_is_sought_in_aws():
    resources = transformed()["Resources"]
    functions = [it for it in resources.values() if it["Type"] == "AWS::Lambda::Function"]
    in_aws = {
        variable
        for function in functions
        for variable, value in function["Properties"]["Environment"]["Variables"].items()
        if refers_to_resource(value, resources)
    }
    for command in ("local_invoke", "local_start_api", "local_start_lambda"):
        path = CONFIG["default"][command]["parameters"]["env_vars"]
        given = json.loads((TEMPLATE.parent / path).read_text())
        assert given == {"Parameters": dict.fromkeys(in_aws, "")}
