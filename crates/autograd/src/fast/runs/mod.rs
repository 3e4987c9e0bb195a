//! The kernels that an [`Op`](crate::Op) may have besides its rule, and the numeric way back over tensors: functions of whole
//! runs along the last axis (softmax, layer normalisation), and [`numeric`], whose operations do all themselves.

mod numeric;

use gradus_tensor::Tensor;
use gradus_tensor::kernel::axpy::add_runs;
use gradus_tensor::kernel::{SHORT_RUN, TOGETHER, parallel};

use super::store::Mirror;
use super::{Lane, for_lane};
use crate::fast::lists::Inner;
pub(crate) use numeric::{Numeric, NumericRule};

/// Elements of one parallel piece, in whole runs.
const PIECE: usize = 1 << 14;
/// Partial sums for the inputs that all runs share: at most so many.
const PARTIAL: usize = 16;

/// How an operation runs over pieces of a value.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Kernels<'a> {
    /// A function of whole runs along the last axis, with the number it carries.
    Runs(&'static RunKernels, f64),
    /// `$k \sum_i x_i$` over all elements.
    Total(f64),
    /// Any other function; the numeric sweep runs its own way back.
    Numeric(&'a dyn NumericRule),
}

impl std::fmt::Debug for Kernels<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kernels")
    }
}

/// The loops of a function of runs. Its inputs are as large as the output, or one run that all share.
pub struct RunKernels {
    /// An input whose slope is 1, so that its gradient is that of the output.
    pub(crate) added: Option<usize>,
    pub(crate) f32: RunLoops<f32>,
    pub(crate) f64: RunLoops<f64>,
}

impl std::fmt::Debug for RunKernels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RunKernels")
    }
}

/// Up to three inputs.
pub(crate) type Three<S> = [S; 3];

/// `(inputs, width, c, y)`.
type Forward<T> = fn(Three<&[T]>, usize, T, &mut [T]);
/// `(dy, inputs, y, width, c, gradients)`: adds to each gradient that is wanted; that of a shared input is as long as the
/// output, and its runs are added afterwards.
type Pull<T> = fn(&[T], Three<&[T]>, &[T], usize, T, Three<Option<&mut [T]>>);

/// The loops over one type of element.
pub(crate) struct RunLoops<T> {
    pub(crate) forward: Forward<T>,
    pub(crate) pull: Pull<T>,
}

/// A static [`RunKernels`] from two closures, compiled for both types; `adds i` names the input whose slope is 1.
macro_rules! run_kernels {
    ($forward:expr, $pull:expr) => {
        $crate::fast::runs::run_kernels!(@ $forward, $pull, None)
    };
    ($forward:expr, $pull:expr, adds $input:expr) => {
        $crate::fast::runs::run_kernels!(@ $forward, $pull, Some($input))
    };
    (@ $forward:expr, $pull:expr, $added:expr) => {
        $crate::fast::runs::RunKernels {
            added: $added,
            f32: $crate::fast::runs::RunLoops { forward: $forward, pull: $pull },
            f64: $crate::fast::runs::RunLoops { forward: $forward, pull: $pull },
        }
    };
}
pub(crate) use run_kernels;

/// The way back through an operation with kernels; `false` if the node has none.
pub(crate) fn pull(inner: &mut Inner, id: u32, mirror: &mut Mirror) -> bool {
    let node = inner.nodes[id as usize];
    // Another owner, since the lists are changed meanwhile.
    let op = inner.ops[node.b as usize].clone();
    let Some(kernels @ (Kernels::Runs(..) | Kernels::Numeric(_))) = op.kernels() else { return false };
    let ty = *inner.ty(&node);
    let Some(dy) = mirror.take(node.slot, &ty) else { return true };
    if let Kernels::Numeric(rule) = kernels {
        numeric::pull(inner, id, rule, dy, Some(mirror));
        return true;
    }
    let inputs = inner.inputs(&node);
    for (i, contribution) in contributions(inner, id, dy) {
        let input = inner.nodes[inputs[i] as usize];
        mirror.reached[inputs[i] as usize] = true;
        mirror.add(input.slot, &inner.types[input.ty.number()], contribution);
    }
    true
}

/// What the kernels of an operation give each input that wants a gradient.
pub(crate) fn contributions(inner: &mut Inner, id: u32, dy: Tensor) -> Vec<(usize, Tensor)> {
    let node = inner.nodes[id as usize];
    let op = inner.ops[node.b as usize].clone();
    let (kernels, c) = match op.kernels() {
        Some(Kernels::Runs(kernels, c)) => (kernels, c),
        Some(Kernels::Numeric(rule)) => return numeric::pull(inner, id, rule, dy, None),
        _ => return Vec::new(),
    };
    let inputs = inner.inputs(&node);
    let wanted: Vec<bool> = inputs.iter().map(|&i| inner.nodes[i as usize].needs()).collect();
    let x: Vec<Tensor> = inputs.iter().map(|&i| inner.value(i).into_contiguous()).collect();
    let y = inner.value(id).into_contiguous();
    let call = Call { kernels, c, x: &x, y: &y, dy: &dy.into_contiguous(), wanted: &wanted };
    let all = for_lane!(y.dtype(), T => call.pull::<T>());
    let shape = |i: usize| inner.ty(&inner.nodes[inputs[i] as usize]).shape;
    all.into_iter().map(|(i, g)| (i, g.reshape(shape(i)))).collect()
}

/// One way back over tensors.
struct Call<'a> {
    kernels: &'static RunKernels,
    c: f64,
    x: &'a [Tensor],
    y: &'a Tensor,
    dy: &'a Tensor,
    wanted: &'a [bool],
}

impl Call<'_> {
    fn width(&self) -> usize {
        self.y.shape().last().copied().unwrap_or(1)
    }

    /// Whether all runs share input `i`.
    fn shared(&self, i: usize) -> bool {
        self.x[i].elements() != self.y.elements()
    }

    fn pull<T: Lane>(&self) -> Vec<(usize, Tensor)> {
        let (n, width) = (self.y.elements(), self.width());
        let wanted = || (0..self.x.len()).filter(|&i| self.wanted[i]);
        if n == 0 {
            return wanted().map(|i| (i, self.x[i].zeros_like())).collect();
        }
        let runs = n / width;
        let sums = wanted().any(|i| self.shared(i));
        let in_piece = (PIECE / width).max(1).max(if sums { runs.div_ceil(PARTIAL) } else { 1 });
        let (piece, pieces) = (in_piece * width, runs.div_ceil(in_piece));
        let handed_on = |i: usize| self.kernels.added == Some(i) && !self.shared(i);
        let targets: Vec<usize> = wanted().filter(|&i| !handed_on(i)).collect();
        let room = |&i: &usize| {
            if self.shared(i) {
                (Tensor::build::<T>([pieces, width], |_| {}), width)
            } else {
                (Tensor::build::<T>(*self.y.shape(), |_| {}), piece)
            }
        };
        let mut outputs: Vec<(Tensor, usize)> = targets.iter().map(room).collect();
        let mut slices: Vec<(&mut [T], usize)> =
            outputs.iter_mut().map(|(tensor, size)| (tensor.slice_mut::<T>(), *size)).collect();
        parallel::pieces(&mut slices, pieces, n as f64, |p, out| {
            for out in out.iter_mut() {
                out.fill(T::ZERO);
            }
            let (first, end) = (p * piece, ((p + 1) * piece).min(n));
            let together = if width < SHORT_RUN { TOGETHER } else { 1 };
            let stretch = if sums { (together * width).min(end - first) } else { end - first };
            let apart = |i| together > 1 && self.shared(i) && self.kernels.added != Some(i);
            let room = |&i: &usize| apart(i).then(|| vec![T::ZERO; stretch]);
            let mut rooms: Vec<Option<Vec<T>>> = targets.iter().map(room).collect();
            for start in (first..end).step_by(stretch) {
                self.stretch(&targets, start..end.min(start + stretch), first, out, &mut rooms);
            }
        });
        let sum = |(i, (g, _)): (usize, (Tensor, usize))| (i, if self.shared(i) { g.sum_axes(0) } else { g });
        let passed = wanted().filter(|&i| handed_on(i)).map(|i| (i, self.dy.clone()));
        targets.iter().copied().zip(outputs).map(sum).chain(passed).collect()
    }

    /// Runs the kernel over a stretch of whole runs; the outputs of the piece begin at element `first`. What a shared input
    /// gets from many runs is made in a room of its own.
    fn stretch<T: Lane>(
        &self,
        targets: &[usize],
        range: std::ops::Range<usize>,
        first: usize,
        out: &mut [&mut [T]],
        rooms: &mut [Option<Vec<T>>],
    ) {
        let (n, width) = (self.y.elements(), self.width());
        let part = |t: &Tensor| -> std::ops::Range<usize> {
            if t.elements() == n { range.clone() } else { 0..width }
        };
        let dy = &self.dy.as_slice::<T>()[range.clone()];
        let x = std::array::from_fn(|i| {
            let x = self.x.get(i).unwrap_or(&self.x[0]);
            &x.as_slice::<T>()[part(x)]
        });
        let mut g = [const { None }; 3];
        for ((&i, out), room) in targets.iter().zip(out.iter_mut()).zip(rooms.iter_mut()) {
            if let Some(room) = room {
                room.fill(T::ZERO);
                g[i] = Some(&mut room[..range.len()]);
            } else if self.kernels.added == Some(i) {
                add_runs(dy, out);
            } else if self.shared(i) {
                g[i] = Some(&mut **out);
            } else {
                g[i] = Some(&mut out[range.start - first..range.end - first]);
            }
        }
        let y = &self.y.as_slice::<T>()[range.clone()];
        (T::run_loops(self.kernels).pull)(dy, x, y, width, T::of(self.c), g);
        for (out, room) in out.iter_mut().zip(rooms) {
            if let Some(room) = room {
                add_runs(&room[..range.len()], out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tape::Tape;
    use gradus_tensor::{DType, Tensor, rng};

    /// Less runs, as many and more than are taken at once, short and long ones.
    #[test]
    fn shared_inputs_gather_from_all_runs() {
        for (runs, width) in [(1, 5), (63, 2), (64, 5), (65, 3), (300, 7), (4000, 16), (70, 100), (10, 200)] {
            let mut rng = rng(0);
            let [x, d] = [(); 2].map(|()| Tensor::randn([runs, width], &mut rng).to(DType::F64));
            let tape = Tape::new();
            let [scale, shift] = [(); 2].map(|()| tape.var(Tensor::randn([width], &mut rng).to(DType::F64)));
            let y = tape.var(&x).layer_norm(scale, shift, 1e-5);
            let grads = (y * tape.constant(&d)).sum().backward();
            let centred = &x - x.mean_keep(-1);
            let normal = &centred / ((&centred * &centred).mean_keep(-1) + 1e-5).sqrt();
            for (found, want) in [(grads.wrt(scale), &d * normal), (grads.wrt(shift), d)] {
                assert!(found.allclose(&want.sum_axes(0), 1e-12, 1e-12), "{runs} runs of {width}: {found}");
            }
        }
    }
}
