"""Time spent on a list, by clocks that the work of others does not push on. Pure but for those.

By the wall everything is late as soon as a machine or an interpreter is busy: sixteen threads that
take turns make each list sixteen times as long, whoever made it, and what would be thrown away then
is as good as done. So what counts is what the own thread computed. What it waited for shows on the
wall alone: acts of late from the database, pages of an artifact from the disk, an answer that a
plug-in asks of another server. That is told from waiting for a turn by whether the process computed
meanwhile, and given more time than computing, as a busy machine makes a process wait as well.
"""

import time
from typing import NamedTuple

WAITS = 5  # a moment of waiting counts so many times less than one of computing
LONGEST = 40  # times less counts the wall in any case, so that a busy process hides no sleeper


class Spent(NamedTuple):
    """A stretch of time, or a point where one begins, in nanoseconds.

    `wall_ns`: on the wall; `own_ns`: computed by this thread; `process_ns`: by all its threads.
    """

    wall_ns: int
    own_ns: int
    process_ns: int

    @classmethod
    def now(cls) -> "Spent":
        """Return the point of now; what is compared with it has to come from the same thread."""
        return cls(time.perf_counter_ns(), time.thread_time_ns(), time.process_time_ns())

    def since(self, began: "Spent") -> "Spent":
        """Return the stretch from an earlier point to this one."""
        return Spent(
            self.wall_ns - began.wall_ns,
            self.own_ns - began.own_ns,
            self.process_ns - began.process_ns,
        )

    def charged_until_now(self, *, enough_ns: int = 0) -> float:
        """Return what counts of the time since this point, in nanoseconds.

        `enough_ns`: while the wall shows no more than this it is not looked at more closely, which
        costs a microsecond; what is returned then may be too much, but is no more than this.
        """
        wall_ns = time.perf_counter_ns() - self.wall_ns
        return wall_ns if wall_ns <= enough_ns else Spent.now().since(self).charged_ns

    @property
    def charged_ns(self) -> float:
        """Return what of a stretch counts: never more than the wall, in nanoseconds.

        >>> Spent(30, 30, 30).charged_ns, Spent(30, 2, 2).charged_ns, Spent(30, 2, 30).charged_ns
        (30, 5.6, 2)
        """
        waited_ns = self.wall_ns - self.process_ns
        return max(self.own_ns, waited_ns / WAITS, self.wall_ns / LONGEST)
