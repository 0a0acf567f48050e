"""`weightreel.huggingface.RecorderCallback(path)`: record a model of Transformers."""

from weightreel.trainer.capture.huggingface import __getattr__ as __getattr__
