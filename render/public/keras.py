"""`weightreel.keras.RecorderCallback(path)`: record a Keras model."""

from weightreel.trainer.capture.keras import __getattr__ as __getattr__
