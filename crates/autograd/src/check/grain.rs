//! What differences along a line have to know of the arguments and of the function.

/// The smallest number above 0.
pub(super) const TINY: f64 = f64::from_bits(1);

/// What a probe has to know of a function besides its values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grain {
    /// The length scale of its argument.
    pub(crate) scale: f64,
    /// The distance of two neighbouring arguments.
    pub(crate) spacing: f64,
    /// The size of the argument; 0 if it has none.
    pub(crate) own: f64,
    /// The size of the smallest argument that is not 0.
    pub(crate) near: f64,
    /// The relative error of one value.
    pub(crate) epsilon: f64,
    /// The largest number met within the function.
    pub(crate) magnitude: f64,
    /// Whether an operation within is a step: then a function that rests is on one.
    pub(crate) stepped: bool,
}

impl Grain {
    /// Of a function in F64 that moves an argument of this value.
    pub(crate) fn at(x: f64) -> Self {
        let (scale, own) = (x.abs().max(1.0), x.abs());
        Self {
            scale,
            spacing: spacing(x),
            own,
            near: own,
            epsilon: f64::EPSILON,
            magnitude: 0.0,
            stepped: false,
        }
    }
}

/// The distance of neighbours of a number; 0 at 0, whose neighbours are as near as can be.
pub(crate) fn spacing(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { (f64::EPSILON * x.abs()).max(TINY) }
}
