"""The training loop, with its costs, progress, callbacks and error rates."""
