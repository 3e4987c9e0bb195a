//! What layers ask of their input and their numbers: a batch axis that may be missing, channels, ranges.

use std::cell::RefCell;

use gradus_autograd::Var;
use gradus_tensor::{Shape, Tensor};

thread_local! {
    static PLACES: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// The layer with this number in a container runs, until the result is dropped.
pub(crate) struct Place;

impl Place {
    pub(crate) fn of(layer: usize) -> Self {
        PLACES.with_borrow_mut(|places| places.push(layer));
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        PLACES.with_borrow_mut(|places| _ = places.pop());
    }
}

/// The end of a message of a layer that stands in a container: its place, as its parameters are named.
pub(crate) fn place() -> String {
    PLACES.with_borrow(|places| {
        let numbers: Vec<String> = places.iter().map(usize::to_string).collect();
        if numbers.is_empty() {
            String::new()
        } else {
            format!("; it is layer {} of its row", numbers.join("."))
        }
    })
}

/// The names of spatial axes.
pub(crate) const SPATIAL: [&str; 3] = ["L", "H, W", "D, H, W"];

/// Panics unless the shape is `[N, C, …]` or `[C, …]` with this number of spatial axes.
#[track_caller]
pub(crate) fn spatial(layer: &str, shape: &Shape, axes: usize) {
    let form = SPATIAL[axes - 1];
    assert!(
        shape.len() == axes + 1 || shape.len() == axes + 2,
        "{layer}: the input must be [N, C, {form}] or [C, {form}], got {shape}{}",
        place()
    );
}

/// As [`spatial`], with the layer's channels.
#[track_caller]
pub(crate) fn channels(layer: &str, shape: &Shape, axes: usize, channels: usize) {
    let form = SPATIAL[axes - 1];
    assert!(
        shape.len() == axes + 1 || shape.len() == axes + 2,
        "{layer}: the input must be [N, {channels}, {form}] or [{channels}, {form}], got {shape}{}",
        place()
    );
    let found = shape[shape.len() - axes - 1];
    assert!(
        found == channels,
        "{layer}: the input {shape} has {found} channels, the layer takes {channels}: [N, {channels}, {form}]{}",
        place()
    );
}

/// An input with its batch axis, and whether it came without one.
#[derive(Clone, Copy)]
pub(crate) struct Batched<'t> {
    pub(crate) x: Var<'t>,
    single: bool,
}

impl<'t> Batched<'t> {
    /// `[N, C, …]` of an input that may be `[C, …]`; see [`spatial`].
    #[track_caller]
    pub(crate) fn of(layer: &str, x: Var<'t>, axes: usize) -> Self {
        spatial(layer, &x.shape(), axes);
        let single = x.rank() == axes + 1;
        Self { x: if single { x.unsqueeze(0) } else { x }, single }
    }

    /// A result in the form of the input.
    pub(crate) fn back(self, y: Var<'t>) -> Var<'t> {
        if self.single { y.squeeze_axis(0) } else { y }
    }

    /// As [`Self::back`], of places.
    pub(crate) fn back_places(self, places: Tensor) -> Tensor {
        if self.single { places.squeeze_axis(0) } else { places }
    }

    /// Places in the form of the value.
    pub(crate) fn places(self, places: &Tensor) -> Tensor {
        if self.single { places.unsqueeze(0) } else { places.clone() }
    }
}

/// Panics if a number lies outside of the range that is told, and gives it back.
#[track_caller]
pub(crate) fn number(layer: &str, name: &str, value: f64, holds: bool, range: &str) -> f64 {
    assert!(holds, "{layer}: {name} is {value}; it must be {range}");
    value
}

/// A number from 0 on.
#[track_caller]
pub(crate) fn at_least_zero(layer: &str, name: &str, value: f64) -> f64 {
    number(layer, name, value, value >= 0.0 && value.is_finite(), "finite and at least 0")
}

/// A number that is one.
#[track_caller]
pub(crate) fn finite(layer: &str, name: &str, value: f64) -> f64 {
    number(layer, name, value, value.is_finite(), "finite")
}

/// A probability.
#[track_caller]
pub(crate) fn probability(layer: &str, p: f64) -> f64 {
    assert!((0.0..=1.0).contains(&p), "{layer}: the probability {p} is not in 0 ..= 1");
    p
}
