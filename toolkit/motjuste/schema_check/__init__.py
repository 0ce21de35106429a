"""The schema check: migrations in, a schema model out, and the columns of notes that nobody watches.

lexer -> statements -> replay (on a catalogue of tables, types and triggers) -> rules -> problems. Pure, all of it.
"""
