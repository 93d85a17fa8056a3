"""The files of an evaluation, and the words that made it."""

import argparse
import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.evaluation.asking import add_options
from config.evaluation.printing import markdown
from experiments.spreadsheets import safe_cell
from recommenders.evaluation.exporting import rows
from recommenders.evaluation.results import Results

# What says where files go is no part of how a table was made.
PLACES = {"json", "csv", "markdown", "docs"}


def write_files(results: Results, options: Mapping[str, Any]) -> None:
    """Write the files that were asked for."""
    if path := options["json"]:
        Path(path).write_text(json.dumps(results.document(), indent=1) + "\n")
    if path := options["csv"]:
        with Path(path).open("w", newline="") as stream:
            csv.writer(stream).writerows(
                [safe_cell(cell) if isinstance(cell, str) else cell for cell in row]
                for row in rows(results)
            )
    if path := options["markdown"]:
        Path(path).write_text(markdown(results))


def words_of(options: Mapping[str, Any]) -> list[str]:
    """Return the options that made a table, as they are typed; folders by their name alone."""
    words: list[str] = []
    parser = argparse.ArgumentParser()
    add_options(parser)
    for action in parser._actions:
        value = options.get(action.dest)
        if action.dest not in PLACES and value not in (None, False, [], action.default):
            option = action.option_strings[0]
            words += _typed(option, value)
    return words


def _typed(option: str, value: Any) -> list[str]:
    if value is True:
        return [option]
    if isinstance(value, list):
        return [word for each in value for word in (option, str(each))]
    return [option, value.name if isinstance(value, Path) else str(value)]
