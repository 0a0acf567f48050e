"""Encoders, one file each: from frames to a clip that is on disk whole or not at all.

An encoder is frozen options, a subclass of `Output`, whose `open` returns a `Sink`. What they share stands in files
whose names begin with `_`. Encoders know nothing of scenes, views or recordings.
"""

from weightreel.render.encoders._encoder import Clip, Encoder, write_all
from weightreel.render.encoders._output import Output
from weightreel.render.formats.spec import Sink, Spec

__all__ = ["Clip", "Encoder", "Output", "Sink", "Spec", "write_all"]
