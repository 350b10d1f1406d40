"""Coordinates, sequence and alleles: what every stage needs to know of a genome."""
