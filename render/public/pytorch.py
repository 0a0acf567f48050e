"""`weightreel.pytorch.watch(model, recorder)`: record a module of PyTorch."""

from weightreel.trainer.capture.pytorch import Watch as Watch
from weightreel.trainer.capture.pytorch import watch as watch
