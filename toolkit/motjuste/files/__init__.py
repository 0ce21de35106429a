"""Opens files safely, finds the lines of TOML values, and makes CSV cells harmless."""
