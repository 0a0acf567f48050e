"""Films of trainings: from a scene and its recordings to clips. What is meant for others is in `weightreel` itself."""
