"""Random streams, weights, costs, corruption, loops and updates: the pieces of which models build graphs."""
