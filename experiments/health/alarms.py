"""Alarms: notices that are raised when events wait too long or the counts disagree.

Beat has a worker look; as a worker that is stuck cannot tell of itself, every web process looks
too. A notice is raised once per onset, whoever sees it first.
"""

import logging
import os
import threading
from collections.abc import Container, Mapping

from django.conf import settings
from django.db import connection

from experiments import services
from experiments.health.counts import site_counts
from experiments.health.waiting import LATE_S, late_sites, oldest_waiting
from experiments.models import Notice, Site

log = logging.getLogger(__name__)

KIND = "health"
LATE, UNEQUAL = "health:events_late", "health:reconciliation"


class Alarms:
    """Looks at ages and counts, raises what has set in and resolves what is over."""

    def __init__(self) -> None:
        self._unequal: frozenset[int] = frozenset()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    def look(self) -> None:
        """Look once; raises what the database raises while it is away."""
        oldest = oldest_waiting()
        late = late_sites() if oldest is not None and oldest.age_s > LATE_S else {}
        self._tell(LATE, {site_id: _late(age_s) for site_id, age_s in late.items()}, late)
        lasting = self._lasting()
        self._tell(UNEQUAL, lasting, self._unequal)

    def watch(self) -> None:
        """Let this process look every ALARMS_EVERY_S from now on, beside its requests."""
        if self._is_watching():
            return
        with self._lock:
            if not self._is_watching():
                self._pid = os.getpid()  # a forked process has no threads of its parent
                self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
                self._thread.start()

    def _is_watching(self) -> bool:
        thread = self._thread
        return thread is not None and thread.is_alive() and self._pid == os.getpid()

    def _lasting(self) -> dict[int, tuple[str, str]]:
        """Return what to tell of the sites whose counts disagree for the second time running."""
        unequal = {each.site_id: each.difference for each in site_counts() if each.difference}
        lasting = {pk: _unequal(n) for pk, n in unequal.items() if pk in self._unequal}
        self._unequal = frozenset(unequal)
        return lasting

    def _tell(
        self, onset_key: str, told: Mapping[int, tuple[str, str]], unfit: Container[int]
    ) -> None:
        """Raise the notice of each site that is told of, and resolve those of sites that are fit.

        A site may be `unfit` without being told of: what another process raised then stands.
        """
        standing = Notice.objects.filter(onset_key=onset_key, resolved_at=None)
        known = set(standing.values_list("site_id", flat=True))
        for site in Site.objects.filter(pk__in={*told, *known}) if told or known else ():
            if site.pk not in unfit:
                services.resolve_notice(site=site, onset_key=onset_key)
                log.warning("alarm over onset=%s site=%s", onset_key, site.slug)
            elif site.pk in told and site.pk not in known:
                _raise(site, onset_key, *told[site.pk])

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(settings.ALARMS_EVERY_S):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - /readyz tells of a database that is away
                log.warning("alarms not looked at: %s", error)
            finally:
                connection.close()


def _raise(site: Site, onset_key: str, title: str, detail: str) -> None:
    services.raise_notice(
        site=site,
        kind=KIND,
        severity=Notice.Severity.ALARM,
        title=title,
        detail=detail,
        onset_key=onset_key,
    )
    log.error("alarm onset=%s site=%s: %s", onset_key, site.slug, detail)


def _late(age_s: float) -> tuple[str, str]:
    detail = (
        f"The oldest accepted batch has waited {age_s:.0f} s; reports are as old. Nothing is lost."
        " The health page says what mends it."
    )
    return "Accepted events are not applied", detail


def _unequal(difference: int) -> tuple[str, str]:
    what = f"{difference} events are missing" if difference > 0 else f"{-difference} are too many"
    detail = f"Accepted less applied, duplicate, quarantined, dropped and waiting: {what}."
    return "The counts of events disagree", detail


alarms = Alarms()
