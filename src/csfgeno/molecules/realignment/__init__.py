"""Reads to the haplotypes they fit: candidates from indels and clips, and reads rewritten to state them."""
