"""Alleles to HGVS names and consequences on the panel transcripts."""
