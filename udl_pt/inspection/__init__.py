"""Features (chapter 5), attacks and augmentation (chapter 6), and likelihoods of RBMs."""
