"""The book's models, one per file, in its order."""
