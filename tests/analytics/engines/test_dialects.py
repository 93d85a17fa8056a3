"""All that an engine's text differs in is what its dialect says."""

import pytest

from analytics.engines.dialects import DUCKDB, SPARK, Dialect


def test_text__for_duckdb__binds_by_question_marks_and_divides_integers() -> None:
    found = DUCKDB.of("SELECT y / 65536, z %% 7 FROM t WHERE a = %s")

    assert found == "SELECT y // 65536, z % 7 FROM t WHERE a = ?"


def test_text__without_anything_that_differs__stays_as_it_is() -> None:
    text = "SELECT variant_id, COUNT(*) FROM f GROUP BY variant_id"

    assert DUCKDB.of(text) == SPARK.of(text) == text


@pytest.mark.parametrize(
    "lines", ["jsonb_array_elements(e.items) AS l(value)", "json_each(e.items) l"]
)
def test_lines_of_an_order__however_the_database_has_them__are_the_engines(lines: str) -> None:
    text = f"SELECT l.value FROM r e CROSS JOIN {lines}\nWHERE e.ts_us > 0"

    assert "CROSS JOIN json_each(e.items) l\n" in DUCKDB.of(text)
    assert "explode(from_json(e.items, 'array<string>')) AS value) l\n" in SPARK.of(text)


def test_json__for_spark__is_read_by_its_functions() -> None:
    text = SPARK.of("COALESCE(CAST(x.attributes ->> 'plan b' AS VARCHAR), '')")

    assert text == "COALESCE(CAST(get_json_object(x.attributes, '$[\\'plan b\\']') AS STRING), '')"


def test_dialect__without_rewrites__changes_slots_and_division_alone() -> None:
    assert Dialect("own", ":x", "DIV").of("a / b = %s") == "a DIV b = :x"
