"""Variants to therapies with evidence of activity in the central nervous system."""
