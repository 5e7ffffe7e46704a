"""What only restricted Boltzmann machines use: visible units, Gibbs chains, contrastive divergence."""
