"""Insertions and deletions of one base or more have rates of their own, which the repeats of a form share."""

import numpy as np
import pytest

from csfgeno.errormodel.classes import KINDS
from csfgeno.errormodel.context import INDEL_CLASSES, INDEL_FORMS, RUN_BINS
from csfgeno.errormodel.counts import Floats
from csfgeno.errormodel.shrinkage import RUN_GROWTH, doubt_indel_rates, shrink_indel_rates
from csfgeno.thresholds import Thresholds

KIND, BINS = 1, len(RUN_BINS)
RATE = 1e-5 * np.outer([1.0, 1.0, 10.0, 1.0], RUN_GROWTH)
"""True rates, shape (form, bin): deletions of one base are ten times as frequent as every other form."""


def counted(chances: float) -> tuple[Floats, Floats]:
    """As many errors as are expected of `chances` outside repeats, shape (kind, class); in repeats there were none."""
    errors, all_chances = np.zeros((len(KINDS), INDEL_CLASSES)), np.zeros((len(KINDS), INDEL_CLASSES))
    all_chances[KIND, ::BINS] = chances
    errors[KIND, ::BINS] = chances * RATE[:, 0]
    return errors, all_chances


def test_a_repeat_without_chances_has_the_rate_of_its_form_and_not_of_all_forms() -> None:
    rates = shrink_indel_rates(*counted(5e6), Thresholds())[KIND].reshape(INDEL_FORMS, BINS)
    assert rates[:, :4] == pytest.approx(RATE[:, :4], rel=0.12)


def test_a_form_without_errors_is_not_said_to_be_without_any() -> None:
    errors, chances = counted(5e6)
    errors[KIND, :BINS] = 0.0
    rates = shrink_indel_rates(errors, chances, Thresholds())[KIND]
    # One error lent by the form above in 5 million chances, and then one more by the form itself.
    assert 0.0 < rates[0] < 1.0 / 5e6


def test_the_doubt_of_a_repeat_without_chances_is_that_of_its_form() -> None:
    errors, _ = counted(2e5)
    doubt = doubt_indel_rates(errors)[KIND].reshape(INDEL_FORMS, BINS)
    whole = 1.0 / (errors[KIND].sum() + 1.0)
    for form, seen in enumerate(errors[KIND, ::BINS]):
        of_form = 1.0 / (seen + 1.0) + (1.0 / (seen + 1.0)) ** 2 * whole
        assert doubt[form, 1] == pytest.approx(1.0 + of_form)
        own = 1.0 / (seen + 1.0)
        assert doubt[form, 0] == pytest.approx(own + own**2 * of_form)
    assert (doubt[2, 1:] < doubt[0, 1:]).all()
