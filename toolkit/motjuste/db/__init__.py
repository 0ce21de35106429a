"""The database side: the only package that knows psycopg."""
