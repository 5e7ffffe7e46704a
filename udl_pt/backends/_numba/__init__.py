"""What PyTensor's Numba linker lacks: BLAS in place, vectorised loops, checked cache files."""
