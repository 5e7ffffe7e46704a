"""What only SNE and t-SNE use: affinities, objective, gradients, the loop."""
