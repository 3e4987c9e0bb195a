//! What the documents of sorting, arranging and indexing say of edges, sentence by sentence, as `documents.rs` has it of the
//! others.

use approx::abs_diff_eq;
use gradus_autograd::ops::{Bag, Interpolation};
use gradus_autograd::{Tape, Var};
use gradus_tensor::Tensor;

/// The value, and the slope of its sum.
fn of(x: &Tensor, f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> (Vec<f64>, Vec<f64>) {
    let tape = Tape::new();
    let x = tape.var(x.clone());
    let y = f(x);
    (y.value().to_f64_vec(), y.sum().backward().wrt(x).to_f64_vec())
}

fn same(got: &[f64], want: &[f64]) {
    let equal = got.len() == want.len()
        && got
            .iter()
            .zip(want)
            .all(|(a, b)| a == b || a.is_nan() && b.is_nan() || abs_diff_eq!(a, b, epsilon = 1e-15));
    assert!(equal, "{got:?} is not {want:?}");
}

#[test]
fn sorting() {
    let nan = f64::NAN;
    let tape = Tape::new();
    let x = tape.var(Tensor::from([2.0, nan, 1.0, 2.0]));
    // Equal elements keep their order; NaN counts as the largest.
    let (values, places) = x.sort(0, false);
    same(&values.value().to_f64_vec(), &[1.0, 2.0, 2.0, nan]);
    assert_eq!(places.to_f64_vec(), [2.0, 0.0, 3.0, 1.0]);
    // The first of several gets the gradient; `max_axes` shares it.
    let tied = Tensor::from([3.0, 1.0, 3.0, 1.0]);
    assert_eq!(of(&tied, |x| x.max_with_place(0).0), (vec![3.0], vec![1.0, 0.0, 0.0, 0.0]));
    assert_eq!(of(&tied, |x| x.min_with_place(0).0), (vec![1.0], vec![0.0, 1.0, 0.0, 0.0]));
    assert_eq!(of(&tied, |x| x.max_axes(0)), (vec![3.0], vec![0.5, 0.0, 0.5, 0.0]));
    // The k-th from 1.
    assert_eq!(of(&Tensor::from([5.0, 3.0, 4.0]), |x| x.kth_value(1, 0).0), (vec![3.0], vec![0.0, 1.0, 0.0]));
}

#[test]
fn medians_modes_and_quantiles() {
    let nan = f64::NAN;
    // The lower median of an even number; equal ones share the gradient.
    assert_eq!(
        of(&Tensor::from([4.0, 1.0, 3.0, 2.0]), |x| x.median()),
        (vec![2.0], vec![0.0, 0.0, 0.0, 1.0])
    );
    assert_eq!(
        of(&Tensor::from([2.0, 2.0, 5.0, 1.0]), |x| x.median()),
        (vec![2.0], vec![0.5, 0.5, 0.0, 0.0])
    );
    same(&of(&Tensor::from([1.0, nan, 3.0]), |x| x.median()).0, &[nan]);
    assert_eq!(of(&Tensor::from([1.0, nan, 3.0]), |x| x.nanmedian()), (vec![1.0], vec![1.0, 0.0, 0.0]));
    let tape = Tape::new();
    let with_nan = tape.var(Tensor::from([1.0, nan, 3.0]));
    same(&with_nan.median_with_place(0, false).0.value().to_f64_vec(), &[nan]);
    let (median, place) = with_nan.median_with_place(0, true);
    assert_eq!((median.value().to_f64_vec(), place.to_f64_vec()), (vec![1.0], vec![0.0]));
    // The most frequent, the smallest of several, the last place where it stands.
    let (mode, place) = tape.var(Tensor::from([7.0, 3.0, 7.0, 3.0, 9.0])).mode(0);
    assert_eq!((mode.value().to_f64_vec(), place.to_f64_vec()), (vec![3.0], vec![3.0]));
    // At place q (n - 1) of the elements in order, between two as told.
    let x = Tensor::from([40.0, 10.0, 20.0, 30.0]);
    let at = |q: f64, how| of(&x, |x| x.quantile(Tensor::scalar(q), 0, how, false)).0[0];
    assert_eq!(at(0.25, Interpolation::Linear), 17.5);
    assert_eq!(at(0.25, Interpolation::Lower), 10.0);
    assert_eq!(at(0.25, Interpolation::Higher), 20.0);
    assert_eq!(at(0.25, Interpolation::Midpoint), 15.0);
    assert_eq!(at(0.25, Interpolation::Nearest), 20.0);
    // The even place at the middle: places 0.5 and 1.5 of four elements.
    assert_eq!((at(0.5 / 3.0, Interpolation::Nearest), at(0.5, Interpolation::Nearest)), (10.0, 30.0));
    // Differentiable in q: the line between the neighbours has the slope (n - 1) times their distance.
    let (x, q) = (tape.var(x), tape.var(0.25));
    assert_eq!(x.quantile(q, 0, Interpolation::Linear, false).backward().wrt(q).item(), 30.0);
    same(
        &with_nan.quantile(Tensor::scalar(0.5), 0, Interpolation::Linear, false).value().to_f64_vec(),
        &[nan],
    );
    assert_eq!(with_nan.quantile(Tensor::scalar(0.5), 0, Interpolation::Linear, true).item(), 2.0);
}

#[test]
fn arranging() {
    let x = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let value = |f: &dyn for<'t> Fn(Var<'t>) -> Var<'t>| {
        let tape = Tape::new();
        f(tape.var(x.clone())).value()
    };
    // What leaves at the end comes in at the front.
    assert_eq!(value(&|x| x.roll(&[1], &[1])), Tensor::from([[3.0, 1.0, 2.0], [6.0, 4.0, 5.0]]));
    assert_eq!(value(&|x| x.roll(&[-4], &[1])), Tensor::from([[2.0, 3.0, 1.0], [5.0, 6.0, 4.0]]));
    // `times` may name new axes in front.
    assert_eq!(value(&|x| x.repeat(&[2, 1, 2])).shape()[..], [2, 2, 6]);
    assert_eq!(
        value(&|x| x.repeat_interleave(2, 1).select(0, 0)),
        Tensor::from([1.0, 1.0, 2.0, 2.0, 3.0, 3.0])
    );
    assert_eq!(
        value(&|x| x.repeat_interleave_each(&[0, 2], 0)),
        Tensor::from([[4.0, 5.0, 6.0], [4.0, 5.0, 6.0]])
    );
    assert_eq!(value(&|x| x.tril(0)), Tensor::from([[1.0, 0.0, 0.0], [4.0, 5.0, 0.0]]));
    assert_eq!(value(&|x| x.triu(1)), Tensor::from([[0.0, 2.0, 3.0], [0.0, 0.0, 6.0]]));
    assert_eq!(value(&|x| x.diagonal(1, 0, 1)), Tensor::from([2.0, 6.0]));
    assert_eq!(value(&|x| x.select(0, 0).diag_embed(-1)).shape()[..], [4, 4]);
    // From the first axis towards the second; an odd number exchanges their sizes.
    assert_eq!(value(&|x| x.rot90(1, 0, 1)), Tensor::from([[3.0, 6.0], [2.0, 5.0], [1.0, 4.0]]));
    assert_eq!(value(&|x| x.rot90(-2, 0, 1)), Tensor::from([[6.0, 5.0, 4.0], [3.0, 2.0, 1.0]]));
    assert_eq!(value(&|x| x.as_strided([2, 2], &[1, 2], 1)), Tensor::from([[2.0, 4.0], [3.0, 5.0]]));
    // A part that was replaced has no slope.
    let replaced = of(&x, |x| x.slice_scatter(1, 1..3, Tensor::from([[7.0, 8.0], [9.0, 10.0]])));
    assert_eq!(replaced, (vec![1.0, 7.0, 8.0, 4.0, 9.0, 10.0], vec![1.0, 0.0, 0.0, 1.0, 0.0, 0.0]));
    // A value without axes counts as a vector of one, and as a 1 × 1 block.
    let tape = Tape::new();
    let (one, two) = (tape.var(5.0), tape.var([1.0, 2.0]));
    assert_eq!(Var::meshgrid(&[one, two])[0].value(), Tensor::from([[5.0, 5.0]]));
    assert_eq!(Var::block_diag(&[one, two]).value(), Tensor::from([[5.0, 0.0, 0.0], [0.0, 1.0, 2.0]]));
}

#[test]
fn places_of_several_axes_and_bags() {
    let tape = Tape::new();
    let x = tape.var(Tensor::arange(24).to(gradus_tensor::DType::F64).reshape([2, 3, 4]));
    let place = |list: &[i64]| Some(Tensor::from_vec(list.to_vec(), list.len()));
    // Negative places count from the end; the axes stand where neighbours were, else in front.
    assert_eq!(x.at(&[place(&[-1]), place(&[-1])]).value().to_f64_vec(), [20.0, 21.0, 22.0, 23.0]);
    assert_eq!(x.at(&[None, place(&[0, 1]), place(&[0, 1])]).shape()[..], [2, 2]);
    assert_eq!(x.at(&[place(&[0, 1, 1, 0, 1]), None, place(&[0])]).shape()[..], [5, 3]);
    assert_eq!(x.at(&[Some(Tensor::from([0.0, 1.0]).gt(0.5))]).shape()[..], [1, 3, 4]);
    // An empty bag gives 0; places of the padding row do not count.
    let table = tape.var(Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
    let bags = [vec![0, 2], vec![], vec![1, 1, 0]];
    let mean = table.embedding_bag(&bags, Bag::Mean, None, Some(1));
    assert_eq!(mean.value(), Tensor::from([[3.0, 4.0], [0.0, 0.0], [1.0, 2.0]]));
    assert_eq!(mean.sum().backward().wrt(table).to_f64_vec(), [1.5, 1.5, 0.0, 0.0, 0.5, 0.5]);
    let largest = table.embedding_bag(&bags, Bag::Max, None, None);
    assert_eq!(largest.value(), Tensor::from([[5.0, 6.0], [0.0, 0.0], [3.0, 4.0]]));
}
