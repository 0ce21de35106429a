"""A scan of what is stored: what is found in it, and the journal by which it goes on."""
