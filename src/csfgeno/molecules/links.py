"""Where a split read breaks: the geometry of two alignments of one read."""

from typing import Final

import numpy as np
import numpy.typing as npt

KEEPS_LEFT: Final = 0
KEEPS_RIGHT: Final = 1
"""On which side of a break the kept sequence lies."""

_Ints = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]


def clipped_before(links: npt.NDArray[np.void], side: str) -> _Ints:
    """Return the bases of each read before the part at a `side`, `here` or `there`, in the order of the read."""
    left, right = links[f"{side}_clip_left"], links[f"{side}_clip_right"]
    return np.asarray(np.where(links[f"{side}_reverse"], right, left), np.int64)


def clipped_after(links: npt.NDArray[np.void], side: str) -> _Ints:
    """Return the bases of each read behind the part at a `side`."""
    left, right = links[f"{side}_clip_left"], links[f"{side}_clip_right"]
    return np.asarray(np.where(links[f"{side}_reverse"], left, right), np.int64)


def is_here_first(links: npt.NDArray[np.void]) -> _Flags:
    """Return which reads have their part `here` before that `there`, 5' to 3'."""
    here, there = (clipped_before(links, side) for side in ("here", "there"))
    is_longer = clipped_after(links, "here") > clipped_after(links, "there")
    return np.asarray((here < there) | ((here == there) & is_longer))


def breaks_of(links: npt.NDArray[np.void], side: str, is_first: _Flags) -> tuple[_Ints, _Ints]:
    """Return position and kept side of the break of one part of each read.

    The break is at the end of the part that comes first in the read, and at the start of the other.
    """
    at_end = is_first ^ links[f"{side}_reverse"].astype(np.bool_)  # the break is at the right end of the aligned span
    pos = np.where(at_end, links[f"{side}_end"] - 1, links[f"{side}_start"])
    return pos.astype(np.int64), np.where(at_end, KEEPS_LEFT, KEEPS_RIGHT)
