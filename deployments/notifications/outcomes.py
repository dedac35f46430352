"""How handing a message over can end, other than well; `args[0]` is a code for the log."""


class NotNow(Exception):
    """It was not accepted, and trying again may help."""


class Unsure(NotNow):
    """It may have been accepted: the answer is missing."""


class Never(Exception):
    """It was refused for good."""


class Needless(Exception):
    """There is nobody, or nothing, to hand over any more."""
