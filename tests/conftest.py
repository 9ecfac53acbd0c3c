"""What holds for every test."""

from hypothesis import settings

# Enough to find a fault within a few runs, and no clock decides: the machine may be busy.
settings.register_profile("suite", deadline=None, max_examples=50)
settings.load_profile("suite")
