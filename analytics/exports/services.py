"""Handing out the frame of units: on record, for it names what each of them did."""

from typing import BinaryIO

from analytics.exports.frames import frame_file
from analytics.models import Analysis
from experiments.services.audit import record_change


def export_units(*, analysis: Analysis, actor: str, names_ids: bool = False) -> BinaryIO:
    """Return the frame of an analysis as an open Arrow file, and record who took it.

    Raises what `frame_file` raises; then nothing is on record.
    """
    file = frame_file(analysis, names_ids=names_ids)
    record_change(
        site=analysis.experiment.site,
        subject=f"units of {analysis.experiment.key}",
        action="export",
        actor=actor,
        before={},
        after={"analysis": analysis.pk, "ids": "as stored" if names_ids else "hashed"},
        experiment=analysis.experiment,
    )
    return file
