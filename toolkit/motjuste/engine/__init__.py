"""The program of a pack, and what walks it: read, match, admit, score, prune. Pure."""
