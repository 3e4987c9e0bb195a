//! Indexing by several tensors at once, as NumPy's advanced indexing does.

use gradus_tensor::{DType, MAX_RANK, Shape, Tensor};
use smallvec::SmallVec;

use crate::ops::elementwise::operators::Operand;
use crate::ops::expect;
use crate::var::Var;

/// Index tensors with masks resolved, broadcast to one shape, and the axes they stand for.
struct Places {
    axes: SmallVec<[usize; MAX_RANK]>,
    shape: Shape,
    /// The flat place over the indexed axes, `[shape.elements()]`.
    flat: Tensor,
}

impl Places {
    #[track_caller]
    fn new(op: &str, of: &Shape, index: &[Option<Tensor>]) -> Self {
        let axes = index.iter().map(|entry| match entry {
            Some(mask) if mask.dtype() == DType::Bool => mask.rank(),
            _ => 1,
        });
        let axes: usize = axes.sum();
        assert!(axes <= of.len(), "{op}: entries for {axes} axes of {of}, which has {}", of.len());
        let mut parts: SmallVec<[(usize, Tensor); MAX_RANK]> = SmallVec::new();
        let mut axis = 0;
        for entry in index {
            match entry {
                None => axis += 1,
                Some(mask) if mask.dtype() == DType::Bool => {
                    let sizes = &of[axis..axis + mask.rank()];
                    assert!(
                        **mask.shape() == *sizes,
                        "{op}: a mask of shape {} for axes {sizes:?} of {of}",
                        mask.shape()
                    );
                    let hits = mask.nonzero();
                    for k in 0..mask.rank() {
                        parts.push((axis + k, hits.select(1, k as isize)));
                    }
                    axis += mask.rank();
                }
                Some(t) => {
                    expect::integers(op, "places", t);
                    parts.push((axis, t.clone()));
                    axis += 1;
                }
            }
        }
        let shape = parts.iter().fold(Shape::new(&[]), |s, (_, t)| s.broadcast_or_panic(t.shape(), op));
        let mut flat = vec![0i64; shape.elements()];
        for (axis, t) in &parts {
            let n = of[*axis] as i64;
            for (f, i) in flat.iter_mut().zip(t.expand(shape).to_vec::<i64>()) {
                assert!(
                    (-n..n).contains(&i),
                    "{op}: place {i} is out of range for axis {axis} of {of}, of size {n}"
                );
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

/// # Indexing by tensors
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
        let places = Places::new("at", &shape, index);
        Shape::new(&shape[places.axes.len()..]).check_room("at", places.shape.len());
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
    /// broadcasts to their shape, or, with `add`, with `source` added to them.
    ///
    /// # Panics
    /// As [`Self::at`]; if `source` does not broadcast to the shape of the elements.
    #[doc(alias = "index_put")]
    #[track_caller]
    pub fn put_at(self, index: &[Option<Tensor>], source: impl Operand<'t>, add: bool) -> Self {
        let source = self.operand("put_at", source);
        let shape = self.shape();
        let places = Places::new("put_at", &shape, index);
        Shape::new(&shape[places.axes.len()..]).check_room("put_at", places.shape.len());
        let (order, inverse) = places.order(shape.len());
        let front = self.permute(order);
        let rest = Shape::new(&front.shape()[places.axes.len()..]);
        let indexed: usize = places.axes.iter().map(|&a| shape[a]).product();
        let (k, others) = (places.shape.len(), rest.len());
        let at = places.target();
        let mut result: SmallVec<[usize; MAX_RANK]> = rest.iter().copied().collect();
        result.insert_many(at.min(others), places.shape.iter().copied());
        expect::fits("put_at", "the source", &source.shape(), &Shape::new(&result));
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
}
