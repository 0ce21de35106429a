"""The officer's desk in a browser: `app` puts it together, `guard` says who may come in, the other modules are its pages.

The desk takes a policy, a matcher and the sessions of `db.people`, and makes pages by the templates of html/<language>/. It keeps nothing
of a note between two requests, and puts nothing of a note into an address, a log or a title.
"""
