"""Errors, validation, files, memory and interrupts. Nothing here imports another package of `udl_pt`."""
