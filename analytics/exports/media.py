"""What files are called, and of which kind they are."""

from experiments.models import Experiment

PARQUET = "application/vnd.apache.parquet"
ARROW = "application/vnd.apache.arrow.file"


def file_name(experiment: Experiment, ending: str) -> str:
    """Return the name of an experiment's file: site and key, which are slugs, and the ending.

    Names that people gave stay out of it: they may hold anything.
    """
    return f"{experiment.site.slug}-{experiment.key}{ending}"
