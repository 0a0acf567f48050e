"""Small networks trained in NumPy, recorded snapshot by snapshot.

A training is a generator of snapshots that depends on its run, its data and its seed alone; who takes them, and what
for, is not known here. Nothing here knows films, frames or `weightreel.render`.
"""
