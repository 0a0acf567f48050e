"""Frames converted to the samples of a codec, one after the other: most frames of a film share most of their rows with
the one before, and only those that changed are converted.

A row of samples depends on few rows of pixels around it, so that a band of a frame, with some rows beside it, gives the
samples that the whole frame gives. Colours are averaged over the square that shares a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import PIXEL_FORMAT, Frame, cv2

BT709, LIMITED = 1, 1  # FFmpeg's numbers
BAND = 16  # rows that are compared, and converted, together
REACH = 8  # rows of samples on either side of pixels that these may decide on; it is even, and at least four do
MOST = 0.6  # of a frame's rows: where more have to be converted, all of them are


class Samples:
    """Converts the frames of a clip, in their order.

    Args:
        pixel_format: FFmpeg's name of the samples; not that of frames.
        tagged: whether they are BT.709 in limited range; else they are RGB.
    """

    def __init__(self, pixel_format: str, *, tagged: bool) -> None:
        self._asked: dict[str, Any] = {"format": pixel_format, "interpolation": "AREA", "threads": 1}
        if tagged:
            self._asked |= {"dst_colorspace": BT709, "dst_color_range": LIMITED}
        self._reformatters: dict[int, VideoReformatter] = {}  # by height: one that is asked for another begins anew
        self._frame: Frame | None = None
        self._picture: av.VideoFrame | None = None

    def of(self, frame: Frame) -> av.VideoFrame:
        """A frame's samples, which nobody may change: where nothing has changed, those of the frame before.

        Args:
            frame: (height, width, 3), C-contiguous; it may be overwritten afterwards. All are of one size.
        """
        if self._frame is None or self._picture is None:
            self._frame, self._picture = frame.copy(), self._converted(frame)
            return self._picture
        bands = list(_changed(self._frame, frame))
        for begin, end in bands:
            self._frame[begin:end] = frame[begin:end]
        if bands:
            self._picture = self._changed(self._picture, frame, bands)
        return self._picture

    def _changed(self, before: av.VideoFrame, frame: Frame, bands: list[tuple[int, int]]) -> av.VideoFrame:
        """The samples of a frame of which some bands differ from the one before."""
        height = len(frame)
        if sum(end - begin + 2 * BAND for begin, end in bands) > MOST * height:
            return self._converted(frame)
        picture = av.VideoFrame(before.width, before.height, before.format.name)
        picture.colorspace, picture.color_range = before.colorspace, before.color_range
        for new, old in zip(_rows(picture), _rows(before), strict=True):
            new[:] = old
        for begin, end in bands:
            first, last = max(0, begin - BAND), min(height, end + BAND)
            part = self._converted(frame[first:last])
            inside = max(0, begin - REACH), min(height, end + REACH)
            for new, made in zip(_rows(picture), _rows(part), strict=True):
                share = height // len(new)
                top, end_row = inside[0] // share, -(-inside[1] // share)
                new[top:end_row] = made[top - first // share : end_row - first // share]
        return picture

    def _converted(self, frame: Frame) -> av.VideoFrame:
        """All samples of a frame. The default filter, bilinear, leaves a red border at 21 dB whatever the quality;
        AREA keeps 53."""
        picture = av.VideoFrame.from_numpy_buffer(frame, format=PIXEL_FORMAT)
        return self._reformatters.setdefault(len(frame), VideoReformatter()).reformat(picture, **self._asked)


def _changed(before: Frame, frame: Frame) -> Iterator[tuple[int, int]]:
    """The rows, [begin, end), in which two frames differ, in whole bands; those that are near one another together."""
    begin = end = -1
    for top in range(0, len(frame), BAND):
        bottom = min(top + BAND, len(frame))
        if not cv2.norm(before[top:bottom], frame[top:bottom], cv2.NORM_INF):
            continue
        if begin >= 0 and top - end > 2 * BAND:
            yield begin, end
            begin = top
        begin, end = (begin if begin >= 0 else top), bottom
    if begin >= 0:
        yield begin, end


def _rows(picture: av.VideoFrame) -> list[NDArray[np.uint8]]:
    """The rows of each plane, as bytes; with what pads them."""
    planes: Any = picture.planes  # PyAV says nowhere that they are buffers
    return [np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size) for plane in planes]
