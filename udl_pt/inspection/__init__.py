"""Chapters 5 and 6, and likelihoods: features, attacks, augmentation, partition functions."""
