"""The sandboxed child: decodes, judges and renders one file, with nothing else in reach.

Reads the file from standard input; answers one line of JSON and then the renditions' bytes on
standard output. Started by `sandbox.py` as `python -m derm_service.imaging.cell VIEW`.
"""

import ctypes
import io
import json
import os
import resource
import sys
import warnings

from PIL import Image, ImageCms

from derm_service.imaging.codes import View
from derm_service.imaging.decode import decode
from derm_service.imaging.examined import Copy
from derm_service.imaging.formats import MAX_BYTES, Refused
from derm_service.imaging.gate.judge import judge
from derm_service.imaging.gate.refusal import refuse
from derm_service.imaging.gate.sight import of_pixels
from derm_service.imaging.renditions import render

MEMORY = 3 * 1024**3
CPU_SECONDS = 20
OUTPUT = 300 * 1024**2
NOBODY = 65534

# Linux: landlock(7), unshare(2), prctl(2); not in the standard library of Python 3.11
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_EVERY_FILE_ACCESS = 0x1FFF
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_NO_NEW_PRIVILEGES = 38


def confine() -> list[str]:
    """Give up all that decoding does not need; names what this machine let us give up."""
    protects = ["limits"]
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) == 0 or libc.unshare(_NEW_NETWORK | _NEW_USER) == 0:
        protects.append("no network")
    if os.geteuid() == 0 and _become_nobody():
        protects.append("no root")
    nothing = ctypes.c_uint64(_EVERY_FILE_ACCESS)
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(nothing), ctypes.sizeof(nothing), 0)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if ruleset >= 0 and libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0:
        protects.append("no files")
    return protects


def load_everything(view: View) -> None:
    """Use each part once: libraries load modules on first use, and soon no file can be opened."""
    Image.init()
    grey = Image.linear_gradient("L").convert("RGB")
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "AVIF"):
        sample = io.BytesIO()
        grey.save(sample, kind)
        picture = decode(sample.getvalue())
    judge(of_pixels(picture.pixels), view=view)
    render(picture)
    ImageCms.createProfile("sRGB")


def _become_nobody() -> bool:
    try:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    except OSError:  # a user namespace without that user: root in name only
        return False
    return True


def main() -> None:
    """Judge the file on standard input for the view named in the first argument."""
    warnings.simplefilter("ignore")
    view = View(sys.argv[1])
    load_everything(view)
    protects = confine()
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        picture = decode(data)
    except Refused as refusal:
        report = refuse(refusal.code, refusal.message, view=view)
        _answer({"protects": protects, "report": report.to_json(), "copies": []}, [])
        return
    copies = render(picture)
    _answer(
        {
            "protects": protects,
            "report": judge(of_pixels(picture.pixels), view=view).to_json(),
            "format": picture.format.value,
            "width": picture.width,
            "height": picture.height,
            "facts": picture.facts,
            "copies": [_described(copy) for copy in copies],
        },
        [copy.data for copy in copies],
    )


def _described(copy: Copy) -> dict[str, object]:
    return {
        "size": copy.size.value,
        "width": copy.width,
        "height": copy.height,
        "length": len(copy.data),
    }


def _answer(header: dict[str, object], blobs: list[bytes]) -> None:
    out = sys.stdout.buffer
    out.write(json.dumps(header).encode("ascii") + b"\n")
    for blob in blobs:
        out.write(blob)
    out.flush()


if __name__ == "__main__":
    main()
