"""Become another program that does not outlive its parent.

Run as a script, before the program proper: `python child.py PARENT_PID PROGRAM ARGUMENT…`. This is
not done between fork and exec of the parent, where a parent with threads could deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Ask the kernel for SIGTERM on the parent's death (Linux), then become the program."""
    parent, *argv = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before the kernel was asked
        sys.exit(1)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - a shell is what this avoids
    except OSError as error:
        sys.exit(f"cannot run {argv[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
