"""Reading rows without losing what they said."""

import gzip
from pathlib import Path

import pytest

from config.importing.files import locate, read_rows, require_columns
from config.importing.records import SourceError


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz"])
def test_read_rows__plain_and_gzipped__give_the_same(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, b'\xef\xbb\xbfa,b\n1,"x, y"\n\n2,z\r\n')

    rows = list(read_rows(path))

    assert [row.cells for row in rows] == [["a", "b"], ["1", "x, y"], ["2", "z"]]
    assert [row.line for row in rows] == [1, 2, 4]
    assert [row.raw for row in rows] == ["a,b", '1,"x, y"', "2,z"]


def test_read_rows__quoted_line_break__keeps_the_whole_text(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.csv", b'1,"two\nlines"\n2,b\n')

    first, second = read_rows(path)

    assert (first.cells, first.line, first.raw) == (["1", "two\nlines"], 1, '1,"two\nlines"')
    assert second.line == 3


@pytest.mark.parametrize(
    ("data", "problem"), [(b"caf\xe9,1\n", "encoding"), (b"a\x00b,1\n", "nul_character")]
)
def test_read_rows__text_that_cannot_be_stored__is_marked(
    tmp_path: Path, data: bytes, problem: str
) -> None:
    [row] = read_rows(written(tmp_path / "rows.csv", data))

    assert row.problem == problem
    assert row.raw.encode("utf-8", "surrogateescape") + b"\n" == data


def test_read_rows__quotation_mark_never_closed__loses_no_line(tmp_path: Path) -> None:
    lines = [b'1,"open'] + [b"%d,b" % number for number in range(2, 1_500)]
    rows = list(read_rows(written(tmp_path / "rows.csv", b"\n".join(lines) + b"\n")))

    assert rows[0].problem == "unreadable"
    assert "\n".join(row.raw for row in rows).encode() == b"\n".join(lines)


def test_read_rows__gzip_cut_off__says_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" * 10_000)[:-20])

    with pytest.raises(SourceError, match=r"rows\.csv\.gz cannot be read"):
        list(read_rows(path))


def test_locate__folder__finds_the_gzipped_file(tmp_path: Path) -> None:
    path = written(tmp_path / "b.csv.gz", b"x")

    assert locate(tmp_path, ("a.csv", "b.csv")) == path
    assert locate(path, ("a.csv",)) == path


def test_locate__nothing_there__names_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no a\.csv or b\.csv"):
        locate(tmp_path, ("a.csv", "b.csv"))
    with pytest.raises(SourceError, match="no file or folder"):
        locate(tmp_path / "absent", ("a.csv",))


def test_require_columns__one_lacks__is_named(tmp_path: Path) -> None:
    [header] = read_rows(written(tmp_path / "rows.csv", b"b, a\n"))

    assert require_columns(header, ("a", "b")) == {"a": 1, "b": 0}
    with pytest.raises(SourceError, match="lacks the columns c"):
        require_columns(header, ("a", "c"))
    with pytest.raises(SourceError, match="lacks the columns a"):
        require_columns(None, ("a",))
