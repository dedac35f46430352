"""What stops a command; the text is the one line that its user reads."""


class LaunchError(Exception):
    """Says what is wrong and what to do about it."""
