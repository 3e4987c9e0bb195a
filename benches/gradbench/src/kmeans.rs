//! The cost of centroids, `$\sum_i \min_j |x_i - c_j|^2$`, and Newton's direction: gradient over second derivatives.
//! No two coordinates of centroids meet in a product, so the Hessian is diagonal, and its product with ones is the diagonal.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let (points, centroids) = (input.part("points")?.tensor()?, input.part("centroids")?.tensor()?);
    Ok(match function {
        "cost" => {
            Box::new(move || Output::Number(predict(|tape| cost(&points, tape.constant(&centroids))).item()))
        }
        "dir" => Box::new(move || Output::Tensor(direction(&points, &centroids))),
        _ => return unknown(function),
    })
}

fn cost<'t>(points: &Tensor, centroids: Var<'t>) -> Var<'t> {
    let nearest = nearest(points, &centroids.value());
    (centroids.index_select(0, &nearest) - points).square().sum()
}

/// The nearest centroid of each point. It changes in steps, so no derivative passes through it.
fn nearest(points: &Tensor, centroids: &Tensor) -> Tensor {
    // |x|² is the same for all centroids.
    let distances = &centroids.square().sum_axes(1) - &(&points.matmul(&centroids.t()) * 2.0);
    distances.argmin_axis(1, false)
}

fn direction(points: &Tensor, centroids: &Tensor) -> Tensor {
    on_tape(Mode::Record, |tape| {
        let centroids = tape.var(centroids);
        let gradient = cost(points, centroids).grad(centroids);
        let curvature = gradient.sum().backward().wrt(centroids);
        &gradient.value() / &curvature
    })
}
