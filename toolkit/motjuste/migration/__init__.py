"""Redaction migrations: from reviewed decisions to the files of the user's own migration runner.

`shape` holds the values, `quote` what makes them safe in a file, `survey` reads and checks the decisions once,
`plan` renders them, `formats` knows what each runner wants, `script` reads a file back for `motjuste migrate apply`.
"""
