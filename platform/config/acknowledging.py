"""A worker goes on after the broker was away just when a task ended.

Celery logs an acknowledgement that fails and never tries it again, and the transport counts the
message as still in work. With a prefetch of one nothing would ever be fetched again.
"""

import logging
from typing import Any

from celery import bootsteps
from celery.worker import state

EVERY_S = 1.0

log = logging.getLogger(__name__)


class AcknowledgeAgain(bootsteps.StartStopStep):
    """Repeats acknowledgements that failed, for as long as the worker consumes."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        """Start without a timer and without a suspect."""
        super().__init__(parent, **options)
        self._timer: Any = None
        self._suspects: set[str] = set()

    def start(self, parent: Any) -> None:
        """Look again and again."""
        self._suspects = set()
        self._timer = parent.timer.call_repeatedly(EVERY_S, self._look, (parent,))

    def stop(self, parent: Any) -> None:
        """Look no more: a new connection starts with nothing in work."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, parent: Any) -> None:
        """Acknowledge what nobody works on, now as the last time.

        Seen twice, since a message that just arrived is in nobody's hands for a moment.
        """
        left = forgotten(parent.task_consumer.channel.qos)
        for tag in self._suspects & left.keys():
            try:
                left[tag].ack()
            except parent.connection_errors as error:
                log.info("still not acknowledged tag=%s: %s", tag, error)
            else:
                log.warning("acknowledged again tag=%s", tag)
        self._suspects = set(left)


def forgotten(qos: Any) -> dict[str, Any]:
    """Return the messages by tag that count as in work though no task is."""
    working = {request.id for request in (*state.reserved_requests, *state.active_requests)}
    return {
        tag: message
        for tag, message in list(qos._delivered.items())  # nothing public tells
        if tag not in qos._dirty and message.properties.get("correlation_id") not in working
    }
