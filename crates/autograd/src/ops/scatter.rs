//! Writing at places that an index or a mask names.

use gradus_tensor::{DType, MAX_RANK, Shape, Tensor, axis_index, check_indices, wrapped_indices};
use smallvec::SmallVec;

use crate::op::{Backward, Form, Op};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::ops::index::crop_back;
use crate::var::Var;

/// A copy with the elements at `index` replaced; rule: nothing flows to what was replaced. Where places repeat, the last
/// one counts and gets the gradient of the place, the others 0.
#[derive(Debug)]
struct Scatter {
    axis: isize,
    index: Tensor,
}

impl Op for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].scatter(self.axis, &self.index, &x[1])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let dy = step.dy();
        if step.needs(0) {
            let zeros = Tensor::zeros_of(step.shape(0), DType::F32);
            let hit = zeros.scatter(self.axis, &self.index, &Tensor::ones(*self.index.shape()));
            step.give(0, dy.masked_fill(&hit.to(DType::Bool), 0.0));
        }
        if step.needs(1) {
            let (won, given) = (self.last_ones(&step.shape(0)), dy.gather(self.axis, &self.index));
            let given = won.map_or(given, |won| given.masked_fill(&won.logical_not(), 0.0));
            step.give(1, crop_back(given, step.shape(1)));
        }
    }
    fn words(&self) -> &'static str {
        "elements put at places of the first input: each gets the ȳ of its place, what stays there its ȳ, the rest 0"
    }
}

impl Scatter {
    /// Which elements of the source are in the result, if not all are.
    fn last_ones(&self, shape: &Shape) -> Option<Tensor> {
        let numbers = (0..self.index.elements()).map(|i| i as f64).collect::<Vec<f64>>();
        let numbers = Tensor::from_vec(numbers, *self.index.shape());
        let written = Tensor::zeros_of(*shape, DType::F64).scatter(self.axis, &self.index, &numbers);
        let won = written.gather(self.axis, &self.index).eq(&numbers);
        (won.all().item() == 0.0).then_some(won)
    }
}

/// How several values that meet at one place become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScatterReduce {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// Their product.
    Prod,
    /// The largest; ties share the gradient evenly.
    Max,
    /// The smallest; ties share the gradient evenly.
    Min,
}

/// # Writing to places
impl<'t> Var<'t> {
    /// This value with the elements that an index names along an axis replaced by those of `source`:
    /// `$y_{i,\,\mathrm{index}_{i,j}} = s_{i,j}$` along axis 1 of two. `index` (I64) has as many axes as both
    /// and is nowhere larger than `source`. No gradient flows to what was replaced. Where places repeat, the
    /// last one counts; the slope of the others is 0.
    ///
    /// # Panics
    /// If an index is out of range or the ranks differ.
    #[track_caller]
    pub fn scatter(self, axis: isize, index: &Tensor, source: impl Operand<'t>) -> Self {
        let axis = axis_index("scatter", axis, &self.shape()) as isize;
        let operands = promoted([self, self.operand("scatter", source)]);
        self.tape().apply(Scatter { axis, index: index.clone() }, &operands)
    }

    /// This value with the places of an axis that a vector (I64) names replaced by those of `source`, which has
    /// as many and otherwise the shape of this value. Where places repeat, the last one counts; the slope of the others
    /// is 0.
    ///
    /// # Panics
    /// If an index is out of range or the shapes do not fit.
    #[track_caller]
    pub fn index_copy(self, axis: isize, index: &Tensor, source: impl Operand<'t>) -> Self {
        let source = self.operand("index_copy", source);
        let shape = self.shape();
        let at = axis_index("index_copy", axis, &shape);
        let index = along("index_copy", index, &shape, at, &source.shape());
        self.scatter(at as isize, &index, source)
    }

    /// This value with `value` (without axes) at the places of an axis that a vector (I64) names.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn index_fill(self, axis: isize, index: &Tensor, value: impl Operand<'t>) -> Self {
        let value = self.operand("index_fill", value);
        let shape = self.shape();
        let at = axis_index("index_fill", axis, &shape);
        let size = shape[at];
        expect::integers("index_fill", "places", index);
        expect::shape("index_fill", "the value", &value.shape(), &[]);
        let mut hit = vec![false; size];
        for i in index.to_vec::<i64>() {
            assert!(
                (0..size as i64).contains(&i),
                "index_fill: place {i} of axis {at}, which has size {size}"
            );
            hit[i as usize] = true;
        }
        let ones: SmallVec<[usize; MAX_RANK]> =
            (0..shape.len()).map(|a| if a == at { shape[at] } else { 1 }).collect();
        value.where_(&Tensor::from_vec(hit, &ones[..]), self).expand(shape)
    }

    /// The elements where the mask (Bool) holds, in row-major order, as a vector; both broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "extract")]
    #[doc(alias = "compress")]
    #[track_caller]
    pub fn masked_select(self, mask: &Tensor) -> Self {
        let shape = self.shape().broadcast_or_panic(mask.shape(), "masked_select");
        self.expand(shape).flatten().index_select(0, &hits(&mask.expand(shape)))
    }

    /// This value with the elements where the mask (Bool) holds replaced by the first ones of `source`, in
    /// row-major order; value and mask broadcast.
    ///
    /// # Panics
    /// If `source` has too few elements or the shapes do not broadcast.
    #[doc(alias = "place")]
    #[doc(alias = "putmask")]
    #[track_caller]
    pub fn masked_scatter(self, mask: &Tensor, source: impl Operand<'t>) -> Self {
        let source = self.operand("masked_scatter", source);
        let shape = self.shape().broadcast_or_panic(mask.shape(), "masked_scatter");
        let places = hits(&mask.expand(shape));
        let (wanted, given) = (places.elements(), source.elements());
        assert!(
            wanted <= given,
            "masked_scatter: the mask holds at {wanted} places, the source has {given} elements"
        );
        let source = source.flatten().narrow(0, 0, wanted);
        self.expand(shape).flatten().scatter(0, &places, source).reshape(shape)
    }

    /// This value with the elements at flat places (I64; negative ones count from the end) replaced by those of `source`, or,
    /// with `add`, added to. Where replaced places repeat, the last one counts; the slope of the others is 0.
    ///
    /// # Panics
    /// If a place is out of range or the numbers of elements differ.
    #[track_caller]
    pub fn put(self, index: &Tensor, source: impl Operand<'t>, add: bool) -> Self {
        let source = self.operand("put", source);
        let n = self.elements();
        let places = wrapped_indices("put", index, n, &format!("a value with {n} elements")).flatten();
        let (flat, source) = (self.flatten(), source.flatten());
        assert!(
            places.elements() == source.elements(),
            "put: {} places for {} elements of the source",
            places.elements(),
            source.elements()
        );
        let y = if add { flat.index_add(0, &places, source) } else { flat.scatter(0, &places, source) };
        y.reshape(self.shape())
    }

    /// Elements along an axis at the places of `index` (I64; negative ones count from the end), which
    /// broadcasts against this value along the other axes: [`Self::gather`] as NumPy has it. Along the axis the
    /// result has the size of `index`.
    ///
    /// # Panics
    /// If an index is out of range or the shapes do not broadcast.
    #[doc(alias = "take_along_dim")]
    #[track_caller]
    pub fn take_along_axis(self, axis: isize, index: &Tensor) -> Self {
        let shape = self.shape();
        let at = axis_index("take_along_axis", axis, &shape);
        assert!(
            index.rank() == shape.len(),
            "take_along_axis: the index's shape {} and the value's {shape} have {} and {} axes",
            index.shape(),
            index.rank(),
            shape.len()
        );
        let of = format!("axis {axis}, which has size {}", shape[at]);
        let index = wrapped_indices("take_along_axis", index, shape[at], &of);
        let others = shape.with(at, 1).broadcast_or_panic(&index.shape().with(at, 1), "take_along_axis");
        let index = index.expand(others.with(at, index.shape()[at]));
        self.expand(others.with(at, shape[at])).gather(at as isize, &index)
    }

    /// The elements of `source` that `index` (I64, of the same shape or smaller) sends to one place along an
    /// axis, as one by `how`; with `include_self` this value takes part, else it remains only where nothing
    /// arrives. The shape is that of this value.
    ///
    /// # Panics
    /// If an index is out of range or the ranks differ.
    #[track_caller]
    pub fn scatter_reduce(
        self,
        axis: isize,
        index: &Tensor,
        source: impl Operand<'t>,
        how: ScatterReduce,
        include_self: bool,
    ) -> Self {
        let source = self.operand("scatter_reduce", source);
        let shape = self.shape();
        let at = axis_index("scatter_reduce", axis, &shape);
        check_scatter("scatter_reduce", &shape, at, index, &source.shape());
        let table = arrivals(&shape, at, index, &source.shape(), include_self);
        let neutral = match how {
            ScatterReduce::Sum | ScatterReduce::Mean => 0.0,
            ScatterReduce::Prod => 1.0,
            ScatterReduce::Max => f64::NEG_INFINITY,
            ScatterReduce::Min => f64::INFINITY,
        };
        let rest = self.tape().constant(Tensor::full_of(1, neutral, self.dtype()));
        let pool = Self::cat(&[self.flatten(), source.flatten(), rest], 0);
        let met = pool.index_select(0, &table.flatten()).reshape(*table.shape());
        let y = match how {
            ScatterReduce::Sum => met.sum_axes(-1),
            ScatterReduce::Prod => met.prod_axes(-1),
            ScatterReduce::Max => met.max_axes(-1),
            ScatterReduce::Min => met.min_axes(-1),
            ScatterReduce::Mean => {
                let end = pool.elements() as f64 - 1.0;
                met.sum_axes(-1) / &table.lt(end).to(self.dtype()).sum_axes(-1)
            }
        };
        y.reshape(shape)
    }

    /// As [`Self::scatter_reduce`] for whole places of an axis, which a vector (I64) names.
    ///
    /// # Panics
    /// If an index is out of range or the shapes do not fit.
    #[track_caller]
    pub fn index_reduce(
        self,
        axis: isize,
        index: &Tensor,
        source: impl Operand<'t>,
        how: ScatterReduce,
        include_self: bool,
    ) -> Self {
        let source = self.operand("index_reduce", source);
        let shape = self.shape();
        let at = axis_index("index_reduce", axis, &shape);
        let index = along("index_reduce", index, &shape, at, &source.shape());
        self.scatter_reduce(at as isize, &index, source, how, include_self)
    }
}

/// Panics unless places (I64) of `shape` along axis `at` have as many axes, are nowhere more than `source` has, and but
/// for this axis nowhere more than `shape` has.
#[track_caller]
fn check_scatter(op: &str, shape: &Shape, at: usize, index: &Tensor, source: &Shape) {
    check_indices(op, index, shape[at], &format!("axis {at}"));
    let wanted = index.shape();
    let fits = |of: &Shape, but: Option<usize>| {
        of.len() == wanted.len() && (0..of.len()).all(|a| Some(a) == but || wanted[a] <= of[a])
    };
    assert!(
        fits(shape, Some(at)) && fits(source, None),
        "{op}: an index of shape {wanted} for a value {shape} and a source {source}: it must have as many axes, and be \
         nowhere larger than the source, nor than the value but along axis {at}"
    );
}

/// A vector of places of `whole` along axis `at`, expanded to the shape of the source, which is that of the whole but for
/// this axis.
#[track_caller]
fn along(op: &str, index: &Tensor, whole: &Shape, at: usize, shape: &Shape) -> Tensor {
    let n = index.elements();
    assert!(index.rank() <= 1, "{op}: the places must be a vector, got shape {}", index.shape());
    check_indices(op, index, whole[at], &format!("axis {at}"));
    assert!(
        *shape == whole.with(at, n),
        "{op}: {n} places of axis {at} of {whole} need a source of shape {}, got {shape}",
        whole.with(at, n)
    );
    let ones: SmallVec<[usize; MAX_RANK]> =
        (0..shape.len()).map(|a| if a == at { index.elements() } else { 1 }).collect();
    index.reshape(&ones[..]).expand(*shape)
}

/// The flat places where a mask holds.
#[track_caller]
fn hits(mask: &Tensor) -> Tensor {
    mask.flatten().nonzero().select(1, 0)
}

/// For each place of `shape` the places in the pool `[self …, source …, neutral]` that meet there, `[elements, most]`,
/// filled up with the neutral one.
fn arrivals(shape: &Shape, axis: usize, index: &Tensor, source: &Shape, include_self: bool) -> Tensor {
    let (n, m) = (shape.elements(), source.elements());
    let mut meeting: Vec<Vec<i64>> = vec![vec![]; n];
    let own = Tensor::arange(n).to(DType::I64).reshape(shape);
    let own_strides = shape.strides();
    let sources = Tensor::arange(m).to(DType::I64).reshape(source);
    let mut cropped = (own, sources);
    for a in 0..shape.len() {
        let len = index.shape()[a];
        if a != axis {
            cropped.0 = cropped.0.narrow(a as isize, 0, len);
        }
        cropped.1 = cropped.1.narrow(a as isize, 0, len);
    }
    let base = if shape[axis] == 0 { cropped.0 } else { cropped.0.narrow(axis as isize, 0, 1) };
    let base = base.expand(*index.shape()).to_vec::<i64>();
    for ((b, i), s) in base.into_iter().zip(index.to_vec::<i64>()).zip(cropped.1.to_vec::<i64>()) {
        meeting[(b + i * own_strides[axis] as i64) as usize].push(n as i64 + s);
    }
    for (place, list) in meeting.iter_mut().enumerate() {
        if include_self || list.is_empty() {
            list.insert(0, place as i64);
        }
    }
    let most = meeting.iter().map(Vec::len).max().unwrap_or(1);
    let filled = meeting.into_iter().flat_map(|mut list| {
        list.resize(most, (n + m) as i64);
        list
    });
    Tensor::from_vec(filled.collect(), [n, most])
}
