"""The bytes of files: how kinds of clips are written, read back and compared. Knows no options."""
