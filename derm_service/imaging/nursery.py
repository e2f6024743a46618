"""The clean helper behind the sandbox: started once, it forks a confined child for every file.

It loads all libraries, gives up its surroundings and then never reads a byte of a file itself:
each child is as fresh as the last, whatever the file before it did. Started by `sandbox.py` as
`python -m derm_service.imaging.nursery SOCKET`; ends when the other end of the socket closes.
"""

import json
import os
import select
import signal
import socket
import sys
import warnings
from typing import NoReturn

from derm_service.imaging import cell, confinement

WALL_SECONDS = 120  # the child's own limit is on processor time: a busy machine is no bad file


def main() -> None:
    """Take orders from the socket whose number is the first argument."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    line = socket.socket(fileno=int(sys.argv[1]))
    cell.load_everything()
    protects = confinement.give_up_surroundings()
    protects += _tried_in_a_child()
    line.send(json.dumps({"protects": protects}).encode())
    while True:
        order, files, _, _ = socket.recv_fds(line, 4096, 2)
        if not order:
            return
        source, answer = files
        ending = _examine(order, source, answer, line)
        line.send(json.dumps({"ending": ending}).encode())


def _examine(order: bytes, source: int, answer: int, line: socket.socket) -> str | None:
    """None when the child ended well, else how it ended."""
    child = os.fork()
    if child == 0:
        line.close()
        _work(order, source, answer)
    os.close(source)
    os.close(answer)
    return _wait(child, line)


def _work(order: bytes, source: int, answer: int) -> NoReturn:
    code = 1
    try:
        confinement.give_up_rest()
        cell.answer(json.loads(order), source, answer)
        code = 0
    finally:
        os._exit(code)


def _wait(child: int, line: socket.socket) -> str | None:
    """Until the child ends, its time is up, or nobody waits for the answer any more."""
    handle = os.pidfd_open(child)
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    waiting.register(line, select.POLLIN)
    ready = waiting.poll(WALL_SECONDS * 1000)
    if handle not in [descriptor for descriptor, _ in ready]:
        os.kill(child, signal.SIGKILL)
    os.close(handle)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not ready:
        return "out of time"
    return None if code == 0 else f"ended with {code}"


def _tried_in_a_child() -> list[str]:
    """What a child can give up beyond its helper, tried by one that has nothing else to do."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(confinement.give_up_rest()).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as told:
        found = told.read()
    os.waitpid(child, 0)
    return [str(each) for each in json.loads(found)] if found else []


if __name__ == "__main__":
    main()
