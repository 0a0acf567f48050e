"""The command line: words in, words out. Imports nothing heavy until a verb needs it."""
