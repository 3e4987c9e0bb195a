//! Writing at places that index tensors or masks name, and indexing by several tensors at once as NumPy does.

use gradus_tensor::{DType, MAX_RANK, Shape, Tensor, axis_index};
use smallvec::SmallVec;

use crate::op::{Backward, Op};
use crate::ops::elementwise::operators::Operand;
use crate::ops::index::crop_back;
use crate::var::Var;

/// A copy with the elements at `index` replaced; rule: nothing flows to what was replaced. Where places repeat, the last
/// one counts, and each gets the gradient of the place.
#[derive(Debug)]
struct Scatter {
    axis: isize,
    index: Tensor,
}

impl Op for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
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
            step.give(1, crop_back(dy.gather(self.axis, &self.index), step.shape(1)));
        }
    }
    fn words(&self) -> &'static str {
        "elements put at places of the first input: each gets the ȳ of its place, what stays there its ȳ, the rest 0"
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

/// Index tensors with masks resolved, broadcast to one shape, and the axes they stand for.
struct Places {
    axes: SmallVec<[usize; MAX_RANK]>,
    shape: Shape,
    /// The flat place over the indexed axes, `[shape.elements()]`.
    flat: Tensor,
}

impl Places {
    #[track_caller]
    fn new(of: &Shape, index: &[Option<Tensor>]) -> Self {
        let mut parts: SmallVec<[(usize, Tensor); MAX_RANK]> = SmallVec::new();
        let mut axis = 0;
        for entry in index {
            match entry {
                None => axis += 1,
                Some(mask) if mask.dtype() == DType::Bool => {
                    let sizes = &of[axis..axis + mask.rank()];
                    assert!(
                        **mask.shape() == *sizes,
                        "index: a mask of shape {} for axes {sizes:?}",
                        mask.shape()
                    );
                    let hits = mask.nonzero();
                    for k in 0..mask.rank() {
                        parts.push((axis + k, hits.select(1, k as isize)));
                    }
                    axis += mask.rank();
                }
                Some(t) => {
                    parts.push((axis, t.to(DType::I64)));
                    axis += 1;
                }
            }
        }
        let shape = parts.iter().fold(Shape::new(&[]), |s, (_, t)| s.broadcast_or_panic(t.shape(), "index"));
        let mut flat = vec![0i64; shape.elements()];
        for (axis, t) in &parts {
            let n = of[*axis] as i64;
            for (f, i) in flat.iter_mut().zip(t.expand(shape).to_vec::<i64>()) {
                assert!((-n..n).contains(&i), "index: place {i} of axis {axis}, which has size {n}");
                *f = *f * n + i.rem_euclid(n);
            }
        }
        let n = flat.len();
        Self { axes: parts.iter().map(|p| p.0).collect(), shape, flat: Tensor::from_vec(flat, n) }
    }

    /// The indexed axes first, then the others; and the inverse order.
    fn order(&self, rank: usize) -> (Vec<isize>, Vec<isize>) {
        let others = (0..rank).filter(|a| !self.axes.contains(a));
        let order: Vec<isize> = self.axes.iter().copied().chain(others).map(|a| a as isize).collect();
        let mut inverse = vec![0; rank];
        for (place, &axis) in order.iter().enumerate() {
            inverse[axis as usize] = place as isize;
        }
        (order, inverse)
    }

    /// Where the axes of the index stand in the result: where the first indexed axis was if they are neighbours, else
    /// in front.
    fn target(&self) -> usize {
        let neighbours = self.axes.windows(2).all(|w| w[1] == w[0] + 1);
        if neighbours { self.axes.first().copied().unwrap_or(0) } else { 0 }
    }

    /// The result's axes in the order `[index …, others …]`, as a permutation of the result, and its inverse.
    fn result_order(&self, others: usize) -> (Vec<isize>, Vec<isize>) {
        let (k, at) = (self.shape.len(), self.target());
        let to_front: Vec<isize> =
            (at..at + k).chain(0..at).chain(at + k..k + others).map(|a| a as isize).collect();
        let mut back = vec![0; to_front.len()];
        for (place, &axis) in to_front.iter().enumerate() {
            back[axis as usize] = place as isize;
        }
        (to_front, back)
    }
}

impl<'t> Var<'t> {
    /// The elements that index tensors name, one entry for each axis: I64 places (negative ones count from the end), a
    /// Bool mask (over as many axes as it has), or `None` for the whole axis. Index tensors broadcast; their axes stand
    /// where the indexed ones were if those are neighbours, else in front.
    ///
    /// # Panics
    /// If a place is out of range or the index tensors do not broadcast.
    #[doc(alias = "index")]
    #[track_caller]
    pub fn at(self, index: &[Option<Tensor>]) -> Self {
        let shape = self.shape();
        let places = Places::new(&shape, index);
        if places.axes.is_empty() {
            return self;
        }
        let (order, _) = places.order(shape.len());
        let front = self.permute(order);
        let rest = Shape::new(&front.shape()[places.axes.len()..]);
        let indexed: usize = places.axes.iter().map(|&a| shape[a]).product();
        let rows = front.reshape(rest.inserted(0, indexed)).index_select(0, &places.flat);
        let wide: Vec<usize> = places.shape.iter().chain(rest.iter()).copied().collect();
        rows.reshape(wide).permute(places.result_order(rest.len()).1)
    }

    /// This value with the elements that index tensors name (see [`Self::at`]) replaced by `source`, which
    /// broadcasts, or, with `add`, with `source` added to them.
    ///
    /// # Panics
    /// As [`Self::at`]; if `source` does not broadcast to the shape of the elements.
    #[doc(alias = "index_put")]
    #[track_caller]
    pub fn put_at(self, index: &[Option<Tensor>], source: impl Operand<'t>, add: bool) -> Self {
        let source = self.lift(source);
        let shape = self.shape();
        let places = Places::new(&shape, index);
        let (order, inverse) = places.order(shape.len());
        let front = self.permute(order);
        let rest = Shape::new(&front.shape()[places.axes.len()..]);
        let indexed: usize = places.axes.iter().map(|&a| shape[a]).product();
        let (k, others) = (places.shape.len(), rest.len());
        let at = places.target();
        let mut result: SmallVec<[usize; MAX_RANK]> = rest.iter().copied().collect();
        result.insert_many(at.min(others), places.shape.iter().copied());
        let source = source.expand(&result[..]).permute(places.result_order(others).0);
        let n = places.flat.elements();
        let source = source.reshape(rest.inserted(0, n));
        debug_assert_eq!(result.len(), k + others);
        let rows = front.reshape(rest.inserted(0, indexed));
        let rows = if add {
            rows.index_add(0, &places.flat, source)
        } else {
            rows.index_copy(0, &places.flat, source)
        };
        rows.reshape(front.shape()).permute(inverse)
    }

    /// This value with the elements that `index` names along an axis replaced by those of `source`.
    ///
    /// # Panics
    /// If an index is out of range or the ranks differ.
    #[track_caller]
    pub fn scatter(self, axis: isize, index: &Tensor, source: impl Operand<'t>) -> Self {
        let source = self.lift(source);
        let axis = axis_index("scatter", axis, &self.shape()) as isize;
        let dtype = self.dtype().promote(source.dtype());
        self.tape().apply(Scatter { axis, index: index.clone() }, &[self.to(dtype), source.to(dtype)])
    }

    /// This value with the places of an axis that `index` names replaced by those of `source`.
    ///
    /// # Panics
    /// If an index is out of range or the shapes do not fit.
    #[track_caller]
    pub fn index_copy(self, axis: isize, index: &Tensor, source: impl Operand<'t>) -> Self {
        let source = self.lift(source);
        let shape = source.shape();
        let at = axis_index("index_copy", axis, &self.shape());
        self.scatter(at as isize, &along(index, at, &shape), source)
    }

    /// This value with `value` (without axes) at the places of an axis that `index` names.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn index_fill(self, axis: isize, index: &Tensor, value: impl Operand<'t>) -> Self {
        let value = self.lift(value);
        let shape = self.shape();
        let at = axis_index("index_fill", axis, &shape);
        let size = shape[at];
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

    /// The elements where the mask holds, in row-major order; both broadcast.
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

    /// This value with the elements where the mask holds replaced by the first ones of `source`, in row-major order.
    ///
    /// # Panics
    /// If `source` has too few elements or the shapes do not broadcast.
    #[doc(alias = "place")]
    #[doc(alias = "putmask")]
    #[track_caller]
    pub fn masked_scatter(self, mask: &Tensor, source: impl Operand<'t>) -> Self {
        let source = self.lift(source);
        let shape = self.shape().broadcast_or_panic(mask.shape(), "masked_scatter");
        let places = hits(&mask.expand(shape));
        let source = source.flatten().narrow(0, 0, places.elements());
        self.expand(shape).flatten().scatter(0, &places, source).reshape(shape)
    }

    /// This value with the elements at flat places (I64; negative ones count from the end) replaced by those of `source`, or,
    /// with `add`, added to.
    ///
    /// # Panics
    /// If a place is out of range or the numbers of elements differ.
    #[track_caller]
    pub fn put(self, index: &Tensor, source: impl Operand<'t>, add: bool) -> Self {
        let source = self.lift(source);
        let n = self.elements() as i64;
        let place = |i: i64| {
            assert!((-n..n).contains(&i), "put: place {i} of a value with {n} elements");
            if i < 0 { i + n } else { i }
        };
        let places: Vec<i64> = index.to_vec::<i64>().into_iter().map(place).collect();
        let len = places.len();
        let (flat, places) = (self.flatten(), Tensor::from_vec(places, len));
        let source = source.flatten();
        let y = if add { flat.index_add(0, &places, source) } else { flat.scatter(0, &places, source) };
        y.reshape(self.shape())
    }

    /// Elements along an axis at the places of `index` (negative ones count from the end), which broadcasts
    /// against this value along the other axes.
    ///
    /// # Panics
    /// If an index is out of range or the shapes do not broadcast.
    #[doc(alias = "take_along_dim")]
    #[track_caller]
    pub fn take_along_axis(self, axis: isize, index: &Tensor) -> Self {
        let shape = self.shape();
        let at = axis_index("take_along_axis", axis, &shape);
        let n = shape[at] as i64;
        let wrapped = index.to_vec::<i64>().iter().map(|&i| if i < 0 { i + n } else { i }).collect();
        let index = Tensor::from_vec(wrapped, *index.shape());
        let others = shape.with(at, 1).broadcast_or_panic(&index.shape().with(at, 1), "take_along_axis");
        let index = index.expand(others.with(at, index.shape()[at]));
        self.expand(others.with(at, shape[at])).gather(at as isize, &index)
    }

    /// The elements of `source` that `index` sends to one place along an axis, as one by `how`; with `include_self` this
    /// value takes part, else it remains only where nothing arrives.
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
        let source = self.lift(source);
        let shape = self.shape();
        let at = axis_index("scatter_reduce", axis, &shape);
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

    /// As [`Self::scatter_reduce`] for whole slices along an axis.
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
        let source = self.lift(source);
        let at = axis_index("index_reduce", axis, &self.shape());
        let index = along(index, at, &source.shape());
        self.scatter_reduce(at as isize, &index, source, how, include_self)
    }
}

/// A vector of places along axis `at`, expanded to `shape`.
fn along(index: &Tensor, at: usize, shape: &Shape) -> Tensor {
    let ones: SmallVec<[usize; MAX_RANK]> =
        (0..shape.len()).map(|a| if a == at { index.elements() } else { 1 }).collect();
    index.reshape(&ones[..]).expand(*shape)
}

/// The flat places where a mask holds.
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
