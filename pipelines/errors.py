"""The error tree.

    CongressError                   one clear message: what, where, what to do
    ├── UsageError                  used wrongly; the command exits 2
    │   ├── ConfigError             congresses.yaml, a catalogue or .env is wrong
    │   └── InputError              a file given to a command cannot be read as what it should be
    ├── StoreError                  our own state is not as it must be; stop loudly
    │   └── StoreLocked             another process owns the database file
    ├── ReadsUnavailable            the owner of the database does not answer
    ├── TooMuchAsked                the owner is asked more than it takes; it says when to ask again
    ├── LakeAway                    the lake that several hosts share does not answer, or not as it should
    ├── NotAllowed                  the person's role does not reach that far
    └── SourceStopped               a source cannot go on without a person (a wrong key, no access)

Everything else that goes wrong upstream (a torn line, a dropped connection) is counted, recorded as a
gap or in health, and survived; it is no exception outside its source.
"""


class CongressError(Exception):
    """Base of every error whose message is meant for the person at the keyboard."""


class UsageError(CongressError):
    """The command was used wrongly; nothing was changed."""


class ConfigError(UsageError):
    """One or more mistakes in a configuration file.

    Args:
        mistakes: one finished line per mistake, ``file:line: what is wrong (did you mean ...?)``.
    """

    def __init__(self, *mistakes: str):
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


class InputError(UsageError):
    """A file given to a command cannot be read as what it should be."""


class StoreError(CongressError):
    """The database is not as it must be."""


class StoreLocked(StoreError):
    """Another process owns the database file."""


class ReadsUnavailable(CongressError):
    """The process that owns the database does not answer."""


class TooMuchAsked(CongressError):
    """More was asked of the owner than it takes; ``wait`` is how many seconds later it may be asked again."""

    def __init__(self, message: str, wait: float = 1.0):
        self.wait = wait
        super().__init__(f"{message}; ask again in {max(1, round(wait + 0.5))} s")


class LakeAway(CongressError):
    """The lake that several hosts share does not answer, or not as it should; what is to reach it waits."""


class NotAllowed(CongressError):
    """Whoever asks may not: the role does not reach that far. Nothing was changed or told."""


class SourceStopped(CongressError):
    """A source cannot go on without a person: a wrong key, no access, nothing left to spend."""
