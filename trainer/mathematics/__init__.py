"""Activations, losses, initial weights and the layout of batches: functions of arrays."""
