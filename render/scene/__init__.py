"""What a scene file says: its types, reading it, its messages. Knows nothing of how frames are made."""
