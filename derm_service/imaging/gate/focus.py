"""Where the picture is soft: fine detail against coarser detail, place by place."""

import cv2
import numpy as np

from derm_service.imaging.gate.look import Look

SIDE = 16  # px of the 512 px copy
NARROW, MIDDLE, WIDE = 3, 7, 15  # px of the smoothing
TEXTURE = 1.5  # levels of coarser detail below which a place cannot be soft or sharp


def soft_map(look: Look) -> tuple[tuple[float, ...], ...]:
    """Rows of places: 0 where there is nothing to focus on, else more the sharper it is."""
    grey = look.half_grey
    near, far, farther = (cv2.blur(grey, (size, size)) for size in (NARROW, MIDDLE, WIDE))
    rows, columns = (max(1, side // SIDE) for side in grey.shape)
    fine, coarse = (
        cv2.resize(cv2.absdiff(*pair)[: rows * SIDE, : columns * SIDE], (columns, rows),
                   interpolation=cv2.INTER_AREA).astype(np.float32)
        for pair in ((grey, near), (far, farther))
    )  # fmt: skip
    sharp = np.where(coarse >= TEXTURE, (fine + 0.1) / (coarse + 0.1), 0.0)
    return tuple(tuple(round(float(value), 2) for value in row) for row in sharp)
