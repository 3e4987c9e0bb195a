//! Reductions: sums, means, products and extremes here, variances and their like in `statistics`; norms stand beside the
//! distances. Each is an operation over a list of axes that keeps them with size 1; the forms that drop axes reshape the
//! result.

mod statistics;
mod twins;

use gradus_tensor::{Axes, DType, MAX_RANK, Shape, Tensor};
use smallvec::SmallVec;

use crate::fast::runs::Kernels;
use crate::op::{Backward, Form, Op};
use crate::ops::expect;
use crate::var::Var;

pub(crate) type AxisList = SmallVec<[usize; MAX_RANK]>;

/// The axes as the tensor crate takes them.
pub(crate) fn axes_of(list: &[usize]) -> Axes {
    let signed: SmallVec<[isize; MAX_RANK]> = list.iter().map(|&a| a as isize).collect();
    Axes::from(&signed[..])
}

/// The product of the sizes of some axes.
fn count(shape: &Shape, axes: &[usize]) -> usize {
    axes.iter().map(|&a| shape[a]).product()
}

pub(crate) fn dropped(shape: &Shape, axes: &[usize]) -> Shape {
    let kept: SmallVec<[usize; MAX_RANK]> =
        (0..shape.len()).filter(|a| !axes.contains(a)).map(|a| shape[a]).collect();
    Shape::new(&kept)
}

/// `$y = \sum x$`; rule: the gradient is spread over what was summed.
#[derive(Debug)]
struct Sum(AxisList);

impl Op for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].sum_keep(axes_of(&self.0))
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let shape = step.shape(0);
        step.give(0, step.dy().expand(shape));
    }
    fn words(&self) -> &'static str {
        "a sum: each element gets the ȳ of its sum"
    }
}

/// `$y = \sum x$` or `$\tfrac1n \sum x$` over all elements, to a 0-d value.
struct Total {
    /// What the sum is divided by, for a mean.
    over: Option<f64>,
}

impl std::fmt::Debug for Total {
    /// Without attributes: the divisor follows from the shape.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Total")
    }
}

impl Op for Total {
    fn name(&self) -> &'static str {
        if self.over.is_some() { "mean" } else { "sum" }
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        let sum = x[0].sum();
        self.over.map_or_else(|| sum.clone(), |n| &sum / n)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (shape, dy) = (step.shape(0), step.dy());
        let dy = self.over.map_or(dy, |n| dy / n);
        step.give(0, dy.expand(shape));
    }
    fn words(&self) -> &'static str {
        if self.over.is_some() {
            "a mean of n: each element gets ȳ/n"
        } else {
            "a sum: each element gets the ȳ of its sum"
        }
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Total(self.over.map_or(1.0, |n| 1.0 / n)))
    }
}

/// Undoes a broadcast; the transpose of `expand`.
#[derive(Debug)]
struct SumTo(Shape);

impl Op for SumTo {
    fn name(&self) -> &'static str {
        "sum_to"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].sum_to(self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let shape = step.shape(0);
        step.give(0, step.dy().expand(shape));
    }
    fn words(&self) -> &'static str {
        "a sum down to a shape: each element gets the ȳ of its sum"
    }
}

/// `$y = \prod x$`; rule: each element gets the product of the others, exact with zeros.
#[derive(Debug)]
struct Prod(AxisList);

impl Op for Prod {
    fn name(&self) -> &'static str {
        "prod"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        let y = x[0].prod_keep(axes_of(&self.0));
        if y.is_nan().any().item() == 0.0 {
            return y;
        }
        // Finite elements have a product: an overflow on the way met a zero.
        let (zero, infinite) = (x[0].eq(0.0), x[0].is_finite().logical_not());
        let of = |mask: &Tensor| mask.to(DType::I64).max_keep(axes_of(&self.0)).to(DType::Bool);
        y.zeros_like().where_(&of(&zero).and(&of(&infinite).logical_not()), &y)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let x = step.x(0);
        let axes = &self.0;
        // Gather the reduced axes at the end as one, so that the others can be multiplied from both sides.
        let shape = x.shape();
        let kept: SmallVec<[usize; MAX_RANK]> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
        let order: SmallVec<[isize; MAX_RANK]> = kept.iter().chain(axes).map(|&a| a as isize).collect();
        let moved = x.permute(&order[..]);
        let (rows, n) = (kept.iter().map(|&a| shape[a]).product(), count(&shape, axes));
        let flat = moved.reshape([rows, n]);
        let others = others_product(flat, n);
        let mut inverse: SmallVec<[isize; MAX_RANK]> = SmallVec::from_elem(0, order.len());
        for (place, &axis) in order.iter().enumerate() {
            inverse[axis as usize] = place as isize;
        }
        step.give(0, step.dy() * others.reshape(moved.shape()).permute(&inverse[..]));
    }
    fn words(&self) -> &'static str {
        "a product: each element gets ȳ times the product of the others"
    }
}

/// For each element of a row the product of the others. Where products on the way overflow and meet a zero, the elements
/// are divided by powers of two first, in `f64`.
fn others_product<'t>(x: Var<'t>, n: usize) -> Var<'t> {
    let plain = products_from_both_sides(x, n);
    let value = x.value();
    if plain.value().is_finite().all().item() != 0.0 || value.is_finite().all().item() == 0.0 {
        return plain;
    }
    let exponents: Vec<i32> = value
        .to_f64_vec()
        .into_iter()
        .map(|x| if x == 0.0 { 0 } else { x.abs().log2().ceil().clamp(-1000.0, 1000.0) as i32 })
        .collect();
    let of = |exponents: Vec<f64>| Tensor::from_vec(exponents, value.shape()[..].to_vec()).exp2();
    let scale = of(exponents.iter().map(|&e| f64::from(e)).collect());
    let mut y = products_from_both_sides(x.to(DType::F64) / &scale, n);
    // In quarters, each finite: a product of 0 stays 0.
    for part in 0..4 {
        let rows = exponents.chunks(n).flat_map(|row| {
            let all: i32 = row.iter().sum();
            row.iter().map(move |e| f64::from((all - e + part).div_euclid(4).clamp(-1000, 1000)))
        });
        y *= &of(rows.collect());
    }
    y.to(x.dtype())
}

/// [`others_product`] by doubling prefixes and suffixes, `$2 \log_2 n$` products.
fn products_from_both_sides<'t>(x: Var<'t>, n: usize) -> Var<'t> {
    let rows = x.shape()[0];
    if n == 0 {
        return x;
    }
    let ones = |width: usize| x.tape().constant(Tensor::ones_of([rows, width], x.dtype()));
    let exclusive = |x: Var<'t>| {
        // Shift by one, then multiply over distances 1, 2, 4, …
        let mut p = if n == 1 { ones(1) } else { Var::cat(&[ones(1), x.narrow(1, 0, n - 1)], 1) };
        let mut distance = 1;
        while distance < n {
            let shifted = Var::cat(&[ones(distance), p.narrow(1, 0, n - distance)], 1);
            p *= shifted;
            distance *= 2;
        }
        p
    };
    exclusive(x) * exclusive(x.flip(1)).flip(1)
}

/// The largest or smallest over some axes; rule: ties share the gradient evenly.
#[derive(Debug)]
struct Extreme {
    axes: AxisList,
    largest: bool,
}

impl Op for Extreme {
    fn name(&self) -> &'static str {
        if self.largest { "max" } else { "min" }
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        if self.largest { x[0].max_keep(axes_of(&self.axes)) } else { x[0].min_keep(axes_of(&self.axes)) }
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let x = step.x(0);
        let y = step.y().value();
        let hit = x.value().eq(&y).to(x.dtype());
        let ties = hit.sum_keep(axes_of(&self.axes));
        // Weighed: an infinite ȳ gives the others nothing.
        let share = step.dy().lift(&hit / &ties);
        step.give(0, share.weigh(step.dy()));
    }
    fn words(&self) -> &'static str {
        if self.largest {
            "the largest: it gets ȳ, the others nothing; ties share it"
        } else {
            "the smallest: it gets ȳ, the others nothing; ties share it"
        }
    }
}

/// The three forms of a reduction: over all elements as `|x| …`, over a list of axes, which are kept, as `|x, list| …`. What
/// stands in brackets is documentation of the first form only.
macro_rules! reductions {
    ($($(#[$meta:meta])* $all:ident $axes:ident $keep:ident $([$(#[$example:meta])*])?:
        |$whole:ident| $over_all:expr, |$x:ident, $list:ident| $over:expr;)*) => {
        /// # Reductions
        impl<'t> Var<'t> {$(
            $(#[$meta])*
            ///
            /// Over all elements, to a value without axes.
            $($(#[$example])*)?
            #[track_caller]
            pub fn $all(self) -> Self {
                let $whole = self;
                $over_all
            }

            $(#[$meta])*
            ///
            /// Over some axes, which the result does not have.
            ///
            /// # Panics
            /// If an axis is out of range or named twice.
            #[track_caller]
            pub fn $axes(self, axes: impl Into<Axes>) -> Self {
                let shape = self.shape();
                let list = axes.into().resolve(stringify!($axes), &shape);
                self.$keep(axes_of(&list)).reshape(dropped(&shape, &list))
            }

            $(#[$meta])*
            ///
            /// Over some axes, which the result keeps with size 1.
            ///
            /// # Panics
            /// If an axis is out of range or named twice.
            #[track_caller]
            pub fn $keep(self, axes: impl Into<Axes>) -> Self {
                let $x = self;
                let $list: AxisList = axes.into().resolve(stringify!($keep), &self.shape());
                $over
            }
        )*}
    };
}
pub(crate) use reductions;

reductions! {
    /// The sum `$\sum_i x_i$`, 0 of nothing.
    sum sum_axes sum_keep [
        ///
        /// ```
        /// use gradus_autograd::Tape;
        /// use gradus_tensor::Tensor;
        /// let tape = Tape::new();
        /// let x = tape.var(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
        /// assert_eq!(x.sum().item(), 10.0);
        /// assert_eq!(x.sum_axes(0).value().to_f64_vec(), [4.0, 6.0]);
        /// assert_eq!(x.sum_keep(1).shape()[..], [2, 1]);
        /// assert_eq!(x.sum().backward().wrt(x).to_f64_vec(), [1.0; 4]);
        /// ```
    ]: |x| x.tape().apply(Total { over: None }, &[x]), |x, list| x.tape().apply(Sum(list), &[x]);
    /// The mean `$\tfrac1n \sum_i x_i$`, NaN of nothing.
    mean mean_axes mean_keep [
        ///
        /// ```
        /// use gradus_autograd::Tape;
        /// use gradus_tensor::Tensor;
        /// let tape = Tape::new();
        /// let x = tape.var(Tensor::from([1.0, 2.0, 3.0, 6.0]));
        /// assert_eq!(x.mean().item(), 3.0);
        /// assert_eq!(x.mean().backward().wrt(x).to_f64_vec(), [0.25; 4]);
        /// ```
    ]:
        |x| x.tape().apply(Total { over: Some(x.elements() as f64) }, &[x]),
        |x, list| {
            expect::floats("mean", x.dtype());
            let n = count(&x.shape(), &list);
            x.tape().apply(Sum(list), &[x]) / n as f64
        };
    /// The product `$\prod_i x_i$`, 1 of nothing. The slope in each element is the product of the others, exact with zeros.
    prod prod_axes prod_keep: |x| x.prod_axes(()), |x, list| x.tape().apply(Prod(list), &[x]);
    /// The largest element; NaN wins. Elements that share it share the gradient evenly, as in PyTorch's `amax`;
    /// [`Self::max_with_place`] gives it to one of them.
    #[doc(alias = "amax")]
    max max_axes max_keep [
        ///
        /// ```
        /// use gradus_autograd::Tape;
        /// use gradus_tensor::Tensor;
        /// let tape = Tape::new();
        /// let x = tape.var(Tensor::from([1.0, 5.0, 5.0]));
        /// assert_eq!(x.max().item(), 5.0);
        /// assert_eq!(x.max().backward().wrt(x).to_f64_vec(), [0.0, 0.5, 0.5]);
        /// ```
    ]: |x| x.max_axes(()), |x, list| x.tape().apply(Extreme { axes: list, largest: true }, &[x]);
    /// The smallest element; NaN wins. Elements that share it share the gradient evenly, as in PyTorch's `amin`;
    /// [`Self::min_with_place`] gives it to one of them.
    #[doc(alias = "amin")]
    min min_axes min_keep: |x| x.min_axes(()), |x, list| x.tape().apply(Extreme { axes: list, largest: false }, &[x]);
}

/// # Reductions
impl<'t> Var<'t> {
    /// This value, with `value` where the mask holds; no gradient flows there.
    pub(crate) fn where_not(self, mask: &Tensor, value: f64) -> Self {
        self.lift(value).where_(mask, self)
    }

    /// Sums over the axes along which `shape` would have been repeated to become this shape: the transpose of
    /// [`Self::expand`].
    ///
    /// # Panics
    /// If `shape` does not broadcast to this value's shape.
    #[doc(alias = "sum_to_size")]
    #[track_caller]
    pub fn sum_to(self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if shape == self.shape() { self } else { self.tape().apply(SumTo(shape), &[self]) }
    }
}
