"""Lines of text read from pictures by tesseract, many to a process."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from weightreel.render.drawing.canvas import Frame

PROGRAM = "tesseract"
MISSING = (
    f"{PROGRAM} is not there, the program that reads words in pictures; get it with `apt install tesseract-ocr` "
    "(Debian, Ubuntu), `dnf install tesseract` (Fedora) or `brew install tesseract` (macOS)"
)
DIGITS = "0123456789.-%"
LINE, SIGN = "7", "10"  # what tesseract is told that a picture shows: a line, or a single sign
WORD = "5"  # the level of a word in tables of tesseract: page, block, paragraph, line, word
EM = 48  # pixels of the type size of what it reads: capitals of 32, for which it is trained
MARGIN = 16  # pixels of background around


def there() -> bool:
    """Whether the program is found."""
    return shutil.which(PROGRAM) is not None


def version() -> str:
    """What it calls itself."""
    told = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
    return (told.stdout or told.stderr).splitlines()[0]


def prepared(crop: Frame, size: int) -> Frame:
    """A crop with type of `size` pixels as tesseract wants it: gray, dark on light, large, background around it."""
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    edge = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    if np.median(edge) < 128:
        gray, edge = 255 - gray, 255 - edge
    scale = EM / size
    large = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    around = (MARGIN,) * 4
    return cv2.copyMakeBorder(large, *around, cv2.BORDER_CONSTANT, value=int(np.median(edge)))


def read(pictures: Sequence[Frame], *, digits: bool, sign: bool = False) -> list[str]:
    """What stands in pictures of a line each, or of a single sign: digits and what goes with them, or anything."""
    workers = os.cpu_count() or 1
    parts = [pictures[i::workers] for i in range(workers)]
    settings = ["--psm", SIGN if sign else LINE, *(["-c", f"tessedit_char_whitelist={DIGITS}"] if digits else [])]
    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(lambda part: _pages(part, settings), parts))
    return [found[i % workers][i // workers] for i in range(len(pictures))]


def _pages(pictures: Sequence[Frame], settings: Sequence[str]) -> list[str]:
    """What one process reads; its own threads would wait for those of the others."""
    if not pictures:
        return []
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number:05}.png" for number in range(len(pictures))]
        for path, picture in zip(paths, pictures, strict=True):
            cv2.imwrite(str(path), picture)
        names = Path(folder) / "names.txt"
        names.write_text("\n".join(map(str, paths)) + "\n")
        call = [PROGRAM, str(names), "stdout", "--dpi", "150", *settings, "tsv"]
        told = subprocess.run(call, capture_output=True, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
    said: list[list[str]] = [[] for _ in pictures]
    for row in csv.DictReader(told.stdout.decode().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == WORD:
            said[int(row["page_num"]) - 1].append(row["text"].strip())
    return [" ".join(words).strip() for words in said]
