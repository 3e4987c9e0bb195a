//! Operations that pick elements by index or mask: gather, scatter, select, where.

use gradus_tensor::{DType, Shape, Tensor, accumulate, axis_index};

use crate::fast::runs::{Kernels, Numeric, NumericRule};
use crate::op::{Backward, Form, Op};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::var::Var;

#[derive(Debug)]
struct Gather {
    axis: isize,
    index: Tensor,
}

impl Op for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].gather(self.axis, &self.index)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let zeros = step.tape().constant(Tensor::zeros_of(step.shape(0), step.dy().dtype()));
        step.give(0, zeros.scatter_add(self.axis, &self.index, step.dy()));
    }
    fn words(&self) -> &'static str {
        "picked elements: each element gets the sum of the ȳ of its copies"
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for Gather {
    fn pull(&self, step: &mut Numeric<'_>) {
        let dy = step.dy();
        step.add(0, |dx| accumulate::places(dx, self.axis, &self.index, &dy));
    }
}

#[derive(Debug)]
struct ScatterAdd {
    axis: isize,
    index: Tensor,
}

impl Op for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatter_add"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].scatter_add(self.axis, &self.index, &x[1])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let dy = step.dy();
        if step.needs(0) {
            step.give(0, dy);
        }
        if step.needs(1) {
            let picked = dy.gather(self.axis, &self.index);
            step.give(1, crop_back(picked, step.shape(1)));
        }
    }
    fn words(&self) -> &'static str {
        "elements added at places of the first input: that gets ȳ, each element the ȳ of its place"
    }
}

/// A gradient for the used part of a source, with zeros for the rest.
pub(crate) fn crop_back<'t>(used: Var<'t>, shape: Shape) -> Var<'t> {
    let mut out = used;
    for axis in 0..shape.len() {
        let missing = shape[axis] - out.shape()[axis];
        if missing > 0 {
            let zeros = used.tape().constant(Tensor::zeros_of(out.shape().with(axis, missing), used.dtype()));
            out = Var::cat(&[out, zeros], axis as isize);
        }
    }
    out
}

#[derive(Debug)]
struct IndexSelect {
    axis: isize,
    index: Tensor,
}

impl Op for IndexSelect {
    fn name(&self) -> &'static str {
        "index_select"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].index_select(self.axis, &self.index)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let zeros = step.tape().constant(Tensor::zeros_of(step.shape(0), step.dy().dtype()));
        step.give(0, zeros.index_add(self.axis, &self.index, step.dy()));
    }
    fn words(&self) -> &'static str {
        "picked parts of an axis: each part gets the sum of the ȳ of its copies"
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for IndexSelect {
    fn pull(&self, step: &mut Numeric<'_>) {
        let dy = step.dy();
        step.add(0, |dx| accumulate::index(dx, self.axis, &self.index, &dy));
    }
}

#[derive(Debug)]
struct IndexAdd {
    axis: isize,
    index: Tensor,
}

impl Op for IndexAdd {
    fn name(&self) -> &'static str {
        "index_add"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].index_add(self.axis, &self.index, &x[1])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let dy = step.dy();
        if step.needs(0) {
            step.give(0, dy);
        }
        if step.needs(1) {
            step.give(1, dy.index_select(self.axis, &self.index));
        }
    }
    fn words(&self) -> &'static str {
        "parts added at places of the first input: that gets ȳ, each part the ȳ of its place"
    }
}

#[derive(Debug)]
struct Where(Tensor);

impl Op for Where {
    fn name(&self) -> &'static str {
        "where"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].where_(&self.0, &x[1])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let dy = step.dy();
        let zero = step.tape().constant(Tensor::zeros_of((), dy.dtype()));
        if step.needs(0) {
            step.give(0, dy.where_(&self.0, zero));
        }
        if step.needs(1) {
            step.give(1, zero.where_(&self.0, dy));
        }
    }
    fn words(&self) -> &'static str {
        "the first input where a mask holds, the second elsewhere: each gets ȳ at its places, 0 at the others"
    }
}

impl Var<'_> {
    /// As [`Self::gather`] of checked places, whose elements are known already.
    #[track_caller]
    pub(crate) fn gathered(self, axis: isize, index: Tensor, value: Tensor) -> Self {
        self.tape().record(Gather { axis, index }, &[self], value)
    }
}

/// # Indices and masks
impl<'t> Var<'t> {
    /// The elements that an index names along an axis, `$y_{i,j} = x_{i,\,\mathrm{index}_{i,j}}$` along axis 1
    /// of two: `index` (I64) has as many axes as this value and the shape of the result; it may be smaller
    /// along the other axes. The gradients of elements taken more than once add up.
    ///
    /// # Panics
    /// If an index is out of range or the ranks differ.
    #[track_caller]
    pub fn gather(self, axis: isize, index: &Tensor) -> Self {
        let axis = axis_index("gather", axis, &self.shape()) as isize;
        self.tape().apply(Gather { axis, index: index.clone() }, &[self])
    }

    /// This value with the elements of `source` added at the places that an index names along an axis:
    /// `$y_{i,\,\mathrm{index}_{i,j}} \mathrel{+}= s_{i,j}$` along axis 1 of two. `index` (I64) has as many
    /// axes as both and is nowhere larger than `source`.
    ///
    /// # Panics
    /// If an index is out of range or the ranks differ.
    #[track_caller]
    pub fn scatter_add(self, axis: isize, index: &Tensor, source: impl Operand<'t>) -> Self {
        let axis = axis_index("scatter_add", axis, &self.shape()) as isize;
        let operands = promoted([self, self.operand("scatter_add", source)]);
        self.tape().apply(ScatterAdd { axis, index: index.clone() }, &operands)
    }

    /// The places of an axis that a vector of places (I64) names, in its order: `[…, n, …]` to `[…, k, …]` for
    /// k places.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn index_select(self, axis: isize, index: &Tensor) -> Self {
        let axis = axis_index("index_select", axis, &self.shape()) as isize;
        self.tape().apply(IndexSelect { axis, index: index.clone() }, &[self])
    }

    /// This value with the places of `source` along an axis added at the places of this axis that a vector
    /// (I64) names; `source` has as many places as the vector and otherwise the shape of this value.
    ///
    /// # Panics
    /// If an index is out of range or the shapes do not fit.
    #[track_caller]
    pub fn index_add(self, axis: isize, index: &Tensor, source: impl Operand<'t>) -> Self {
        let axis = axis_index("index_add", axis, &self.shape()) as isize;
        let operands = promoted([self, self.operand("index_add", source)]);
        self.tape().apply(IndexAdd { axis, index: index.clone() }, &operands)
    }

    /// This value where the mask (Bool) holds, else `other`: `$m\,x + (1 - m)\,z$` without its NaN. All three
    /// broadcast. The gradient of the branch not taken is 0 times its slope, which is NaN where that slope is
    /// infinite, as in PyTorch.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "where")]
    #[track_caller]
    pub fn where_(self, mask: &Tensor, other: impl Operand<'t>) -> Self {
        let branches = promoted([self, self.operand("where_", other)]);
        self.tape().apply(Where(mask.to(DType::Bool)), &branches)
    }

    /// `value` where the mask (Bool) holds, else this value; both broadcast. No gradient flows where the mask
    /// holds.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn masked_fill(self, mask: &Tensor, value: f64) -> Self {
        self.shape().broadcast_or_panic(mask.shape(), "masked_fill");
        self.where_not(mask, value)
    }
}
