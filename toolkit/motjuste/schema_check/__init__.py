"""The schema check: migrations in, a schema model out, and the columns of notes that nobody watches. Pure, all of it.

    files     layout: which, and in what order; variables and psql: what psql makes of them; replay: one after the other
    text      lexer -> cursor -> statements, which gives each statement to its reader: tables, alter, views, routines, drops...
    model     catalogue: what exists; session: where a run is; builtins: what a server brings along
    queries   clauses cuts them and grammar reads expressions: for their types (queries, expressions), for their values (questions, answers)
    blocks    blocks cuts PL/pgSQL into steps, plpgsql runs them
    verdict   seen: the columns with their scores; coverage: what is watched; rules: what is wrong

What is not understood raises NotUnderstood and is told; what a server would refuse raises Refused.
"""
