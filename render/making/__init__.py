"""The way from a scene to its clips: record, write, report; read `film.py` first.

What is known before stands in `planning`, what is done in `work`, who does it in `crews`. Nothing here prints or knows
who asked: how far work has come is told to the `Track` that was given.
"""
