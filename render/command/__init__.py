"""The command line and the reference: words in, words out.

The verbs only turn words into calls of the rooms below and what comes back into words; whatever a script could want too
belongs further down. Nothing heavy is imported until a verb needs it, so that help comes at once.
"""
