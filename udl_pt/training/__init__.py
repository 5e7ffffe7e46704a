"""The training loop, with its costs, progress, callbacks and error rates.

``fit`` makes a `run` of its arguments, which checks them. `loop` trains, and `records` measure. The callbacks
are `schedules`, `early_stopping`, `averaging` and `update_sizes`.
"""
