"""``theano.tensor.nnet.corr``: correlations, whose filters aren't flipped."""

from udl_pt.theano._ops.conv_corr import BaseCorrMM, CorrMM, CorrMM_gradInputs, CorrMM_gradWeights

__all__ = ["BaseCorrMM", "CorrMM", "CorrMM_gradInputs", "CorrMM_gradWeights"]
