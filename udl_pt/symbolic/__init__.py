"""Random streams, weights, costs, corruption, loops and updates: the parts of the models' graphs."""
