"""The hypothesis as one sentence."""

import pytest

from experiments.hypothesis import hypothesis_sentence


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (("it is ours", "it fits"), "If it is ours, then CTR rises, because it fits."),
        (("If it is ours.", "Because it fits."), "If it is ours, then CTR rises, because it fits."),
        (("the list\n is  personal", ""), "If the list is personal, then CTR rises."),
        (("", "it fits"), ""),
        (("if", "because"), "If if, then CTR rises, because because."),
    ],
)  # fmt: skip
def test_sentence__of_clauses_as_people_write_them__reads_as_one(
    parts: tuple[str, str], sentence: str
) -> None:
    change, because = parts

    assert (
        hypothesis_sentence(change=change, metric="CTR", direction="increase", because=because)
        == sentence
    )


def test_sentence__without_a_metric__names_the_primary_one_and_the_direction() -> None:
    found = hypothesis_sentence(change="x", metric="", direction="decrease", because="")

    assert found == "If x, then the primary metric falls."
