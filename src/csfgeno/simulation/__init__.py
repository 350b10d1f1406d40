"""Seeded reads with known truth: specimens drawn molecule by molecule, and variants spiked into reads that exist.

Nothing here is shared with the stages that count, weigh or call: what made the data must not judge it.
"""
