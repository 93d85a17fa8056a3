"""`notebook` writes what it takes to compute a report again."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from experiments.models import Exposure
from tests.analytics.notebook.executing import run_notebook
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.reports import reported
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

FEW = {"control": Shares(40, 0.2), "treatment": Shares(40, 0.4)}


def notebook(*options: str) -> list[str]:
    out = io.StringIO()
    call_command("notebook", *options, stdout=out)
    return out.getvalue().splitlines()


def test_notebook__written__runs_in_its_folder(tmp_path: Path) -> None:
    reported(FEW)
    unit = Exposure.objects.values_list("unit_id", flat=True)[0].encode()
    folder = tmp_path / "new" / "folder"

    paths = notebook("home-test", "--out", str(folder))

    assert [Path(each).name for each in paths] == [
        "shop-home-test.ipynb",
        "shop-home-test.json",
        "shop-home-test-units.arrow",
    ]
    assert unit not in (folder / "shop-home-test.json").read_bytes()
    assert run_notebook(folder, "shop-home-test.ipynb").returncode == 0


def test_notebook__without_a_report__says_how_to_get_one(tmp_path: Path) -> None:
    a_run(FEW)

    with pytest.raises(CommandError, match="has no report yet; `report --refresh` computes one"):
        notebook("home-test", "--out", str(tmp_path))


def test_notebook__into_what_is_no_folder__says_so(tmp_path: Path) -> None:
    reported(FEW)
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandError, match="could not be written"):
        notebook("home-test", "--out", str(tmp_path / "file"))


def test_notebook__of_an_unknown_or_repeated_key__names_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no experiment 'nothing' in any site"):
        notebook("nothing", "--out", str(tmp_path))
    for slug in ("one", "two"):
        draft_experiment(a_site(slug))
    with pytest.raises(CommandError, match="name one by --site, one, two"):
        notebook("home-test", "--out", str(tmp_path))
