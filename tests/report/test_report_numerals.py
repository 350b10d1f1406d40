"""Numbers for readers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.report.numerals import count, percent, percent_at_most, percent_range, quantity, ratio


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "0%"),
        (0.0038, "0.38%"),
        (5 / 1312, "0.38%"),
        (0.38, "38%"),
        (0.3846, "38%"),
        (0.05, "5.0%"),
        (1.0, "100%"),
        (0.9999, "100%"),
        (0.00001, "0.0010%"),
    ],
)
def test_percent(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.0038, "0.38%"), (0.00381, "0.39%"), (0.079, "7.9%"), (0.0999, "10%")]
)
def test_percent_at_most(fraction: float, text: str) -> None:
    assert percent_at_most(fraction) == text


@given(st.floats(1e-7, 1.0))
def test_a_shown_limit_never_claims_more_than_was_computed(fraction: float) -> None:
    shown = Decimal(percent_at_most(fraction).removesuffix("%")) / 100
    exact = Decimal(repr(fraction))
    assert exact <= shown <= exact * Decimal("1.101")


@given(st.floats(1e-7, 1.0))
def test_percent_is_within_its_last_digit(fraction: float) -> None:
    shown = Decimal(percent(fraction).removesuffix("%")) / 100
    assert abs(shown - Decimal(repr(fraction))) <= Decimal(repr(fraction)) * Decimal("0.0501")


def test_ranges_counts_and_quantities() -> None:
    assert percent_range(0.0021, 0.0066) == "0.21–0.66%"
    assert count(1240) == "1,240"
    assert (quantity(3636.4), quantity(6.0), quantity(0.8333)) == ("3,636", "6", "0.833")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.0812, "0.081"), (0.22, "0.22"), (1.26, "1.3"), (66.1, "66"), (174.0, "170"), (1530.0, "1,500")],
)
def test_ratio(value: float, text: str) -> None:
    assert ratio(value) == text
