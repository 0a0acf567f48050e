"""Clips proved: drawn again from their recipes, and compared."""
