"""How this process keeps memory: what a photograph passed through is used again for the next."""

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # M_* of glibc's malloc.h
MIB = 1024 * 1024


def keep_warm() -> None:
    """Tell glibc to give blocks of megabytes back to itself, not to the system each time.

    Mapping them anew costs more than encrypting what goes into them. At most 64 MB a heap stay
    behind, of at most four heaps; elsewhere than on glibc nothing is changed.
    """
    try:
        tell = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    for what, much in ((MMAP_THRESHOLD, 32 * MIB), (TRIM_THRESHOLD, 64 * MIB), (ARENA_MAX, 4)):
        tell(what, much)
