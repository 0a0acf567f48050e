"""`weightreel.lightning.recorder_callback(path)`: record a module of Lightning."""

from weightreel.trainer.capture.lightning import recorder_callback as recorder_callback
