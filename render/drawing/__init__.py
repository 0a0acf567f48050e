"""Pixels, words, sizes, rectangles: what views are made with. Knows nothing of scenes, views or files."""
