"""From a scene, its recordings and an index to pixels: `Take`, `Course`, `Film`.

A take is an output settled against its scene, a course says which steps a frame shows, a film draws it. Each frame can
be drawn alone. Nothing here trains, opens a recording or names a file.
"""
