"""Who does the work on a film: this process, several beside it, or the workers of a cluster; see `crew.py`.

`MACHINES.md` says how it is done on many machines, and what scales.
"""
