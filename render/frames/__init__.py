"""From a scene, its recordings and an index to pixels. Knows nothing of files."""
