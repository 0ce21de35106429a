"""The search of a person's notes, and the register of such requests."""
