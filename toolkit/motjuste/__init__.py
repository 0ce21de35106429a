"""motjuste: keeps the free-comment columns of a PostgreSQL database lawful."""

__version__ = "0.2.0"
