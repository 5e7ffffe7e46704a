"""The book's models, one per file.

Chapter 1: `pca`. Chapter 2: `tsne`. Chapter 3: `autoencoder` and `dnn`, with `deep_autoencoder` beside them.
Chapter 4: `rbm`, and beyond it `dbn`, whose samples `sampling` draws. Beyond the book: `ladder`.

A leading underscore marks what only serves these: `_rbm` for the RBM, `_sne` for t-SNE, and the modules that
layers and networks share.
"""
