//! Bundle adjustment: the errors of points seen by cameras, and their sparse Jacobian.
//!
//! Each observation has a camera of 11 numbers, a point of 3 and a weight: two rows of the Jacobian with 15 entries
//! each. All observations are one batch, and each of the 15 numbers is a vector over it.

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

const CAMERA: usize = 11;
/// Numbers of an observation, in the order of a row: camera, point, weight.
const ROW: usize = CAMERA + 4;

struct Observations {
    /// `[11, cameras]`, `[3, points]`.
    cameras: Tensor,
    points: Tensor,
    /// A number for each observation.
    weights: Tensor,
    features: [Tensor; 2],
    camera: Vec<i64>,
    point: Vec<i64>,
}

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let size = |key: &str| input.part(key)?.size();
    let (n, m, p) = (size("n")?, size("m")?, size("p")?);
    let columns = |key: &str, count: usize| -> Result<Tensor, String> {
        let one = input.part(key)?.tensor()?;
        Ok(one.unsqueeze(1).expand([one.elements(), count]).contiguous())
    };
    let features = columns("feat", p)?.unbind(0);
    let observations = Observations {
        cameras: columns("cam", n)?,
        points: columns("x", m)?,
        weights: Tensor::from_vec(vec![input.part("w")?.number()?; p], [p]),
        features: features.try_into().map_err(|_| "a feature has two numbers")?,
        camera: (0..p).map(|i| (i % n) as i64).collect(),
        point: (0..p).map(|i| (i % m) as i64).collect(),
    };
    Ok(match function {
        "objective" => Box::new(move || observations.errors()),
        "jacobian" => Box::new(move || observations.jacobian()),
        _ => return unknown(function),
    })
}

impl Observations {
    /// The 15 numbers of all observations, a vector for each.
    fn inputs(&self) -> Vec<Tensor> {
        let of = |all: &Tensor, which: &[i64]| {
            all.index_select(1, &Tensor::from_vec(which.to_vec(), [which.len()])).unbind(0)
        };
        let mut inputs = of(&self.cameras, &self.camera);
        inputs.extend(of(&self.points, &self.point));
        inputs.push(self.weights.clone());
        inputs
    }

    fn errors(&self) -> Output {
        let inputs = self.inputs();
        let reprojection = predict(|tape| {
            let inputs: Vec<Var<'_>> = inputs.iter().map(|x| tape.constant(x)).collect();
            Var::stack(&self.reprojection(&inputs), 1)
        });
        let weight = predict(|tape| weight_error(tape.constant(&self.weights)));
        let count = self.camera.len();
        Output::Parts(vec![
            (
                "reproj_error",
                Output::Parts(vec![
                    ("elements", Output::Tensor(reprojection.select(0, 0))),
                    ("repeated", Output::Count(count)),
                ]),
            ),
            (
                "w_err",
                Output::Parts(vec![
                    ("element", Output::Number(weight.get([0]).unwrap_or(0.0))),
                    ("repeated", Output::Count(count)),
                ]),
            ),
        ])
    }

    /// Both coordinates' errors of all observations.
    fn reprojection<'t>(&self, x: &[Var<'t>]) -> [Var<'t>; 2] {
        let [focal, u, v, k1, k2] = [x[6], x[7], x[8], x[9], x[10]];
        let (rotation, weight) = ([x[0], x[1], x[2]], x[14]);
        let [cx, cy, cz] = rotate(rotation, [x[11] - x[3], x[12] - x[4], x[13] - x[5]]);
        let (px, py) = (cx / cz, cy / cz);
        let square = px.square() + py.square();
        let distortion = (square * k2 + k1) * square + 1.0;
        let scale = distortion * focal;
        [weight * (px * scale + u - &self.features[0]), weight * (py * scale + v - &self.features[1])]
    }

    /// An error depends on its own observation only, so the gradient of a sum over all of them holds each one's derivatives.
    fn jacobian(&self) -> Output {
        let count = self.camera.len();
        let inputs = self.inputs();
        let [slopes, weights] = on_tape(Mode::Record, |tape| {
            let inputs: Vec<Var<'_>> = inputs.iter().map(|x| tape.var(x)).collect();
            let of = |error: Var<'_>, by: &[Var<'_>]| {
                let gradients = error.sum().backward();
                by.iter().map(|&x| gradients.wrt(x).to_f64_vec()).collect::<Vec<_>>()
            };
            let slopes = self.reprojection(&inputs).map(|error| of(error, &inputs)).concat();
            let weight = inputs[ROW - 1];
            [slopes, of(weight_error(weight), &[weight])]
        });
        let mut sparse = Sparse::new(count);
        let (points, last) = (CAMERA * self.cameras.shape()[1], 3 * self.points.shape()[1]);
        for i in 0..count {
            let (camera, point) = (self.camera[i] as usize, self.point[i] as usize);
            for part in 0..2 {
                let places = (0..CAMERA).map(|j| CAMERA * camera + j);
                let places = places.chain((0..3).map(|j| points + 3 * point + j)).chain([points + last + i]);
                sparse.row(places, slopes[part * ROW..][..ROW].iter().map(|slope| slope[i]));
            }
        }
        for (i, &slope) in weights[0].iter().enumerate() {
            sparse.row([points + last + i], [slope]);
        }
        sparse.output()
    }
}

fn weight_error(weight: Var<'_>) -> Var<'_> {
    1.0 - weight.square()
}

/// Points turned about an axis by its length as angle (Rodrigues); for no angle to first order.
fn rotate<'t>(axis: [Var<'t>; 3], x: [Var<'t>; 3]) -> [Var<'t>; 3] {
    let square = axis[0].square() + axis[1].square() + axis[2].square();
    let still = square.value().eq(0.0);
    // The root has no slope at 0: such an angle is 1 here, and its result is not taken.
    let angle = square.masked_fill(&still, 1.0).sqrt();
    let (sin, cos) = (angle.sin(), angle.cos());
    let w = axis.map(|a| a / angle);
    let (along, turned) = ((w[0] * x[0] + w[1] * x[1] + w[2] * x[2]) * (1.0 - cos), cross(w, x));
    let first = cross(axis, x);
    std::array::from_fn(|i| {
        let rotated = x[i] * cos + turned[i] * sin + w[i] * along;
        rotated.where_(&still.logical_not(), x[i] + first[i])
    })
}

fn cross<'t>(a: [Var<'t>; 3], b: [Var<'t>; 3]) -> [Var<'t>; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// A matrix by rows: where each begins, the columns of its entries and their values.
struct Sparse {
    rows: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<f64>,
}

impl Sparse {
    fn new(observations: usize) -> Self {
        let entries = observations * (2 * ROW + 1);
        let mut rows = Vec::with_capacity(3 * observations + 1);
        rows.push(0);
        Self { rows, columns: Vec::with_capacity(entries), values: Vec::with_capacity(entries) }
    }

    fn row(&mut self, columns: impl IntoIterator<Item = usize>, values: impl IntoIterator<Item = f64>) {
        self.columns.extend(columns);
        self.values.extend(values);
        self.rows.push(self.columns.len());
    }

    /// The first two rows' entries and the last one are sent, and as many row offsets.
    fn output(&self) -> Output {
        let cut = |list: &[usize]| {
            let first = list.iter().take(2 * ROW).chain(list.last());
            Output::Integers(first.copied().collect())
        };
        let values: Vec<f64> = self.values.iter().take(2 * ROW).chain(self.values.last()).copied().collect();
        let count = values.len();
        Output::Parts(vec![
            ("rows", cut(&self.rows)),
            ("cols", cut(&self.columns)),
            ("vals", Output::Tensor(Tensor::from_vec(values, [count]))),
        ])
    }
}
