"""Operations of Theano's that PyTensor lacks."""
