//! An LSTM over all steps of a sequence, `[T, N, H]`, and its gradients: the inputs' products are one, the state's are added to
//! them in their place with the weight laid out once, and the weight's gradient is one product over all steps.

use std::ops::Range;

use crate::dtype::Element;
use crate::kernel::gemm::{Mat, Product, gemm};
use crate::kernel::{Real, axpy, parallel, recurrent as kernel};
use crate::recurrent::{COST, ROWS};
use crate::shape::checked_product;
use crate::tensor::Tensor;

/// The sizes of a sequence, and whether it is read from its end.
#[derive(Debug, Clone, Copy)]
struct Sequence {
    steps: usize,
    batch: usize,
    hidden: usize,
    reverse: bool,
}

impl Sequence {
    /// Of inputs `[T, N, I]`, weights `[4H, I]` and `[4H, H]`, a bias `[4H]` and states `[N, H]`.
    #[track_caller]
    fn of(
        x: &Tensor,
        weights: [&Tensor; 2],
        bias: Option<&Tensor>,
        states: [&Tensor; 2],
        reverse: bool,
    ) -> Self {
        let (of_x, of_state) = (x.shape(), states[0].shape());
        let [steps, batch, inputs] = of_x[..] else {
            panic!("lstm_sequence: the input must be [T, N, I], got {of_x}")
        };
        let hidden = of_state.last().copied().unwrap_or(0);
        let width = checked_product("lstm_sequence", &[4, hidden]);
        let fits = states.iter().all(|t| t.shape()[..] == [batch, hidden])
            && weights[0].shape()[..] == [width, inputs]
            && weights[1].shape()[..] == [width, hidden]
            && bias.is_none_or(|bias| bias.shape()[..] == [width])
            && weights.iter().chain(&states).chain(&bias).all(|t| t.dtype() == x.dtype());
        assert!(
            fits,
            "lstm_sequence: input {of_x}, weights {} and {}, state {of_state}: they must be [T, N, I], [4H, I], [4H, H] and \
             [N, H] of one type, a bias [4H]",
            weights[0].shape(),
            weights[1].shape()
        );
        Self { steps, batch, hidden, reverse }
    }

    /// Elements of one state.
    fn state(&self) -> usize {
        self.batch * self.hidden
    }

    /// Where step `i` of the way stands in the sequence.
    fn place(&self, i: usize) -> usize {
        if self.reverse { self.steps - 1 - i } else { i }
    }

    /// The elements of the states at a place.
    fn at(&self, place: usize) -> Range<usize> {
        place * self.state()..(place + 1) * self.state()
    }

    /// The elements of the gates at a place.
    fn gates_at(&self, place: usize) -> Range<usize> {
        4 * place * self.state()..4 * (place + 1) * self.state()
    }

    /// The outputs, the states and the gates of all steps.
    fn parts<'a, T>(&self, y: &'a [T]) -> [&'a [T]; 3] {
        let (h, rest) = y.split_at(self.steps * self.state());
        let (c, gates) = rest.split_at(self.steps * self.state());
        [h, c, gates]
    }

    fn parts_mut<'a, T>(&self, y: &'a mut [T]) -> [&'a mut [T]; 3] {
        let (h, rest) = y.split_at_mut(self.steps * self.state());
        let (c, gates) = rest.split_at_mut(self.steps * self.state());
        [h, c, gates]
    }

    /// The states at step `i`, to be written, and those in front of it: at the first step `first`.
    fn both<'a, T>(&self, all: &'a mut [T], first: &'a mut [T], i: usize) -> (&'a mut [T], &'a mut [T]) {
        if i == 0 {
            return (&mut all[self.at(self.place(0))], first);
        }
        let places = [self.at(self.place(i)), self.at(self.place(i - 1))];
        let [now, before] = all.get_disjoint_mut(places).expect("two places of the sequence");
        (now, before)
    }
}

/// The rows of a matrix, `width` long.
fn rows<T>(data: &[T], width: usize) -> Mat<'_, T> {
    Mat { data, rs: width as isize, cs: 1 }
}

/// An LSTM over the steps of a sequence. The gates of a step, in the order i, f, g, o, are the product of the input, `[T, N, I]`,
/// with the first weight, `[4H, I]`, the bias, and the product of the state h with the second weight, `[4H, H]`. The states h
/// and c in front of the first step (the last one, if `reverse`) are `[N, H]`. The result holds one behind the other the
/// outputs h of all steps, `[T, N, H]`, their states c, and their gates, `[T, N, 4H]`.
///
/// # Panics
/// If the shapes do not fit or the elements are not floats of one type.
#[track_caller]
pub fn lstm_sequence(
    x: &Tensor,
    weights: [&Tensor; 2],
    bias: Option<&Tensor>,
    states: [&Tensor; 2],
    reverse: bool,
) -> Tensor {
    let s = Sequence::of(x, weights, bias, states, reverse);
    let (inputs, width) = (x.shape()[2], 4 * s.hidden);
    let (x, of_input, weight) = (x.contiguous(), weights[0].contiguous(), weights[1].t().copied());
    let bias = bias.map(Tensor::contiguous);
    let [mut h, mut c] = states.map(Tensor::copied);
    with_float!("lstm_sequence", x.dtype(), T => {
        let (weight, bias) = (weight.as_slice::<T>(), bias.as_ref().map(Tensor::as_slice::<T>));
        let (first_h, first_c) = (h.slice_mut::<T>(), c.slice_mut::<T>());
        Tensor::build::<T>(6 * s.steps * s.state(), |y| {
            if y.is_empty() {
                return;
            }
            let [all_h, all_c, all_gates] = s.parts_mut(y);
            let sizes = (s.steps * s.batch, inputs, width);
            gemm(sizes, rows(x.as_slice(), inputs), rows(of_input.as_slice(), inputs).t(), T::ONE, false, all_gates);
            for i in 0..s.steps {
                let own = &mut all_gates[s.gates_at(s.place(i))];
                if let Some(bias) = bias {
                    own.chunks_exact_mut(width).for_each(|own| axpy::add(bias, own));
                }
                let (h, before) = s.both(all_h, first_h, i);
                gemm((s.batch, s.hidden, width), rows(before, s.hidden), rows(weight, width), T::ONE, true, own);
                let (c, before) = s.both(all_c, first_c, i);
                cells(own, before, s.hidden, [c, h]);
            }
        })
    })
}

/// One step's new states and outputs.
fn cells<T: Product>(gates: &[T], before: &[T], n: usize, [c, h]: [&mut [T]; 2]) {
    let (size, cost) = (ROWS * n, 2.0 * COST * c.len() as f64);
    let count = c.len().div_ceil(size);
    parallel::pieces(&mut [(c, size), (h, size)], count, cost, |i, out| {
        let [c, h] = out else { unreachable!("two slices") };
        let part = i * size..i * size + c.len();
        kernel::lstm((&gates[4 * part.start..4 * part.end], &before[part]), n, c, h);
    });
}

/// What [`lstm_sequence_pull`] gives.
#[derive(Debug)]
pub struct LstmGradients {
    /// In the gates, `[T, N, 4H]`.
    pub gates: Tensor,
    /// In the state's weight, `[4H, H]`, where it is wanted.
    pub weight: Option<Tensor>,
    /// In the output h in front of the first step, `[N, H]`, where it is wanted.
    pub h: Option<Tensor>,
    /// In the state c in front of it.
    pub c: Tensor,
}

/// The gradients of [`lstm_sequence`] in the gates of so many `steps` in front of the state's product and in `[weight, h, c]`, the
/// state's, with result `y` weighted by `d`, whose memory they take where nobody else holds it; those of the weight and of h
/// only where they are wanted.
///
/// # Panics
/// As [`lstm_sequence`].
#[track_caller]
pub fn lstm_sequence_pull(
    steps: usize,
    [weight, h, c]: [&Tensor; 3],
    y: &Tensor,
    mut d: Tensor,
    reverse: bool,
    [wants_weight, wants_h]: [bool; 2],
) -> LstmGradients {
    let (batch, hidden) = (h.shape()[0], h.shape()[1]);
    let s = Sequence { steps, batch, hidden, reverse };
    let (weight, h, c, y) = (weight.contiguous(), h.contiguous(), c.contiguous(), y.contiguous());
    let (mut of_h, mut of_c) = (wants_h.then(|| h.zeros_like()), c.zeros_like());
    let mut of_weight = wants_weight.then(|| weight.zeros_like());
    if !y.is_empty() {
        with_float!("lstm_sequence", y.dtype(), T => {
            let d = d.slice_mut::<T>();
            let y = s.parts(y.as_slice::<T>());
            let of_h = of_h.as_mut().map_or(&mut [][..], Tensor::slice_mut);
            back(s, weight.as_slice(), c.as_slice(), y, d, [of_h, of_c.slice_mut()]);
            if let Some(of_weight) = &mut of_weight {
                product_of_all(s, s.parts(d)[2], h.as_slice::<T>(), y[0], of_weight.slice_mut());
            }
        });
    }
    let size = steps * batch * hidden;
    let gates = d.narrow(0, 2 * size, 4 * size).reshape([steps, batch, 4 * hidden]);
    LstmGradients { gates, weight: of_weight, h: of_h, c: of_c }
}

/// All steps backwards: in the place of `d`, the weights of all outputs, states and gates, their gradients appear. `of_h` may be empty.
fn back<T: Product + Element>(
    s: Sequence,
    weight: &[T],
    c: &[T],
    [_, all_c, all_gates]: [&[T]; 3],
    d: &mut [T],
    [of_h, of_c]: [&mut [T]; 2],
) {
    let n = s.hidden;
    let [dh, dc, of_gates] = s.parts_mut(d);
    for i in (0..s.steps).rev() {
        let (place, gates) = (s.place(i), s.gates_at(s.place(i)));
        let (dh, dh_before) = s.both(dh, &mut *of_h, i);
        let (dc, dc_before) = s.both(dc, &mut *of_c, i);
        let before = if i == 0 { c } else { &all_c[s.at(s.place(i - 1))] };
        let own = &mut of_gates[gates.clone()];
        let (x, now) = (&all_gates[gates], &all_c[s.at(place)]);
        let (size, cost) = (ROWS * n, 4.0 * COST * s.state() as f64);
        let mut slices = [(&mut *own, 4 * size), (dc_before, size)];
        parallel::pieces(&mut slices, s.batch.div_ceil(ROWS), cost, |k, out| {
            let [own, dc_before] = out else { unreachable!("two slices") };
            let part = k * size..k * size + dc_before.len();
            let gates = &x[4 * part.start..4 * part.end];
            let [before, now, dc, dh] = [before, now, &*dc, &*dh].map(|x| &x[part.clone()]);
            kernel::lstm_pull([gates, before, now, dc, dh], n, own, dc_before);
        });
        if !dh_before.is_empty() {
            gemm((s.batch, 4 * n, n), rows(own, 4 * n), rows(weight, n), T::ONE, true, dh_before);
        }
    }
}

/// The weight's gradient, of all steps at once: the gates' transposed, times the outputs in front of them.
fn product_of_all<T: Product>(s: Sequence, of_gates: &[T], first: &[T], all_h: &[T], out: &mut [T]) {
    let (n, state, others) = (s.hidden, s.state(), (s.steps - 1) * s.state());
    let mut add = |steps: usize, gates: &[T], h: &[T], more: bool| {
        gemm((4 * n, steps * s.batch, n), rows(gates, 4 * n).t(), rows(h, n), T::ONE, more, out);
    };
    add(1, &of_gates[s.gates_at(s.place(0))], first, false);
    if others > 0 {
        let (gates, h) = if s.reverse { (0, state) } else { (4 * state, 0) };
        add(s.steps - 1, &of_gates[gates..gates + 4 * others], &all_h[h..h + others], true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recurrent::{Lstm, lstm};
    use crate::{DType, matmul::linear, rng};

    /// Step by step, with the cell.
    #[test]
    fn a_sequence_is_its_cell_step_by_step() {
        for (steps, batch, n, reverse) in
            [(1, 1, 1, false), (3, 2, 5, true), (4, 9, 19, false), (5, 1, 16, true)]
        {
            let mut rng = rng(0);
            let mut draw = |shape: &[usize]| Tensor::randn(shape, &mut rng).to(DType::F64);
            let (x, of_input) = (draw(&[steps, batch, 3]), draw(&[4 * n, 3]));
            let (weight, bias) = (draw(&[4 * n, n]), draw(&[4 * n]));
            let (mut h, mut c) = (draw(&[batch, n]), draw(&[batch, n]));
            let y = lstm_sequence(&x, [&of_input, &weight], Some(&bias), [&h, &c], reverse);
            let gates = linear(&x, &of_input, Some(&bias));
            for i in 0..steps {
                let t = if reverse { steps - 1 - i } else { i };
                let own = &gates.select(0, t as isize) + &linear(&h, &weight, None);
                c = lstm(Lstm::State, &own, &c);
                h = lstm(Lstm::Output, &own, &c);
                let size = batch * n;
                for (want, at) in
                    [(&h, t * size), (&c, (steps + t) * size), (&own, (2 * steps + 4 * t) * size)]
                {
                    let got = y.narrow(0, at, want.elements()).reshape(*want.shape());
                    assert!(got.allclose(want, 1e-12, 1e-14), "{steps} {batch} {n} {reverse} at {t}");
                }
            }
        }
    }
}
