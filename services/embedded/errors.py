"""What stops the one-command hub from starting."""


class StartError(Exception):
    """The hub cannot start; the message tells a person why, and what to do about it."""
