"""What a training leaves behind, written and read: the ground that both halves stand on."""
