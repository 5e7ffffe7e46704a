"""The book's models, one a file, in its order."""
