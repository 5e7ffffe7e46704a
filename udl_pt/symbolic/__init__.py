"""Random streams, weights, costs, corruption, loops and updates: the parts of the models' graphs.

`calling` holds the rule of all models: symbolic in, symbolic out; arrays in, arrays out.
"""
