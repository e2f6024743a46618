"""The picture's own frame: corners, edges and the round window of a dermatoscope."""

import numpy as np

from derm_service.imaging.gate.look import LUMA, Look

CORNER = 8  # px of the 128 px copy
RINGS = ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 0.9), (0.9, 1.01))


def measure(look: Look) -> dict[str, float]:
    """Brightness of rings and corners against the middle (log2)."""
    brightness = np.log2(look.tiny.astype(np.float32) @ LUMA + 6)
    height, width = brightness.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    reach = np.hypot(x * width, y * height) / np.hypot(width, height)
    rings = [brightness[(reach >= low) & (reach < high)] for low, high in RINGS]
    ends = (slice(CORNER), slice(-CORNER, None))
    corners = np.array([np.median(brightness[down, across]) for down in ends for across in ends])
    edge = np.concatenate([brightness[0], brightness[-1], brightness[:, 0], brightness[:, -1]])
    middle = float(np.median(rings[1]))
    return {
        **{f"ring_{at}": float(np.median(ring)) - middle for at, ring in enumerate(rings)},
        **{f"ring_spread_{at}": float(np.std(ring)) for at, ring in enumerate(rings)},
        "corner_brightest": float(corners.max()) - middle,
        "corner_darkest": float(corners.min()) - middle,
        "corner_spread": float(np.ptp(corners)),
        "edge_spread": float(np.std(edge)),
    }


def subject(look: Look) -> dict[str, float]:
    """How much of the picture the subject fills, and how far off the middle it lies."""
    return {"subject_share": float(look.subject.mean()), "subject_off": _off(look)}


def _off(look: Look) -> float:
    """How far from the middle the subject's centre is: 0 to 1, the edge."""
    rows, columns = np.nonzero(look.subject)
    if not len(rows):
        return 1.0
    height, width = look.subject.shape
    return float(2 * max(abs(columns.mean() / width - 0.5), abs(rows.mean() / height - 0.5)))
