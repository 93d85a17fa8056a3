"""Training in a process of its own: whatever it does to itself, the worker and the rest live on."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError

from recommenders.models import Artifact
from recommenders.services.progress import leave_sign
from recommenders.services.training import record_failure

log = logging.getLogger(__name__)

SIGN_S = 5.0
# By these the libraries beneath numpy, LightFM, implicit and LightGBM learn how many threads.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def train_apart(*, artifact_id: int, on_sign: Callable[[], None] = lambda: None) -> None:
    """Fit a queued artifact in a child process and return when that has ended, however it did.

    The child ends itself in the soft limit of time and is killed in the hard one. An end that it
    could not put on record is recorded here. `on_sign` is called every few seconds meanwhile.
    """
    began = time.monotonic()
    process = subprocess.Popen(_command(artifact_id), env=_environment(), cwd=settings.ROOT)
    try:
        while not _has_ended(process):
            if time.monotonic() - began > settings.TRAINING_HARD_LIMIT_S:
                process.kill()
            with suppress(DatabaseError):  # its own process asks the database too, and will tell
                leave_sign(artifact_id)
            on_sign()
    finally:
        process.kill()
        process.wait()
    _record_end(artifact_id, process.returncode, time.monotonic() - began)


def _command(artifact_id: int) -> list[str]:
    """Return the command; should this process die in any way, so does the child."""
    become = [sys.executable, "-S", "-E", str(settings.BECOME_CHILD), str(os.getpid())]
    manage = [sys.executable, str(settings.ROOT / "manage.py"), "fit_artifact", str(artifact_id)]
    return [*become, *manage]


def _environment() -> dict[str, str]:
    return {**os.environ, **dict.fromkeys(THREADS, str(settings.TRAINING_THREADS))}


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(SIGN_S)
    return process.returncode is not None


def _record_end(artifact_id: int, code: int, took_s: float) -> None:
    """Record the end of a child that claimed the artifact and said nothing more."""
    artifact = Artifact.objects.filter(
        pk=artifact_id, status=Artifact.Status.TRAINING
    ).select_related("recommender")
    row = artifact.first() if code else None  # an orderly end means that it was not its turn
    if row is None:
        return
    log.error("training died artifact=%s code=%d", row.full_name, code)
    record_failure(row, _reason(code, took_s))


def _reason(code: int, took_s: float) -> str:
    if took_s > settings.TRAINING_HARD_LIMIT_S:
        limit = settings.TRAINING_HARD_LIMIT_S
        return f"it took longer than the {limit} s of ARMATURE_TRAINING_HARD_LIMIT, and was ended"
    if code == -signal.SIGKILL:
        return "its process was killed; where nobody did that, the machine ran out of memory"
    if code < 0:
        return f"its process ended by signal {signal.Signals(-code).name}, as compiled code may"
    return f"its process ended with exit code {code}"
