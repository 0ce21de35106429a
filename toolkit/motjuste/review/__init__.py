"""Reviewing: from findings and the live note to decisions. Knows nothing of terminals, files or databases.

`note` is a note under review, `writer` what becomes of it under given verdicts, `session` the state machine behind
`motjuste review`, `sheet` the round trip through a spreadsheet.
"""
