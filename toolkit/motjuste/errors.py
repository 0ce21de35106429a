"""The errors that motjuste raises on purpose. Imports nothing, so anyone may import it."""


class MotjusteError(Exception):
    """Something a person can mend: says what happened, and in `hint` what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RuleError(MotjusteError):
    """A rule pack is wrong; the message names the file and the rule."""


class ConfigError(MotjusteError):
    """motjuste.toml, an option or an input file is wrong."""


class DatabaseError(MotjusteError):
    """The server refused or could not be reached; never carries the text of a note."""


class ProgramError(MotjusteError):
    """A compiled program is missing, damaged or of another version."""
