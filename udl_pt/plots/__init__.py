"""The book's pictures. Each function takes arrays and returns a matplotlib figure; none shows or saves it."""

from matplotlib.figure import Figure

from udl_pt.plots._curves import (
    COLOURS,
    MARKERS,
    learning_curve,
    open_grid,
    plot_confusion,
    plot_costs,
    plot_embeddings,
    plot_errors,
    plot_repeated_runs,
    plot_robustness,
    plot_toy_data,
    plot_updates,
    plot_variance,
    show_costs,
)
from udl_pt.plots._images import (
    plot_adversarial,
    plot_completions,
    plot_fantasies,
    plot_features,
    plot_filters,
    plot_images,
    plot_reconstructions,
)

__all__ = [
    "COLOURS",
    "MARKERS",
    "Figure",
    "learning_curve",
    "open_grid",
    "plot_adversarial",
    "plot_completions",
    "plot_confusion",
    "plot_costs",
    "plot_embeddings",
    "plot_errors",
    "plot_fantasies",
    "plot_features",
    "plot_filters",
    "plot_images",
    "plot_reconstructions",
    "plot_repeated_runs",
    "plot_robustness",
    "plot_toy_data",
    "plot_updates",
    "plot_variance",
    "show_costs",
]
