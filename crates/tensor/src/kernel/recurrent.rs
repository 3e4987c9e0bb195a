//! Recurrent cells over rows: what the gates make of the state, each with the kernel that adds its gradients.
//!
//! A row of gates holds those of each hidden number one behind the other, in PyTorch's order. A saturated gate keeps the
//! digits of its slope: `$\sigma(x)\,\sigma(-x)$` and `$1/\cosh^2 x$` come from exponentials, not from differences.

use super::math::{logistic_pdf, sech_squared, sigmoid, tanh};
use super::{Real, run_wide};

/// A row in `N` parts of `n` numbers.
#[inline(always)]
fn parts<T, const N: usize>(row: &[T], n: usize) -> [&[T]; N] {
    std::array::from_fn(|k| &row[k * n..][..n])
}

/// The LSTM's new state `$c' = \sigma(f)\,c + \sigma(i) \tanh(g)$` from gates `(i, f, g, o)`.
pub(crate) fn lstm_state<T: Real>(gates: &[T], c: &[T], n: usize, y: &mut [T]) {
    #[inline(always)]
    fn row<T: Real>([i, f, g, _]: [&[T]; 4], c: &[T], y: &mut [T]) {
        for ((((y, &c), &i), &f), &g) in y.iter_mut().zip(c).zip(i).zip(f).zip(g) {
            *y = sigmoid(f) * c + sigmoid(i) * tanh(g);
        }
    }
    run_wide(
        #[inline(always)]
        || {
            for ((y, c), gates) in y.chunks_exact_mut(n).zip(c.chunks_exact(n)).zip(gates.chunks_exact(4 * n))
            {
                row(parts(gates, n), c, y);
            }
        },
    );
}

/// The gradients of [`lstm_state`] for outputs weighted by `d`.
pub(crate) fn lstm_state_pull<T: Real>(
    (gates, c, d): (&[T], &[T], &[T]),
    n: usize,
    of_gates: &mut [T],
    of_c: &mut [T],
) {
    #[inline(always)]
    fn row<T: Real>([i, f, g, _]: [&[T]; 4], c: &[T], d: &[T], of_gates: &mut [T], of_c: &mut [T]) {
        let n = d.len();
        let (di, rest) = of_gates.split_at_mut(n);
        let (df, dg) = rest.split_at_mut(n);
        let inputs = c.iter().zip(d).zip(i).zip(f).zip(g);
        let outputs = of_c.iter_mut().zip(di).zip(df).zip(dg);
        for ((((dc, di), df), dg), ((((&c, &d), &i), &f), &g)) in outputs.zip(inputs) {
            *di += d * tanh(g) * logistic_pdf(i);
            *df += d * c * logistic_pdf(f);
            *dg += d * sigmoid(i) * sech_squared(g);
            *dc += d * sigmoid(f);
        }
    }
    run_wide(
        #[inline(always)]
        || {
            let inputs = gates.chunks_exact(4 * n).zip(c.chunks_exact(n)).zip(d.chunks_exact(n));
            let outputs = of_gates.chunks_exact_mut(4 * n).zip(of_c.chunks_exact_mut(n));
            for ((of_gates, of_c), ((gates, c), d)) in outputs.zip(inputs) {
                row(parts(gates, n), c, d, of_gates, of_c);
            }
        },
    );
}

/// The LSTM's output `$h = \sigma(o) \tanh(c)$` from gates `(i, f, g, o)` and the new state.
pub(crate) fn lstm_output<T: Real>(gates: &[T], c: &[T], n: usize, y: &mut [T]) {
    run_wide(
        #[inline(always)]
        || {
            for ((y, c), gates) in y.chunks_exact_mut(n).zip(c.chunks_exact(n)).zip(gates.chunks_exact(4 * n))
            {
                for ((y, &c), &o) in y.iter_mut().zip(c).zip(&gates[3 * n..]) {
                    *y = sigmoid(o) * tanh(c);
                }
            }
        },
    );
}

/// The gradients of [`lstm_output`] for outputs weighted by `d`.
pub(crate) fn lstm_output_pull<T: Real>(
    (gates, c, d): (&[T], &[T], &[T]),
    n: usize,
    of_gates: &mut [T],
    of_c: &mut [T],
) {
    #[inline(always)]
    fn row<T: Real>(o: &[T], c: &[T], d: &[T], of_o: &mut [T], of_c: &mut [T]) {
        for ((((d_o, dc), &o), &c), &d) in of_o.iter_mut().zip(of_c).zip(o).zip(c).zip(d) {
            *d_o += d * tanh(c) * logistic_pdf(o);
            *dc += d * sigmoid(o) * sech_squared(c);
        }
    }
    run_wide(
        #[inline(always)]
        || {
            let inputs = gates.chunks_exact(4 * n).zip(c.chunks_exact(n)).zip(d.chunks_exact(n));
            let outputs = of_gates.chunks_exact_mut(4 * n).zip(of_c.chunks_exact_mut(n));
            for ((of_gates, of_c), ((gates, c), d)) in outputs.zip(inputs) {
                row(&gates[3 * n..], c, d, &mut of_gates[3 * n..], of_c);
            }
        },
    );
}

/// The GRU's new state `$h' = (1 - z)\,m + z\,h$` with `$r = \sigma(a_r + b_r)$`, `$z = \sigma(a_z + b_z)$`,
/// `$m = \tanh(a_n + r\, b_n)$`, from the gates `(r, z, n)` of the input, a, and of the state, b.
pub(crate) fn gru<T: Real>((a, b, h): (&[T], &[T], &[T]), n: usize, y: &mut [T]) {
    #[inline(always)]
    fn row<T: Real>([ar, az, an]: [&[T]; 3], [br, bz, bn]: [&[T]; 3], h: &[T], y: &mut [T]) {
        let gates = ar.iter().zip(az).zip(an).zip(br).zip(bz).zip(bn);
        for ((y, &h), (((((&ar, &az), &an), &br), &bz), &bn)) in y.iter_mut().zip(h).zip(gates) {
            let z = az + bz;
            *y = sigmoid(-z) * tanh(an + sigmoid(ar + br) * bn) + sigmoid(z) * h;
        }
    }
    run_wide(
        #[inline(always)]
        || {
            let gates = a.chunks_exact(3 * n).zip(b.chunks_exact(3 * n));
            for ((y, h), (a, b)) in y.chunks_exact_mut(n).zip(h.chunks_exact(n)).zip(gates) {
                row(parts(a, n), parts(b, n), h, y);
            }
        },
    );
}

/// The gradients of [`gru`] for outputs weighted by `d`.
pub(crate) fn gru_pull<T: Real>(
    (a, b, h, d): (&[T], &[T], &[T], &[T]),
    n: usize,
    (of_a, of_b, of_h): (&mut [T], &mut [T], &mut [T]),
) {
    #[inline(always)]
    fn row<T: Real>(
        ([ar, az, an], [br, bz, bn]): ([&[T]; 3], [&[T]; 3]),
        (h, d): (&[T], &[T]),
        (of_a, of_b, of_h): (&mut [T], &mut [T], &mut [T]),
    ) {
        let n = d.len();
        let (dar, rest) = of_a.split_at_mut(n);
        let (daz, dan) = rest.split_at_mut(n);
        let (dbr, rest) = of_b.split_at_mut(n);
        let (dbz, dbn) = rest.split_at_mut(n);
        for k in 0..n {
            let (d, h, r_in, z_in) = (d[k], h[k], ar[k] + br[k], az[k] + bz[k]);
            let r = sigmoid(r_in);
            let m_in = an[k] + r * bn[k];
            let dm = d * sigmoid(-z_in) * sech_squared(m_in);
            let dr = dm * bn[k] * logistic_pdf(r_in);
            let dz = d * (h - tanh(m_in)) * logistic_pdf(z_in);
            dar[k] += dr;
            dbr[k] += dr;
            daz[k] += dz;
            dbz[k] += dz;
            dan[k] += dm;
            dbn[k] += dm * r;
            of_h[k] += d * sigmoid(z_in);
        }
    }
    run_wide(
        #[inline(always)]
        || {
            let gates = a.chunks_exact(3 * n).zip(b.chunks_exact(3 * n));
            let inputs = gates.zip(h.chunks_exact(n).zip(d.chunks_exact(n)));
            let of_gates = of_a.chunks_exact_mut(3 * n).zip(of_b.chunks_exact_mut(3 * n));
            for (((of_a, of_b), of_h), ((a, b), (h, d))) in of_gates.zip(of_h.chunks_exact_mut(n)).zip(inputs)
            {
                row((parts(a, n), parts(b, n)), (h, d), (&mut of_a[..], &mut of_b[..], &mut of_h[..]));
            }
        },
    );
}
