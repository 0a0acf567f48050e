"""Small networks trained in NumPy, recorded snapshot by snapshot. Knows nothing of films."""
