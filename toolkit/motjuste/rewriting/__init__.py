"""The parts of rewriting: `sentence` cuts notes and joins what stays, `clause` says what a clause tells, `subject` of whom.

`wording` is what is said for what goes, `mask` what stands for a number, `remains` what of a sentence stays, `draft` the note.
"""
