"""What a training leaves behind, written and read: the ground that both halves stand on.

Here live the description of a training, its snapshots, which of them are kept, and how they are stored. Nothing here
knows a network: a recording of another framework's training is as good, and is read without ours.
"""
