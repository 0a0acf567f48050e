"""The bytes of files: how kinds of clips are written, read back and compared with what was asked.

Containers, palettes, what changed between two frames, parts that are not yet whole. Nothing here knows the options of
an encoder: what it needs it is told in a `Spec` or in numbers.
"""
