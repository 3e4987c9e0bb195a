//! Operations that run their own way back over numbers, where a rule in variables would cost more than its arithmetic: it is
//! added to a part of the input's gradient, which then needs no zeros of its own, or several gradients come out of one loop.

use gradus_tensor::Tensor;
use smallvec::SmallVec;

use crate::fast::lists::Inner;
use crate::fast::store::Mirror;

/// The way back of an operation over numbers. It gives what the rule gives.
pub trait NumericRule {
    /// Gives or adds to each input that needs it its gradient.
    fn pull(&self, step: &mut Numeric<'_>);
}

/// One step of the numeric sweep, as an operation with a [`NumericRule`] sees it.
pub struct Numeric<'a> {
    inner: &'a mut Inner,
    /// Where gradients add up; without it they are kept apart.
    mirror: Option<&'a mut Mirror>,
    apart: Vec<(usize, Tensor)>,
    id: u32,
    inputs: SmallVec<[u32; 4]>,
    dy: Tensor,
}

impl std::fmt::Debug for Numeric<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Numeric({})", self.id)
    }
}

impl Numeric<'_> {
    /// Input `i`.
    pub(crate) fn x(&mut self, i: usize) -> Tensor {
        self.inner.value(self.inputs[i])
    }

    /// The gradient of the output.
    pub(crate) fn dy(&self) -> Tensor {
        self.dy.clone()
    }

    /// The gradient of the output, which the operation may write over. [`dy`](Self::dy) has none afterwards.
    pub(crate) fn take_dy(&mut self) -> Tensor {
        std::mem::replace(&mut self.dy, Tensor::zeros(0))
    }

    /// The output.
    pub(crate) fn y(&mut self) -> Tensor {
        self.inner.value(self.id)
    }

    /// The number of inputs.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Whether anybody wants the gradient of input `i`.
    pub(crate) fn needs(&self, i: usize) -> bool {
        self.inner.nodes[self.inputs[i] as usize].needs()
    }

    /// Whether something was added to the gradient of input `i` already, which then is better added to in its place.
    pub(crate) fn has(&self, i: usize) -> bool {
        self.mirror.as_ref().is_some_and(|mirror| mirror.reached[self.inputs[i] as usize])
    }

    /// Adds a contribution, in the shape of input `i`, to its gradient.
    pub(crate) fn give(&mut self, i: usize, dx: Tensor) {
        let Some(mirror) = &mut self.mirror else { return self.apart.push((i, dx)) };
        let input = self.inner.nodes[self.inputs[i] as usize];
        mirror.reached[self.inputs[i] as usize] = true;
        mirror.add(input.slot, self.inner.ty(&input), dx);
    }

    /// Lets `add` add to the gradient of input `i` in its place.
    pub(crate) fn add(&mut self, i: usize, add: impl FnOnce(&mut Tensor)) {
        let input = self.inner.nodes[self.inputs[i] as usize];
        let ty = self.inner.ty(&input);
        let Some(mirror) = &mut self.mirror else {
            let mut dx = Tensor::zeros_of(ty.shape, ty.dtype);
            add(&mut dx);
            return self.apart.push((i, dx));
        };
        mirror.reached[self.inputs[i] as usize] = true;
        mirror.add_with(input.slot, ty, add);
    }
}

/// Runs an operation's own way back, into the mirror or, without one, into a list `(which input, contribution)`.
pub(super) fn pull(
    inner: &mut Inner,
    id: u32,
    rule: &dyn NumericRule,
    dy: Tensor,
    mirror: Option<&mut Mirror>,
) -> Vec<(usize, Tensor)> {
    let inputs = inner.inputs(&inner.nodes[id as usize]);
    let mut step = Numeric { inner, mirror, apart: Vec::new(), id, inputs, dy };
    rule.pull(&mut step);
    step.apart
}
