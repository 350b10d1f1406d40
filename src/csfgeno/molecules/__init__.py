"""Alignments to molecules: mates, UMI families, duplex, consensus.

`reader` yields the molecules of each tile, `collapse` is the order of the steps, and each step has a folder:
`grouping`, `realignment`, `voting`. `consensus` writes families out for other tools.
"""
