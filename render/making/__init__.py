"""The way from a scene to its clips: sources, plan, record, write, report; read `film.py` first.

Here the trainer is called and clips get their names, also those of stills, sessions, tables and recipes. Nothing here
prints or knows who asked: how far work has come is told to the `Track` that was given.
"""
