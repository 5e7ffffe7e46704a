"""How much memory there is, and how much this process has taken."""

import sys
from pathlib import Path

__all__ = ["available", "peak"]

GROUP = Path("/sys/fs/cgroup")  # of this container, where there is one


def available() -> int:
    """Return the free memory in bytes: the computer's, but at most the rest of a container's limit."""
    import psutil  # here: few calls need it

    free = int(psutil.virtual_memory().available)
    try:
        limit = int((GROUP / "memory.max").read_text())
        stat = dict(line.split() for line in (GROUP / "memory.stat").read_text().splitlines())
        used = int((GROUP / "memory.current").read_text()) - int(
            stat["inactive_file"]
        )  # that would make room
    except (OSError, ValueError, KeyError):  # no container, or no limit, which is the text "max"
        return free
    return min(free, limit - used)


def peak() -> int:
    """Return the most bytes that this process has held so far."""
    if sys.platform == "linux":  # there getrusage begins at the parent's own peak
        status = Path("/proc/self/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
