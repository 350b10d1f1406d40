"""Molecules to alleles and their counts."""
