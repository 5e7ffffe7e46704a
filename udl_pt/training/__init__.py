"""The training loop, and what it reports: costs, progress, callbacks, error rates."""
