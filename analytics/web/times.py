"""Moments of a report in its site's own zone; a template would turn them to the server's."""

from datetime import datetime, timedelta

from experiments.clock import EPOCH, zone
from experiments.models import Experiment, Site


def moment_in(site: Site, at_us: int) -> datetime:
    """Return a moment, in microseconds since 1970, in the site's zone."""
    return (EPOCH + timedelta(microseconds=at_us)).astimezone(zone(site.timezone))


def moment_text(experiment: Experiment, at_us: int) -> str:
    """Return a moment with its zone: Fri 20 Nov 2026, 13:00 Europe/Berlin."""
    moment = moment_in(experiment.site, at_us)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M} {experiment.site.timezone}"
