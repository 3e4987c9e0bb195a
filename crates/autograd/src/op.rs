//! Operations that a table row cannot say: several inputs, other shapes, owned attributes.

use gradus_tensor::{Shape, Tensor};
use smallvec::SmallVec;

pub(crate) use crate::check::Form;
use crate::fast::runs::Kernels;
use crate::tape::Tape;
use crate::var::Var;

/// A differentiable operation.
///
/// `backward` is the rule, in operations on [`Var`]: for numbers it runs on scratch paper, for derivatives of higher order
/// it is recorded. Broadcast inputs need no care: the sweep sums what a rule gives down to the shape of the input.
pub trait Op: std::fmt::Debug + 'static {
    /// The name, as printed.
    fn name(&self) -> &'static str;

    /// The value for the given inputs.
    #[track_caller]
    fn forward(&self, x: &[Tensor]) -> Tensor;

    /// The rule: gives each input that needs it `$\bar x_i = \bar y \cdot \partial y / \partial x_i$`.
    fn backward<'t>(&self, step: &mut Backward<'t>);

    /// The rule in plain words, for explanations: what each input gets for the gradient ȳ of the output.
    fn words(&self) -> &'static str {
        ""
    }

    /// What the complex step may do with the inputs' parts.
    #[doc(hidden)]
    fn form(&self) -> Form {
        Form::Other
    }

    /// The same function made of other operations, where it can be: the complex step follows those.
    #[doc(hidden)]
    fn composed<'t>(&self, _x: &[Var<'t>]) -> Option<Var<'t>> {
        None
    }

    /// Loops for the numeric sweep and for large values, where there are any. They give what the rule gives.
    #[doc(hidden)]
    fn kernels(&self) -> Option<Kernels<'_>> {
        None
    }
}

/// One step of a backward pass, as a rule sees it.
pub struct Backward<'t> {
    pub(crate) tape: &'t Tape,
    pub(crate) inputs: SmallVec<[u32; 4]>,
    pub(crate) needs: SmallVec<[bool; 4]>,
    pub(crate) y: u32,
    pub(crate) dy: Var<'t>,
    pub(crate) given: SmallVec<[(usize, Var<'t>); 4]>,
}

impl<'t> Backward<'t> {
    /// Input `i`.
    #[track_caller]
    pub fn x(&self, i: usize) -> Var<'t> {
        self.check_input(i);
        Var { tape: self.tape, id: self.inputs[i] }
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// The output.
    pub fn y(&self) -> Var<'t> {
        Var { tape: self.tape, id: self.y }
    }

    /// The gradient of the output, in its shape.
    pub fn dy(&self) -> Var<'t> {
        self.dy
    }

    /// The shape of input `i`.
    #[track_caller]
    pub fn shape(&self, i: usize) -> Shape {
        self.x(i).shape()
    }

    /// The tape, for constants.
    pub fn tape(&self) -> &'t Tape {
        self.tape
    }

    /// Whether anybody wants the gradient of input `i`.
    #[track_caller]
    pub fn needs(&self, i: usize) -> bool {
        self.check_input(i);
        self.needs[i]
    }

    /// Adds a contribution to the gradient of input `i`: in its shape, or in one that it was broadcast to, and in its type.
    #[track_caller]
    pub fn give(&mut self, i: usize, dx: Var<'t>) {
        self.check_given(i, dx);
        self.given.push((i, dx));
    }
}
