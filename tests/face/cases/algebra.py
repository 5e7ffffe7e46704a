"""Linear algebra and Fourier transforms."""

from . import error, kind, values


def _square(theano, np, n=3):
    a = values(theano, n, n)
    return (a.dot(a.T) + np.eye(n)).astype(theano.config.floatX)


def case_inverse_det_trace(theano, T, np):
    m = T.matrix()
    outs = [T.nlinalg.matrix_inverse(m), T.nlinalg.det(m), T.nlinalg.trace(m), T.nlinalg.pinv(m)]
    return [kind(out) for out in outs] + theano.function([m], outs)(_square(theano, np))


def case_gradients_of_inverse_and_det(theano, T, np):
    m = T.matrix()
    costs = [T.nlinalg.matrix_inverse(m).sum(), T.nlinalg.det(m), T.log(T.nlinalg.det(m)), T.nlinalg.trace(m)]
    return theano.function([m], [T.grad(c, m) for c in costs])(_square(theano, np))


def case_names_in_sandbox(theano, T, np):
    from theano.sandbox import linalg

    m = T.matrix()
    outs = [linalg.matrix_inverse(m), linalg.det(m), linalg.trace(m), linalg.cholesky(m), linalg.diag(m)]
    return theano.function([m], outs)(_square(theano, np))


def case_inverse_of_singular(theano, T, np):
    m = T.matrix()
    return error(theano.function([m], T.nlinalg.matrix_inverse(m)), np.ones((2, 2), theano.config.floatX))


def case_allocdiag_extractdiag(theano, T, np):
    m, v = T.matrix(), T.vector()
    outs = [T.nlinalg.extract_diag(m), T.nlinalg.alloc_diag(v), T.nlinalg.diag(v)]
    return theano.function([m, v], outs)(_square(theano, np, 2), values(theano, 2))


def case_eig(theano, T, np):
    m = T.matrix()
    w, v = T.nlinalg.eigh(m)
    w2, _ = T.nlinalg.eig(m)
    outs = theano.function([m], [w, abs(v), T.sort(w2), T.dot(v * w, v.T)])(_square(theano, np))
    return outs


def case_eigh_gradient(theano, T, np):
    m = T.matrix()
    w, _ = T.nlinalg.eigh(m)
    return theano.function([m], T.grad(w[0], m))(_square(theano, np))


def case_svd_qr(theano, T, np):
    m = T.matrix()
    u, s, v = T.nlinalg.svd(m, full_matrices=False)
    q, r = T.nlinalg.qr(m)
    outs = [s, T.dot(u * s, v), T.dot(q, r), abs(r), T.nlinalg.svd(m, compute_uv=False)]
    return theano.function([m], outs)(values(theano, 3, 2))


def case_matrix_dot_power(theano, T, np):
    m = T.matrix()
    outs = [T.nlinalg.matrix_dot(m, m, m), T.nlinalg.matrix_power(m, 3)]
    return theano.function([m], outs)(_square(theano, np, 2))


def case_norm(theano, T, np):
    m, v = T.matrix(), T.vector()
    outs = [
        T.nlinalg.norm(m, "fro"),
        T.nlinalg.norm(m, 1),
        T.nlinalg.norm(m, "inf"),
        T.nlinalg.norm(v, None),
        T.nlinalg.norm(v, 3),
        T.nlinalg.norm(v, "inf"),
        T.nlinalg.norm(v, 0),
    ]
    return theano.function([m, v], outs)(values(theano, 2, 3), values(theano, 3))


def case_norm_errors(theano, T, np):
    return [
        error(T.nlinalg.norm, T.matrix(), "nothing"),
        error(T.nlinalg.norm, T.tensor4(), None),
        error(T.nlinalg.norm, T.vector(), "fro"),
    ]


def case_lstsq(theano, T, np):
    a, b = T.matrix(), T.vector()
    x, residuals, rank, s = T.nlinalg.lstsq()(a, b, -1)
    return theano.function([a, b], [x, rank, s])(values(theano, 4, 2), values(theano, 4))


def case_tensorinv_tensorsolve(theano, T, np):
    a, b = T.tensor4(), T.matrix()
    m = _square(theano, np, 4).reshape(2, 2, 2, 2)
    return theano.function([a, b], [T.nlinalg.tensorinv(a, ind=2), T.nlinalg.tensorsolve(a, b)])(
        m, values(theano, 2, 2)
    )


def case_solve(theano, T, np):
    a, b, c = T.matrix(), T.vector(), T.matrix()
    outs = [T.slinalg.solve(a, b), T.slinalg.solve(a, c), T.grad(T.slinalg.solve(a, b).sum(), a)]
    return theano.function([a, b, c], outs)(_square(theano, np), values(theano, 3), values(theano, 3, 2))


def case_solve_triangular(theano, T, np):
    a, b = T.matrix(), T.vector()
    outs = [T.slinalg.solve_lower_triangular(T.tril(a), b), T.slinalg.solve_upper_triangular(T.triu(a), b)]
    return theano.function([a, b], outs)(_square(theano, np), values(theano, 3))


def case_cholesky(theano, T, np):
    from theano.tensor import slinalg

    m = T.matrix()
    lower = slinalg.cholesky(m)
    outs = [lower, T.grad(lower.sum(), m), slinalg.Cholesky(lower=False)(m)]
    return theano.function([m], outs)(_square(theano, np)) + [
        error(theano.function([m], lower), -_square(theano, np))
    ]


def case_kron_expm(theano, T, np):
    from theano.tensor import slinalg

    a, b = T.matrix(), T.matrix()
    outs = [slinalg.kron(a, b), slinalg.expm(a * 0.1), T.grad(slinalg.expm(a * 0.1).sum(), a)]
    return theano.function([a, b], outs)(values(theano, 2, 2), values(theano, 1, 2))


def case_eigvalsh(theano, T, np):
    from theano.tensor import slinalg

    a, b = T.matrix(), T.matrix()
    return theano.function([a, b], slinalg.eigvalsh(a, b))(
        _square(theano, np), np.eye(3, dtype=theano.config.floatX) * 2
    )


def case_fft(theano, T, np):
    from theano.tensor import fft

    x = T.matrix()
    forward = fft.rfft(x)
    ortho = fft.rfft(x, norm="ortho")
    outs = [forward, fft.irfft(forward), ortho, T.grad((forward**2).sum(), x)]
    return [kind(out) for out in outs] + theano.function([x], outs)(values(theano, 2, 4))


def case_fft_odd(theano, T, np):
    from theano.tensor import fft

    x = T.matrix()
    return theano.function([x], fft.irfft(fft.rfft(x), is_odd=True))(values(theano, 2, 5)), error(
        fft.rfft, x, norm="nothing"
    )


def case_fourier(theano, T, np):
    from theano.tensor.fourier import fft

    x = T.zmatrix()
    return theano.function([x], fft(x, 4, 1))(values(theano, 2, 4).astype("complex128"))


def case_pca_by_eigenvectors(theano, T, np):
    x = T.matrix()
    c = T.dot((x - x.mean(axis=0)).T, x - x.mean(axis=0)) / (x.shape[0] - 1)
    w, v = T.nlinalg.eigh(c)
    return theano.function([x], [c, w, abs(T.dot(x, v[:, ::-1][:, :1]))])(values(theano, 6, 3))


def case_gaussian_log_density(theano, T, np):
    x, m, c = T.vector(), T.vector(), T.matrix()
    d = x - m
    y = -0.5 * (
        T.dot(d, T.dot(T.nlinalg.matrix_inverse(c), d))
        + T.log(T.nlinalg.det(c))
        + d.shape[0] * np.log(2 * np.pi)
    )
    return [
        kind(y),
        theano.function([x, m, c], [y, *T.grad(y, [x, m, c])])(
            values(theano, 3), values(theano, 3)[::-1].copy(), _square(theano, np)
        ),
    ]
