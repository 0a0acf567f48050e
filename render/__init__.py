"""Films of trainings: from a scene and its recordings to clips.

Of the trainer, most rooms here know what a recording is and how options are said, and no network; only `work` trains.
What is meant for others is in `weightreel` itself.
"""
