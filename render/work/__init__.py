"""What is done for a film, in whatever process: a run trained or taken from the cache, a segment drawn and encoded.

Here the trainer is called and clips get their names. Work is said as tasks, which are plain data: see `tasks.py` and
`work.py`; how far it has come is told through `progress.py`.
"""
