"""Pixels, words, sizes, rectangles, axes, colour maps, tiles: what views are made with.

A function here takes arrays, words and numbers, and paints on a canvas or measures. Whatever two views would both need
belongs here. Nothing here knows a scene, a view or a file.
"""
