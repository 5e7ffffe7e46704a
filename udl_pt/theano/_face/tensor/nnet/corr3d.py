"""``theano.tensor.nnet.corr3d``: correlations in three dimensions, whose filters aren't flipped."""

from udl_pt.theano._ops.conv_corr import BaseCorr3dMM, Corr3dMM, Corr3dMM_gradInputs, Corr3dMM_gradWeights

__all__ = ["BaseCorr3dMM", "Corr3dMM", "Corr3dMM_gradInputs", "Corr3dMM_gradWeights"]
