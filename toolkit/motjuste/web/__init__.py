"""The officer's desk in a browser: `app` puts it together, `guard` says who may come in, the other modules are its pages.

In come a policy, what finds, and the sessions of `db.people`; pages come out, by the templates of html/<language>/. Nothing of a
note is kept between two requests, and none stands in an address, a log or a title.
"""
