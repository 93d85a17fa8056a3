"""What one training may take of its machine; for a process that does nothing else."""

import resource
import signal
from types import FrameType

from recommenders.errors import OutOfTime


def limit_memory(megabytes: int) -> None:
    """Let this process get no more memory than that: what asks for more gets a MemoryError.

    Counted is what it writes to (`RLIMIT_DATA`), not the mapped files of artifacts. 0: no limit.
    """
    if megabytes:
        _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20, hard))


def limit_time(seconds: float) -> None:
    """Raise OutOfTime in this process's main thread after so many seconds; 0: never.

    Compiled code hears of it only when it returns; whoever started the process ends it then.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTime(
            f"it took longer than the {seconds:g} s of ARMATURE_TRAINING_SOFT_LIMIT",
            hint="Raise the limit, or train on less: fewer epochs, factors or neighbours.",
        )

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
