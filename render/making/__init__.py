"""The way from a scene to its clips: train, draw, write. Knows nothing of who asked."""
