//! Recurrent cells over rows: what the gates make of the state, each with the kernel that adds its gradients.
//!
//! A row of gates holds those of each hidden number one behind the other, in PyTorch's order. A saturated gate keeps the
//! digits of its slope: `$\sigma(x)\,\sigma(-x)$` and `$1/\cosh^2 x$` come from exponentials, not from differences.

use super::math::{sigmoid, sigmoid_and_slope, tanh};
use super::{Real, run_wide};

/// Numbers of a row that are computed together: a vector of 512 bits in `f32`.
const WIDTH: usize = 16;

/// A row in `N` parts of `n` numbers.
#[inline(always)]
fn parts<T, const N: usize>(row: &[T], n: usize) -> [&[T]; N] {
    std::array::from_fn(|k| &row[k * n..][..n])
}

/// As [`parts`], to be written.
#[inline(always)]
fn parts_mut<T, const N: usize>(row: &mut [T], n: usize) -> [&mut [T]; N] {
    let mut rest = row.chunks_exact_mut(n);
    std::array::from_fn(|_| rest.next().expect("as many parts as the row is long"))
}

/// `y[k] = f(x[k], y[k])` over the numbers of a row, [`WIDTH`] at a time. The last ones lie over the end of those before, so
/// that no row has a rest of single numbers; they are computed first, since `f` reads what it will overwrite.
#[inline(always)]
fn map_row<T: Real, const X: usize, const Y: usize>(
    x: [&[T]; X],
    mut y: [&mut [T]; Y],
    f: impl Fn([T; X], [T; Y]) -> [T; Y],
) {
    let n = y[0].len();
    let (mut padded_x, mut padded_y) = ([[T::ZERO; WIDTH]; X], [[T::ZERO; WIDTH]; Y]);
    if n < WIDTH {
        padded_x.iter_mut().zip(x).for_each(|(to, from)| to[..n].copy_from_slice(from));
        padded_y.iter_mut().zip(&y).for_each(|(to, from)| to[..n].copy_from_slice(from));
        let x = padded_x.each_ref().map(|x| &x[..]);
        vectors(x, padded_y.each_mut().map(|y| &mut y[..]), f);
        y.iter_mut().zip(&padded_y).for_each(|(to, from)| to.copy_from_slice(&from[..n]));
    } else {
        vectors(x, y, f);
    }
}

/// Number `k` of each row. A loop, since `map` of an array may become a call, which no vector survives.
#[inline(always)]
fn column<T: Real, const N: usize>(rows: &[[T; WIDTH]; N], k: usize) -> [T; N] {
    let mut column = [T::ZERO; N];
    for (to, row) in column.iter_mut().zip(rows) {
        *to = row[k];
    }
    column
}

/// [`map_row`] of a row that is at least one vector long.
#[inline(always)]
fn vectors<T: Real, const X: usize, const Y: usize>(
    x: [&[T]; X],
    mut y: [&mut [T]; Y],
    f: impl Fn([T; X], [T; Y]) -> [T; Y],
) {
    let end = y[0].len() - WIDTH;
    let mut last = [[T::ZERO; WIDTH]; Y];
    for i in 0..y[0].len().div_ceil(WIDTH) {
        let start = if i == 0 { end } else { (i - 1) * WIDTH };
        let (mut from, mut to) = ([[T::ZERO; WIDTH]; X], [[T::ZERO; WIDTH]; Y]);
        from.iter_mut().zip(&x).for_each(|(to, x)| to.copy_from_slice(&x[start..start + WIDTH]));
        to.iter_mut().zip(&y).for_each(|(to, y)| to.copy_from_slice(&y[start..start + WIDTH]));
        for k in 0..WIDTH {
            let new = f(column(&from, k), column(&to, k));
            to.iter_mut().zip(new).for_each(|(to, new)| to[k] = new);
        }
        if i == 0 {
            last = to;
        } else {
            y.iter_mut().zip(&to).for_each(|(y, to)| y[start..start + WIDTH].copy_from_slice(to));
        }
    }
    y.iter_mut().zip(&last).for_each(|(y, last)| y[end..].copy_from_slice(last));
}

/// The LSTM's new state `$c' = \sigma(f)\,c + \sigma(i) \tanh(g)$` from gates `(i, f, g, o)`.
pub(crate) fn lstm_state<T: Real>(gates: &[T], c: &[T], n: usize, y: &mut [T]) {
    run_wide(
        #[inline(always)]
        || {
            for ((y, c), gates) in y.chunks_exact_mut(n).zip(c.chunks_exact(n)).zip(gates.chunks_exact(4 * n))
            {
                let [i, f, g, _] = parts(gates, n);
                map_row(
                    [i, f, g, c],
                    [y],
                    #[inline(always)]
                    |[i, f, g, c], [_]| [sigmoid(f) * c + sigmoid(i) * tanh(g)],
                );
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
    run_wide(
        #[inline(always)]
        || {
            let inputs = gates.chunks_exact(4 * n).zip(c.chunks_exact(n)).zip(d.chunks_exact(n));
            let outputs = of_gates.chunks_exact_mut(4 * n).zip(of_c.chunks_exact_mut(n));
            for ((of_gates, of_c), ((gates, c), d)) in outputs.zip(inputs) {
                let [i, f, g, _] = parts(gates, n);
                let [of_i, of_f, of_g, _] = parts_mut(of_gates, n);
                map_row(
                    [i, f, g, c, d],
                    [of_i, of_f, of_g, of_c],
                    #[inline(always)]
                    |[i, f, g, c, d], [di, df, dg, dc]| {
                        let ((i, i_slope), (f, f_slope)) = (sigmoid_and_slope(i), sigmoid_and_slope(f));
                        let (g, g_slope) = g.tanh_and_slope();
                        [di + d * g * i_slope, df + d * c * f_slope, dg + d * i * g_slope, dc + d * f]
                    },
                );
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
                map_row(
                    [&gates[3 * n..], c],
                    [y],
                    #[inline(always)]
                    |[o, c], [_]| [sigmoid(o) * tanh(c)],
                );
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
    run_wide(
        #[inline(always)]
        || {
            let inputs = gates.chunks_exact(4 * n).zip(c.chunks_exact(n)).zip(d.chunks_exact(n));
            let outputs = of_gates.chunks_exact_mut(4 * n).zip(of_c.chunks_exact_mut(n));
            for ((of_gates, of_c), ((gates, c), d)) in outputs.zip(inputs) {
                map_row(
                    [&gates[3 * n..], c, d],
                    [&mut of_gates[3 * n..], of_c],
                    #[inline(always)]
                    |[o, c, d], [of_o, dc]| {
                        let ((o, o_slope), (c, c_slope)) = (sigmoid_and_slope(o), c.tanh_and_slope());
                        [of_o + d * c * o_slope, dc + d * o * c_slope]
                    },
                );
            }
        },
    );
}

/// [`lstm_state`] and [`lstm_output`] in one pass: the new state and the output.
pub(crate) fn lstm<T: Real>((gates, c): (&[T], &[T]), n: usize, new: &mut [T], h: &mut [T]) {
    run_wide(
        #[inline(always)]
        || {
            let inputs = gates.chunks_exact(4 * n).zip(c.chunks_exact(n));
            let outputs = new.chunks_exact_mut(n).zip(h.chunks_exact_mut(n));
            for ((new, h), (gates, c)) in outputs.zip(inputs) {
                let [i, f, g, o] = parts(gates, n);
                map_row(
                    [i, f, g, o, c],
                    [new, h],
                    #[inline(always)]
                    |[i, f, g, o, c], _| {
                        let new = sigmoid(f) * c + sigmoid(i) * tanh(g);
                        [new, sigmoid(o) * tanh(new)]
                    },
                );
            }
        },
    );
}

/// The gradients of [`lstm`] in the gates and in the old state, for new states `new` weighted by `d` and outputs by `dh`.
pub(crate) fn lstm_pull<T: Real>(
    [gates, c, new, d, dh]: [&[T]; 5],
    n: usize,
    of_gates: &mut [T],
    of_c: &mut [T],
) {
    run_wide(
        #[inline(always)]
        || {
            let states = c.chunks_exact(n).zip(new.chunks_exact(n));
            let weights = d.chunks_exact(n).zip(dh.chunks_exact(n));
            let inputs = gates.chunks_exact(4 * n).zip(states.zip(weights));
            let outputs = of_gates.chunks_exact_mut(4 * n).zip(of_c.chunks_exact_mut(n));
            for ((of_gates, of_c), (gates, ((c, new), (d, dh)))) in outputs.zip(inputs) {
                let [i, f, g, o] = parts(gates, n);
                let [of_i, of_f, of_g, of_o] = parts_mut(of_gates, n);
                map_row(
                    [i, f, g, o, c, new, d, dh],
                    [of_i, of_f, of_g, of_o, of_c],
                    #[inline(always)]
                    |[i, f, g, o, c, new, d, dh], [di, df, dg, of_o, dc]| {
                        let ((o, o_slope), (new, new_slope)) = (sigmoid_and_slope(o), new.tanh_and_slope());
                        let d = d + dh * o * new_slope;
                        let ((i, i_slope), (f, f_slope)) = (sigmoid_and_slope(i), sigmoid_and_slope(f));
                        let (g, g_slope) = g.tanh_and_slope();
                        let of_o = of_o + dh * new * o_slope;
                        [di + d * g * i_slope, df + d * c * f_slope, dg + d * i * g_slope, of_o, dc + d * f]
                    },
                );
            }
        },
    );
}

/// The GRU's new state `$h' = (1 - z)\,m + z\,h$` with `$r = \sigma(a_r + b_r)$`, `$z = \sigma(a_z + b_z)$`,
/// `$m = \tanh(a_n + r\, b_n)$`, from the gates `(r, z, n)` of the input, a, and of the state, b.
pub(crate) fn gru<T: Real>((a, b, h): (&[T], &[T], &[T]), n: usize, y: &mut [T]) {
    run_wide(
        #[inline(always)]
        || {
            let gates = a.chunks_exact(3 * n).zip(b.chunks_exact(3 * n));
            for ((y, h), (a, b)) in y.chunks_exact_mut(n).zip(h.chunks_exact(n)).zip(gates) {
                let ([ar, az, an], [br, bz, bn]) = (parts(a, n), parts(b, n));
                map_row(
                    [ar, az, an, br, bz, bn, h],
                    [y],
                    #[inline(always)]
                    |[ar, az, an, br, bz, bn, h], [_]| {
                        let z = az + bz;
                        [sigmoid(-z) * tanh(an + sigmoid(ar + br) * bn) + sigmoid(z) * h]
                    },
                );
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
    run_wide(
        #[inline(always)]
        || {
            let gates = a.chunks_exact(3 * n).zip(b.chunks_exact(3 * n));
            let inputs = gates.zip(h.chunks_exact(n).zip(d.chunks_exact(n)));
            let of_gates = of_a.chunks_exact_mut(3 * n).zip(of_b.chunks_exact_mut(3 * n));
            for (((of_a, of_b), of_h), ((a, b), (h, d))) in of_gates.zip(of_h.chunks_exact_mut(n)).zip(inputs)
            {
                let ([ar, az, an], [br, bz, bn]) = (parts(a, n), parts(b, n));
                let ([dar, daz, dan], [dbr, dbz, dbn]) = (parts_mut(of_a, n), parts_mut(of_b, n));
                map_row([ar, az, an, br, bz, bn, h, d], [dar, daz, dan, dbr, dbz, dbn, of_h], gru_slopes);
            }
        },
    );
}

/// What one number of a GRU adds to its gradients.
#[inline(always)]
fn gru_slopes<T: Real>([ar, az, an, br, bz, bn, h, d]: [T; 8], old: [T; 7]) -> [T; 7] {
    let [dar, daz, dan, dbr, dbz, dbn, of_h] = old;
    let ((r, r_slope), (z, z_slope)) = (sigmoid_and_slope(ar + br), sigmoid_and_slope(az + bz));
    let (m, m_slope) = (an + r * bn).tanh_and_slope();
    // Not 1 - z, which loses its digits where z is near 1.
    let dm = d * sigmoid(-(az + bz)) * m_slope;
    let dr = dm * bn * r_slope;
    let dz = d * (h - m) * z_slope;
    [dar + dr, daz + dz, dan + dm, dbr + dr, dbz + dz, dbn + dm * r, of_h + d * z]
}
