"""A site's rows as exported days, and what tells whether Spark may be left out."""

import os
import shutil

import pytest

from analytics.engines.files import Files, files_of
from analytics.engines.spark import missing
from experiments.models import Site
from experiments.retention.ahead import export_ahead
from experiments.retention.files import folder

FIRST, LAST = "0001-01-01", "9999-12-31"


def exported(site: Site) -> Files:
    """Return the files of all the site's days, as its tables are now."""
    export_ahead(site, first=FIRST, last=LAST)
    return files_of(site.pk, first=FIRST, last=LAST)


def no_exports() -> None:
    """Remove what an earlier test exported: its database is gone, its files are not."""
    shutil.rmtree(folder(), ignore_errors=True)


def need_spark() -> None:
    """Skip with the reason where Spark cannot be had; fail where everything has to be there."""
    if reason := missing():
        if os.environ.get("ARMATURE_REQUIRE_ALL"):
            pytest.fail(reason)
        pytest.skip(reason)
