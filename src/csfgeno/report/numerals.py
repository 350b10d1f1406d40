"""Numbers as a reader wants them: two significant digits, thousands separators, no false precision."""

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal

DASH = "–"


def percent(fraction: float) -> str:
    """Return a fraction as percent with two significant digits: `0.38%`, `38%`, `100%`."""
    return _percent(fraction, ROUND_HALF_EVEN)


def percent_at_most(fraction: float) -> str:
    """Return a limit of detection as percent, rounded up so that it never claims more than was computed."""
    return _percent(fraction, ROUND_CEILING)


def percent_range(low: float, high: float) -> str:
    """Return an interval as percent: `0.21–0.66%`."""
    return f"{percent(low).removesuffix('%')}{DASH}{percent(high)}"


def count(number: int) -> str:
    """Return a count with thousands separators: `1,240`."""
    return f"{number:,}"


def quantity(value: float) -> str:
    """Return a measured quantity with up to three significant digits and thousands separators."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratio(value: float) -> str:
    """Return a ratio with two significant digits and no exponent: `0.081`, `1.3`, `170`."""
    rounded = Context(prec=2).plus(Decimal(str(float(value))))
    return f"{rounded:,.{max(0, 1 - rounded.adjusted())}f}" if value else "0"


def rate(value: float) -> str:
    """Return an error rate with two significant digits: `1.4e-8`, `0`."""
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if value else "0"


def signed(value: float, digits: int) -> str:
    """Return a number with its sign and a true minus: `+1.52`, `−0.05`, `0`."""
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{digits}f}"


def _percent(fraction: float, rounding: str) -> str:
    # The shortest decimal of the float, so that 0.0038 is 0.38% and not a hair more when rounded up.
    value = Decimal(str(float(fraction))) * 100
    if value == 0:
        return "0%"
    rounded = Context(prec=2, rounding=rounding).plus(value)
    return f"{rounded:.{max(0, 1 - rounded.adjusted())}f}%"
