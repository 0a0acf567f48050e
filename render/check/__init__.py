"""What is wrong with a scene, or will look wrong, as findings, before anything is trained.

`whole.findings` is all of it, for `check`, `render` and `still` alike; each other file looks at one side. Nothing here
writes, trains or draws, but for one frame of each output that nobody keeps.
"""
