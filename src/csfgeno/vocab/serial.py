"""Words for what samples of different days say of each other."""

from enum import StrEnum


class SerialResult(StrEnum):
    """How an allele of one kind of specimen differs between two dates, as far as the counts can tell."""

    ROSE = "ROSE"
    FELL = "FELL"
    NEWLY_DETECTED = "NEWLY_DETECTED"  # more than before, and not detected before
    NO_LONGER_DETECTED = "NO_LONGER_DETECTED"  # less than before, and not detected now
    NO_CHANGE_SHOWN = "NO_CHANGE_SHOWN"  # the difference is within what counting and two runs explain
    NOT_COMPARABLE = "NOT_COMPARABLE"  # one of the dates cannot be assessed, or has no molecule counts
