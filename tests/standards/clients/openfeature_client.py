"""Evaluates flags for units with the released OpenFeature client and its OFREP provider.

usage: openfeature_client.py ADDRESS API_KEY FLAGS UNITS ANSWERS
"""

import json
import sys
from typing import Any

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext


def main(address: str, key: str, flags: str, units: str, answers: str) -> None:
    api.set_provider(OFREPProvider(address, headers_factory=lambda: {"X-API-Key": key}))
    client = api.get_client()
    keys = json.loads(flags)
    with open(units) as lines, open(answers, "w") as out:
        for line in lines:
            out.write(json.dumps(answer(client, keys, json.loads(line))) + "\n")
    api.shutdown()


def answer(client: OpenFeatureClient, keys: list[str], unit: dict[str, Any]) -> list[str]:
    """Return what a unit gets of each flag."""
    asked = {**unit["attributes"], **unit["ids"]}
    if not unit["consent"]:
        asked["consent"] = {"personalization": False}
    context = EvaluationContext(asked.pop("visitor_id", None), asked)
    return [told(client.get_object_value(key, {}, context)) for key in keys]


def told(value: Any) -> str:
    return f"{value['experiment']}:{value['variant']}" if value.get("variant") else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
