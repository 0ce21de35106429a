"""`motjuste demo`: an invented customer database with notes, and the whole flow on it."""
