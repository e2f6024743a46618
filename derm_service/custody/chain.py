"""The chain of the audit trail: what of a row is hashed, and how; pure.

Anybody can check it with these two lines: a row's hash is the SHA-256 of the hash before it
and the row's facts as JSON with sorted keys, without spaces.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

BEFORE_THE_FIRST = "0" * 64


def digest(before: str, facts: Mapping[str, Any]) -> str:
    """The hash of one row, from the hash before it (both hex) and the row's facts."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{before}{text}".encode("ascii")).hexdigest()
