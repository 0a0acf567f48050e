"""Where clips are cut into segments: by their length alone, into pieces of equal work."""

from __future__ import annotations

# Frames of a segment of an animation: of one that begins with what changed since the frame before, and of one whose
# pixels are held within a tolerance, which begins and ends with a frame that is exact.
CHANGED, HELD = 24, 90


def evenly(frames: int, least: int, multiple: int = 1, after: int = 0) -> list[range]:
    """Segments of `least` frames or more, an even number of them where there are several, that begin `after` a
    `multiple` of frames."""
    count = frames // least
    count -= count % 2
    if count < 2:
        return [range(frames)]
    begins = [0, *(round(i * frames / count / multiple) * multiple + after for i in range(1, count))]
    return [range(*ends) for ends in zip(begins, [*begins[1:], frames], strict=True)]
