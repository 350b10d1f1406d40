"""Reads to families: UMIs, outer ends of fragments, strands, wrong bases in UMIs."""
