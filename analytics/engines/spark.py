"""Spark over exported days, for what outgrows a machine; the only file that imports it.

The package is an extra (`armature[spark]`) and needs Java 17.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from analytics.engines.dialects import SPARK, Row
from analytics.engines.files import Files, selected, table_name
from analytics.engines.limits import interrupted_after
from analytics.errors import EngineError
from experiments.retention.tables import TABLES, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KINDS = {pa.string(): "STRING", pa.bool_(): "BOOLEAN", pa.int64(): "BIGINT"}
GROUP = "armature"


def missing() -> str:
    """Return what Spark needs and is not there, with what brings it; "" when all is there."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'armature[spark]'"
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        return "Java is not installed: apt-get install openjdk-17-jre-headless"
    return ""


class Spark:
    """A Spark session whose views are the files of exported days."""

    name = "spark"

    def __init__(self, session: "SparkSession") -> None:
        """Ask this session."""
        self.session = session

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Return the statement's rows; raises TooSlowError and EngineError."""
        from pyspark.errors import PySparkException

        context = self.session.sparkContext
        context.setJobGroup(GROUP, "a report's statement", interruptOnCancel=True)
        with interrupted_after(lambda: context.cancelJobGroup(GROUP)):
            try:
                return list(self.session.sql(SPARK.of(sql), args=list(values)).collect())
            except PySparkException as error:
                raise EngineError(f"Spark: {str(error).splitlines()[0]}") from error


@contextmanager
def spark_over(files: Files, *, master: str = "local[*]", **settings: str) -> Iterator[Spark]:
    """Yield a Spark over the files; the session stays for the next, as starting one takes long.

    `settings`: Spark's own, with underscores for dots. Raises EngineError where it cannot be had.
    """
    if reason := missing():
        raise EngineError(reason)
    session = _session(master, settings)
    for table in TABLES.values():
        _frame(session, table, files.of(table)).createOrReplaceTempView(table_name(table))
    yield Spark(session)


def _session(master: str, settings: dict[str, str]) -> "SparkSession":
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("armature")
    usual = {
        "spark.ui.enabled": "false",
        "spark.sql.ansi.enabled": "true",  # a sum that is too large raises
        "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
        "spark.log.level": "ERROR",
    }
    named = {name.replace("_", "."): value for name, value in settings.items()}
    for name, value in (usual | named).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _frame(session: "SparkSession", table: Table, paths: Sequence[str]) -> "DataFrame":
    if not paths:
        columns = ", ".join(f"{each.name} {KINDS[each.type]}" for each in table.schema)
        return session.createDataFrame([], columns)
    found = session.read.option("mergeSchema", "true").parquet(*paths)
    return found.selectExpr(*selected(table, found.columns))
