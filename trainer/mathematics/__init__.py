"""Activations, losses, initial weights and the layout of batches: functions of arrays.

They take arrays and give arrays; whatever keeps parameters between two calls is a layer or an optimizer. Nothing here
knows a network, a dataset or a recording.
"""
