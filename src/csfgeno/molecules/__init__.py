"""Alignments to molecules: mates, UMI families, duplex, consensus."""
