"""What a scene file says: its types, reading it, what contradicts itself in it, its schema.

All that is wrong is found together and said by key. Nothing here knows how frames are made, loads data or trains; what
needs those to be judged is judged in `check`.
"""
