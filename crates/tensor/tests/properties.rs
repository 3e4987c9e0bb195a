//! Views and reductions against a naive model: a function from an index to an element.
//!
//! The model knows nothing of strides: each operation is a rule that says where in its source an element lies. Random
//! chains of views must agree with it element by element, and reductions of their results with plain loops.

use gradus_tensor::{REST, Shape, Slice, Tensor};
use proptest::prelude::*;

/// A tensor without strides: its sizes, and its elements in row-major order.
#[derive(Debug, Clone)]
struct Model {
    dims: Vec<usize>,
    values: Vec<i64>,
}

impl Model {
    fn at(&self, index: &[usize]) -> i64 {
        self.values[index.iter().zip(&self.dims).fold(0, |at, (i, n)| at * n + i)]
    }

    /// The model of these sizes whose element at an index is what `element` says.
    fn build(dims: Vec<usize>, element: impl Fn(&[usize]) -> i64) -> Self {
        let count = dims.iter().product::<usize>();
        let place = |mut at: usize| {
            let mut index = vec![0; dims.len()];
            for (i, &n) in index.iter_mut().zip(&dims).rev() {
                (*i, at) = (at % n, at / n);
            }
            index
        };
        let values = (0..count).map(|at| element(&place(at))).collect();
        Self { dims, values }
    }

    fn slice(&self, axis: usize, start: usize, len: usize, step: isize) -> Self {
        let mut dims = self.dims.clone();
        dims[axis] = len;
        Self::build(dims, |index| {
            let mut from = index.to_vec();
            from[axis] = (start as isize + index[axis] as isize * step) as usize;
            self.at(&from)
        })
    }

    fn swap(&self, a: usize, b: usize) -> Self {
        let mut dims = self.dims.clone();
        dims.swap(a, b);
        Self::build(dims, |index| {
            let mut from = index.to_vec();
            from.swap(a, b);
            self.at(&from)
        })
    }

    fn reduce(&self, axes: &[usize], start: i64, join: impl Fn(i64, i64) -> i64) -> Self {
        let dims: Vec<usize> =
            self.dims.iter().enumerate().map(|(axis, &n)| if axes.contains(&axis) { 1 } else { n }).collect();
        let mut out = Self { values: vec![start; dims.iter().product()], dims };
        Self::build(self.dims.clone(), |index| self.at(index)).values.iter().enumerate().for_each(
            |(at, &x)| {
                let (mut rest, mut to, mut stride) = (at, 0, 1);
                for axis in (0..self.dims.len()).rev() {
                    let i = rest % self.dims[axis];
                    rest /= self.dims[axis];
                    if !axes.contains(&axis) {
                        to += i * stride;
                        stride *= self.dims[axis];
                    }
                }
                out.values[to] = join(out.values[to], x);
            },
        );
        out
    }
}

/// One step of a chain; the numbers are taken modulo what is there.
#[derive(Debug, Clone)]
enum Step {
    Swap(usize, usize),
    Slice(usize, isize, isize, isize),
    Flip(usize),
    Select(usize, usize),
    Unsqueeze(usize),
    Expand(usize),
    Reshape(usize),
    Flatten,
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0usize..8;
    prop_oneof![
        (n.clone(), n.clone()).prop_map(|(a, b)| Step::Swap(a, b)),
        (n.clone(), -6isize..6, -6isize..6, prop_oneof![-3isize..0, 1isize..4])
            .prop_map(|(axis, start, end, step)| Step::Slice(axis, start, end, step)),
        n.clone().prop_map(Step::Flip),
        (n.clone(), n.clone()).prop_map(|(axis, place)| Step::Select(axis, place)),
        n.clone().prop_map(Step::Unsqueeze),
        (1usize..4).prop_map(Step::Expand),
        n.prop_map(Step::Reshape),
        Just(Step::Flatten),
    ]
}

/// Python's rule for a slice, written out place by place.
fn python_places(size: usize, start: isize, end: isize, step: isize) -> Vec<usize> {
    let n = size as isize;
    let absolute = |at: isize| if at < 0 { at + n } else { at };
    let (start, end) = (absolute(start), absolute(end));
    let mut at = if step > 0 { start.max(0) } else { start.min(n - 1) };
    let mut places = vec![];
    while (step > 0 && at < end.min(n)) || (step < 0 && at > end.max(-1)) {
        if (0..n).contains(&at) {
            places.push(at as usize);
        }
        at += step;
    }
    places
}

fn apply(step: &Step, x: &Tensor, model: &Model) -> (Tensor, Model) {
    let rank = model.dims.len();
    match *step {
        Step::Unsqueeze(at) if rank < 6 => {
            let at = at % (rank + 1);
            let mut dims = model.dims.clone();
            dims.insert(at, 1);
            (x.unsqueeze(at as isize), Model { dims, values: model.values.clone() })
        }
        Step::Expand(n) if rank < 6 => {
            let dims = [&[n], &model.dims[..]].concat();
            (x.expand(&dims[..]), Model::build(dims, |index| model.at(&index[1..])))
        }
        Step::Flatten => {
            (x.flatten(), Model { dims: vec![model.values.len()], values: model.values.clone() })
        }
        Step::Swap(a, b) if rank > 0 => {
            (x.transpose((a % rank) as isize, (b % rank) as isize), model.swap(a % rank, b % rank))
        }
        Step::Slice(axis, start, end, step) if rank > 0 => {
            let axis = axis % rank;
            let places = python_places(model.dims[axis], start, end, step);
            let first = places.first().copied().unwrap_or(0);
            let sliced = x.slice(axis as isize, Slice { start: Some(start), end: Some(end), step });
            (sliced, model.slice(axis, first, places.len(), step))
        }
        Step::Flip(axis) if rank > 0 => {
            let (axis, last) = (axis % rank, model.dims[axis % rank].saturating_sub(1));
            (x.flip(axis as isize), model.slice(axis, last, model.dims[axis], -1))
        }
        Step::Select(axis, place) if rank > 0 && model.dims[axis % rank] > 0 => {
            let axis = axis % rank;
            let place = place % model.dims[axis];
            let mut out = model.slice(axis, place, 1, 1);
            out.dims.remove(axis);
            (x.select(axis as isize, place as isize), out)
        }
        Step::Reshape(axis) if rank > 1 && !model.values.is_empty() => {
            let axis = axis % (rank - 1);
            let mut dims = model.dims.clone();
            let merged = dims.remove(axis) * dims[axis];
            dims[axis] = merged;
            let mut asked = dims.clone();
            asked[axis] = REST;
            (x.reshape(asked), Model { dims, values: model.values.clone() })
        }
        _ => (x.clone(), model.clone()),
    }
}

fn start() -> impl Strategy<Value = (Tensor, Model)> {
    prop::collection::vec(1usize..5, 0..4).prop_map(|dims| {
        let count = dims.iter().product::<usize>();
        let values: Vec<i64> = (0..count as i64).map(|i| i * 7 % 31 - 11).collect();
        (Tensor::from_slice(&values, &dims[..]), Model { dims, values })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn chains_of_views_agree_with_the_model((x, model) in start(), steps in prop::collection::vec(step(), 0..7)) {
        let (mut x, mut model) = (x, model);
        for step in &steps {
            (x, model) = apply(step, &x, &model);
            prop_assert_eq!(&x.shape()[..], &model.dims[..]);
            prop_assert_eq!(x.to_vec::<i64>(), &model.values[..]);
        }
    }

    #[test]
    fn reductions_of_views_agree_with_loops(
        (x, model) in start(),
        steps in prop::collection::vec(step(), 0..5),
        chosen in 0usize..64,
    ) {
        let (mut x, mut model) = (x, model);
        for step in &steps {
            (x, model) = apply(step, &x, &model);
        }
        let axes: Vec<usize> = (0..model.dims.len()).filter(|axis| chosen >> axis & 1 == 1).collect();
        let signed: Vec<isize> = axes.iter().map(|&axis| axis as isize).collect();
        let sum = model.reduce(&axes, 0, |a, b| a + b);
        let summed = x.sum_keep(&signed[..]);
        prop_assert_eq!(summed.to_vec::<i64>(), &sum.values[..]);
        prop_assert_eq!(&summed.shape()[..], &sum.dims[..]);
        let floats = x.to(gradus_tensor::DType::F64);
        let expected: Vec<f64> = sum.values.iter().map(|&x| x as f64).collect();
        prop_assert_eq!(floats.sum_axes(&signed[..]).to_vec::<f64>(), expected);
        if axes.iter().all(|&axis| model.dims[axis] > 0) {
            let max = model.reduce(&axes, i64::MIN, i64::max);
            prop_assert_eq!(x.max_axes(&signed[..]).to_vec::<i64>(), &max.values[..]);
            prop_assert_eq!(floats.min_axes(&signed[..]).to_f64_vec().len(), max.values.len());
        }
    }

    #[test]
    fn an_expand_is_undone_by_sum_to((x, _) in start(), mask in 0usize..16, n in 1usize..4) {
        // Axes chosen by the mask become 1, then everything is repeated along a new axis.
        let small: Vec<usize> =
            x.shape().iter().enumerate().map(|(axis, &size)| if mask >> axis & 1 == 1 { 1 } else { size }).collect();
        let large = [&[n], &x.shape()[..]].concat();
        let summed = Tensor::ones(&large[..]).sum_to(&small[..]);
        let times = large.iter().product::<usize>() / small.iter().product::<usize>();
        prop_assert_eq!(summed.shape(), &Shape::new(&small));
        prop_assert!(summed.to_vec::<f32>().iter().all(|&x| x == times as f32));
    }

    #[test]
    fn splits_are_undone_by_cat((x, model) in start(), axis in 0usize..4, cut in 0usize..5) {
        if !model.dims.is_empty() {
            let axis = axis % model.dims.len();
            let (size, cut) = (model.dims[axis], cut.min(model.dims[axis]));
            let parts = x.split(axis as isize, &[cut, size - cut]);
            prop_assert!(Tensor::cat(&[&parts[0], &parts[1]], axis as isize).equal(&x));
            prop_assert!(Tensor::stack(&x.unbind(axis as isize), axis as isize).equal(&x));
        }
    }

    #[test]
    fn scatter_undoes_gather_by_a_permutation(seed in 0u64..1000, rows in 1usize..5, n in 1usize..9) {
        let mut rng = gradus_tensor::rng(seed);
        let x = Tensor::randn([rows, n], &mut rng);
        let order = Tensor::permutation(n, &mut rng).expand([rows, n]);
        let back = x.zeros_like().scatter(1, &order, &x.gather(1, &order));
        prop_assert!(back.equal(&x));
        let added = x.zeros_like().scatter_add(1, &order, &x.gather(1, &order));
        prop_assert!(added.equal(&x));
    }

    #[test]
    fn sorted_rows_ascend_and_hold_the_same_elements(seed in 0u64..1000, n in 1usize..40) {
        let x = Tensor::randint(0, 20, n, &mut gradus_tensor::rng(seed));
        let (values, places) = x.sort(0, false);
        let mut want = x.to_vec::<i64>();
        want.sort_unstable();
        prop_assert_eq!(values.to_vec::<i64>(), want);
        prop_assert!(places.unique().equal(&Tensor::arange(n)));
    }
}
