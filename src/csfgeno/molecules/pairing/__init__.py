"""The two strands of a molecule where one UMI a read pair does not tie them: how many there are, and which."""
