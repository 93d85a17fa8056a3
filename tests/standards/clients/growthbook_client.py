"""Evaluates features for units with the released GrowthBook client.

usage: growthbook_client.py ADDRESS CLIENT_KEY FIRST STEP FLAGS UNITS ANSWERS

FIRST and STEP: every STEP-th unit from the FIRST on, as one process is slower than all others.
"""

import json
import logging
import sys
from itertools import islice
from typing import Any

from growthbook import GrowthBook


def main(
    address: str, client_key: str, first: str, step: str, flags: str, units: str, answers: str
) -> None:
    logging.disable(logging.WARNING)  # it tells of every feature that is not there, each time
    client = GrowthBook(api_host=address, client_key=client_key)
    client.load_features()
    keys = json.loads(flags)
    with open(units) as lines, open(answers, "w") as out:
        for line in islice(lines, int(first), None, int(step)):
            out.write(json.dumps(answer(client, keys, json.loads(line))) + "\n")
    client.destroy()


def answer(client: GrowthBook, keys: list[str], unit: dict[str, Any]) -> list[str]:
    """Return what a unit gets of each feature; without consent a shop tells the client nothing."""
    client.set_attributes({**unit["attributes"], **unit["ids"]} if unit["consent"] else {})
    return [told(client.eval_feature(key).value) for key in keys]


def told(value: Any) -> str:
    return f"{value['experiment']}:{value['variant']}" if value and value["variant"] else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
