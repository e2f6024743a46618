"""What a decoding process gives up before it meets a byte from outside; Linux, no program needed.

landlock(7), unshare(2), prctl(2) and seccomp(2) are called directly: Python 3.11 has none of them.
"""

import ctypes
import os
import platform
import resource
import struct

MEMORY = 3 * 1024**3
CPU_SECONDS = 20
OUTPUT = 300 * 1024**2
NOBODY = 65534

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # one number on every kind of machine
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
# by version of Landlock: what it can forbid of files, of TCP, and across to other processes
_FILES = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
_TCP_SINCE, _SCOPES_SINCE = 4, 6

# machine -> its audit number, its clone, and the calls that computing in memory needs:
# read write close fstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn
# pread64 pwrite64 writev sched_yield mremap madvise getpid exit exit_group sigaltstack gettid
# futex sched_getaffinity clock_gettime clock_nanosleep getrusage getrandom rseq uname sysinfo
# set_robust_list
_CALLS = {
    "x86_64": (
        0xC000003E,
        56,
        (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 20, 24, 25, 28, 39, 60, 231, 131, 186,
         202, 204, 228, 230, 98, 318, 334, 63, 99, 273),
    ),
    "aarch64": (
        0xC00000B7,
        220,
        (63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 67, 68, 66, 124, 216, 233, 172, 93,
         94, 132, 178, 98, 123, 113, 115, 165, 278, 293, 160, 179, 99),
    ),
}  # fmt: skip
_CLONE_3, _THREAD = 435, 0x10000  # libde265 needs a thread; a process of its own nobody needs
_LOAD, _EQUAL, _HAS, _RETURN = 0x20, 0x15, 0x45, 0x06
_MACHINE, _CALL, _FIRST_ARGUMENT = 4, 0, 16  # where the filter finds them
# refused: "not permitted"; unknown: "no such call", upon which clone is used
_ALLOW, _REFUSE, _UNKNOWN, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000

_libc = ctypes.CDLL(None, use_errno=True)


def give_up_surroundings() -> list[str]:
    """Once, before the first file: memory, network, root and files; names what was given up."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    gone = ["limits"]
    if _libc.unshare(_NEW_NETWORK) == 0 or _libc.unshare(_NEW_NETWORK | _NEW_USER) == 0:
        gone.append("no network")
    if os.geteuid() == 0 and _become_nobody():
        gone.append("no root")
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return gone + _landlock()


def give_up_rest(*, cpu_seconds: int = CPU_SECONDS) -> list[str]:
    """In each child, for its one file: time, other processes, and all but a few system calls."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    _landlock()  # a domain of its own: the process that forked it is out of reach
    return ["few system calls"] if _filter_calls() else []


def _become_nobody() -> bool:
    try:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    except OSError:  # a user namespace without that user: root in name only
        return False
    return True


def _landlock() -> list[str]:
    """A rule set without a single exception, as far as this machine's version goes."""
    version = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return []
    files = _FILES[max(known for known in _FILES if known <= version)]
    rules = [files]
    rules += [0x3] if version >= _TCP_SINCE else []  # neither bind nor connect
    rules += [0x3] if version >= _SCOPES_SINCE else []  # no abstract sockets, no signals
    packed = struct.pack(f"={len(rules)}Q", *rules)
    ruleset = _libc.syscall(_CREATE_RULESET, packed, ctypes.c_size_t(len(packed)), 0)
    if ruleset < 0 or _libc.syscall(_RESTRICT_SELF, ruleset, 0) != 0:
        return []
    os.close(ruleset)
    return ["no files", "no signals"] if len(rules) == 3 else ["no files"]


def _filter_calls() -> bool:
    """Every system call outside the list fails; false where this kind of machine has no list."""
    known = _CALLS.get(platform.machine())
    if known is None:
        return False
    machine, clone, calls = known
    code = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _CALL),
        (_EQUAL, 0, 1, _CLONE_3),
        (_RETURN, 0, 0, _UNKNOWN),
        (_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_HAS, 0, 1, _THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    code += [(_EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    code += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    packed = b"".join(struct.pack("=HBBI", *each) for each in code)
    held = ctypes.create_string_buffer(packed, len(packed))
    program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(held))
    return bool(_libc.prctl(_SET_SECCOMP, _FILTER, program, 0, 0) == 0)
