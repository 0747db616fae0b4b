"""Print template.yaml as CloudFormation gets it, after the SAM transform.

    python layers/transform.py [Parameter=value ...] > transformed.json

Linters check resources more strictly than they check what SAM makes them of: a runtime that does
not exist passes in the one and not in the other.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"
# What `sam deploy` puts in place of local files and folders; the transform takes nothing else.
UPLOADED = "s3://bucket/key"
LOCAL_PATH_KEYS = ("CodeUri", "ContentUri", "DefinitionUri")


class _NoManagedPolicies:
    """The template names no managed policy, so none is looked up in AWS."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(
    path: Path = TEMPLATE, parameters: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The CloudFormation template that SAM makes of the one in ``path``.

    State machines hold their definitions, not the places that these are uploaded to.

    Args:
        path: of the template.
        parameters: values in place of the defaults.
    """
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of AWS's own switches
    template = yaml_parse(path.read_text(encoding="utf-8"))
    definitions = _definitions(template)
    _upload(template)
    result: dict[str, Any] = transform(template, dict(parameters or {}), _NoManagedPolicies())
    for name, definition in definitions.items():
        properties = result["Resources"][name]["Properties"]
        del properties["DefinitionS3Location"]
        properties["Definition"] = definition
    return result


def _definitions(template: dict[str, Any]) -> dict[str, Any]:
    """By logical id, what the files of the state machines hold."""
    return {
        name: yaml_parse((TEMPLATE.parent / uri).read_text(encoding="utf-8"))
        for name, resource in template["Resources"].items()
        if (uri := resource.get("Properties", {}).get("DefinitionUri"))
    }


def _upload(template: dict[str, Any]) -> None:
    """Put a place in S3 where the template, or what is common to its resources, names a path."""
    resources = [it.get("Properties", {}) for it in template["Resources"].values()]
    for properties in (*template["Globals"].values(), *resources):
        for key in properties.keys() & LOCAL_PATH_KEYS:
            properties[key] = UPLOADED


if __name__ == "__main__":
    print(
        json.dumps(
            transformed(parameters=dict(arg.split("=", 1) for arg in sys.argv[1:])), indent=1
        )
    )
