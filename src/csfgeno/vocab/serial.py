"""Words for what samples of different days say of each other."""

from enum import StrEnum


class SerialResult(StrEnum):
    """How an allele, junction or gene of one kind of specimen differs between two dates, as far as can be told.

    Of a gene, `ROSE` and `FELL` are of its log2 ratio.
    """

    ROSE = "ROSE"
    FELL = "FELL"
    NEWLY_DETECTED = "NEWLY_DETECTED"  # more than before, and not detected before
    NO_LONGER_DETECTED = "NO_LONGER_DETECTED"  # less than before, and not detected now
    NO_CHANGE_SHOWN = "NO_CHANGE_SHOWN"  # the difference is within what counting and two runs explain
    NOT_COMPARABLE = "NOT_COMPARABLE"  # one of the dates cannot be assessed, or has no molecule counts


class CopyEvent(StrEnum):
    """What is followed of the copies of a gene."""

    AMPLIFICATION = "AMPLIFICATION"
    DEEP_LOSS = "DEEP_LOSS"


class CopyReading(StrEnum):
    """What a difference of log2 ratios between two dates says of the copies per tumour cell."""

    COPIES_CHANGED = "COPIES_CHANGED"  # copies differ beyond the errors of both ratios and both tumour fractions
    FRACTION_MAY_EXPLAIN = "FRACTION_MAY_EXPLAIN"  # they do not: the share of tumour DNA may have changed alone
    CANNOT_TELL = "CANNOT_TELL"  # a tumour fraction is not known
    OTHER_BASELINE = "OTHER_BASELINE"  # the ratios are of different panels or baselines and are not compared
