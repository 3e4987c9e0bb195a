//! Recurrent cells: what the gates of one step make of the state, `[N, H]`, and the gradients.

use crate::kernel::{parallel, recurrent as kernel};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Rows in one parallel piece.
pub(crate) const ROWS: usize = 8;
/// Rough nanoseconds for one hidden number.
pub(crate) const COST: f64 = 3.0;

/// Which half of the LSTM's cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lstm {
    /// The new state, `$\sigma(f)\,c + \sigma(i) \tanh(g)$`.
    State,
    /// The output for a new state, `$\sigma(o) \tanh(c)$`.
    Output,
}

/// Panics unless there are `gates` gates for each number of a state `[N, H]`.
#[track_caller]
fn check(op: &str, gates: &[&Tensor], count: usize, states: &[&Tensor]) -> usize {
    let state: Shape = *states[0].shape();
    let of_gates = gates[0].shape();
    assert!(
        state.len() == 2
            && states.iter().all(|t| *t.shape() == state && t.dtype() == states[0].dtype())
            && gates
                .iter()
                .all(|t| t.shape()[..] == [state[0], count * state[1]] && t.dtype() == states[0].dtype()),
        "{op}: gates {of_gates} and state {state}: they must be [N, {count} · H] and [N, H] of one type"
    );
    state[1]
}

/// One half of an LSTM's cell: gates `[N, 4H]` in the order i, f, g, o, a state `[N, H]`.
///
/// # Panics
/// If the shapes do not fit or the elements are not floats.
#[track_caller]
pub fn lstm(which: Lstm, gates: &Tensor, c: &Tensor) -> Tensor {
    let n = check("lstm_cell", &[gates], 4, &[c]);
    let (gates, c) = (gates.contiguous(), c.contiguous());
    with_float!("lstm_cell", c.dtype(), T => {
        let (gates, c) = (gates.as_slice::<T>(), c.as_slice::<T>());
        let f = if which == Lstm::State { kernel::lstm_state::<T> } else { kernel::lstm_output::<T> };
        Tensor::build::<T>([c.len() / n.max(1), n], |y| {
            if !y.is_empty() {
                parallel::chunks(y, ROWS * n, COST, |start, y| {
                    f(&gates[4 * start..][..4 * y.len()], &c[start..][..y.len()], n, y);
                });
            }
        })
    })
}

/// Adds the gradients of [`lstm`], for outputs weighted by `d`, to those of the gates and of the state.
///
/// # Panics
/// As [`lstm`].
#[track_caller]
pub fn lstm_pull(which: Lstm, [gates, c, d]: [&Tensor; 3], of_gates: &mut Tensor, of_c: &mut Tensor) {
    let n = check("lstm_cell", &[gates, of_gates], 4, &[c, d, of_c]);
    let (gates, c, d) = (gates.contiguous(), c.contiguous(), d.contiguous());
    if c.is_empty() {
        return;
    }
    with_float!("lstm_cell", c.dtype(), T => {
        let (gates, c, d) = (gates.as_slice::<T>(), c.as_slice::<T>(), d.as_slice::<T>());
        let f = if which == Lstm::State { kernel::lstm_state_pull::<T> } else { kernel::lstm_output_pull::<T> };
        let mut slices = [(of_gates.slice_mut::<T>(), ROWS * 4 * n), (of_c.slice_mut::<T>(), ROWS * n)];
        parallel::pieces(&mut slices, c.len().div_ceil(ROWS * n), 2.0 * COST * c.len() as f64, |i, out| {
            let [of_gates, of_c] = out else { unreachable!("two slices") };
            let start = i * ROWS * n;
            let part = start..start + of_c.len();
            f((&gates[4 * part.start..4 * part.end], &c[part.clone()], &d[part]), n, of_gates, of_c);
        });
    });
}

/// A GRU's cell: gates `[N, 3H]` of the input and of the state in the order r, z, n, a state `[N, H]`.
///
/// # Panics
/// If the shapes do not fit or the elements are not floats.
#[track_caller]
pub fn gru(a: &Tensor, b: &Tensor, h: &Tensor) -> Tensor {
    let n = check("gru_cell", &[a, b], 3, &[h]);
    let (a, b, h) = (a.contiguous(), b.contiguous(), h.contiguous());
    with_float!("gru_cell", h.dtype(), T => {
        let (a, b, h) = (a.as_slice::<T>(), b.as_slice::<T>(), h.as_slice::<T>());
        Tensor::build::<T>([h.len() / n.max(1), n], |y| {
            if !y.is_empty() {
                parallel::chunks(y, ROWS * n, COST, |start, y| {
                    let (gates, part) = (3 * start..3 * (start + y.len()), start..start + y.len());
                    kernel::gru((&a[gates.clone()], &b[gates], &h[part]), n, y);
                });
            }
        })
    })
}

/// Adds the gradients of [`gru`], for outputs weighted by `d`, to those of both gates and of the state.
///
/// # Panics
/// As [`gru`].
#[track_caller]
pub fn gru_pull([a, b, h, d]: [&Tensor; 4], [of_a, of_b, of_h]: [&mut Tensor; 3]) {
    let n = check("gru_cell", &[a, b, of_a, of_b], 3, &[h, d, of_h]);
    let (a, b, h, d) = (a.contiguous(), b.contiguous(), h.contiguous(), d.contiguous());
    if h.is_empty() {
        return;
    }
    with_float!("gru_cell", h.dtype(), T => {
        let [a, b, h, d] = [&a, &b, &h, &d].map(|t| t.as_slice::<T>());
        let size = ROWS * n;
        let mut slices =
            [(of_a.slice_mut::<T>(), 3 * size), (of_b.slice_mut::<T>(), 3 * size), (of_h.slice_mut::<T>(), size)];
        parallel::pieces(&mut slices, h.len().div_ceil(size), 2.0 * COST * h.len() as f64, |i, out| {
            let [of_a, of_b, of_h] = out else { unreachable!("three slices") };
            let part = i * size..i * size + of_h.len();
            let gates = 3 * part.start..3 * part.end;
            kernel::gru_pull((&a[gates.clone()], &b[gates], &h[part.clone()], &d[part]), n, (of_a, of_b, of_h));
        });
    });
}
