"""Recording a training that somebody else runs: `Recorder` for any loop, and adapters for frameworks, one file each.

What lives here needs NumPy and the ground that recordings stand on; a framework is imported inside functions, by its
adapter alone.
"""

from weightreel.trainer.capture.recorder import Recorder
from weightreel.trainer.errors import CaptureError

__all__ = ["CaptureError", "Recorder"]
