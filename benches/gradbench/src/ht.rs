//! Hand tracking: how far measured points are from a hand whose 22 bones are bent by 26 angles, and the Jacobian.
//!
//! The Jacobian has 26 columns for the angles and, where a point lies anywhere on its triangle, two more: the place u on
//! it. An error depends on its own u only.

use gradus::autograd::{batched_jacobian, jvp};
use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

const FINGERS: usize = 5;

struct Hand {
    theta: Tensor,
    /// `[points, 2]`, or none.
    us: Option<Tensor>,
    parents: Vec<i64>,
    /// `[bones, 4, 4]`.
    relatives: Tensor,
    inverses: Tensor,
    /// `[4 · bones + 1, vertices]`: each vertex, in homogeneous coordinates, times its weight of each bone; and ones.
    skin: Tensor,
    mirrored: bool,
    /// `[points, 3]`.
    points: Tensor,
    /// The vertices of each point: one, or the three of its triangle.
    corners: Vec<Tensor>,
    /// Which angle bends a bone about x and about z; 26 is none.
    bends: [Tensor; 2],
}

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let hand = Hand::read(input)?;
    Ok(match function {
        "objective" => Box::new(move || {
            let errors = predict(|tape| {
                let us = hand.us.as_ref().map(|us| tape.constant(us));
                hand.errors(tape.constant(&hand.theta), us)
            });
            Output::Tensor(errors.flatten())
        }),
        "jacobian" => Box::new(move || Output::Tensor(hand.jacobian())),
        _ => return unknown(function),
    })
}

/// The angles of each finger: two at its root, one at each of two joints; its tip, wrist and forearm do not bend.
fn bends(bones: usize, angles: usize) -> [Tensor; 2] {
    let (mut about_x, mut about_z) = (vec![angles as i64; bones], vec![angles as i64; bones]);
    for finger in 0..FINGERS {
        let (bone, angle) = (2 + 4 * finger, 6 + 4 * finger as i64);
        about_x[bone..bone + 3].copy_from_slice(&[angle, angle + 2, angle + 3]);
        about_z[bone] = angle + 1;
    }
    [about_x, about_z].map(|list| Tensor::from_vec(list, [bones]))
}

impl Hand {
    fn read(input: Input<'_>) -> Result<Self, String> {
        let (data, theta) = (input.part("data")?, input.part("theta")?.tensor()?);
        let (model, us) = (data.part("model")?, input.part("us")?.tensor()?);
        let us = (!us.is_empty()).then_some(us);
        let correspondences = data.part("correspondences")?.integers()?;
        let triangles = model.part("triangles")?.integers()?;
        let corner = |k: usize| correspondences.iter().map(|&at| triangles[3 * at as usize + k]).collect();
        let corners: Vec<Vec<i64>> =
            if us.is_some() { (0..3).map(corner).collect() } else { vec![correspondences.clone()] };
        let (base, weights) = (model.part("base_positions")?.tensor()?, model.part("weights")?.tensor()?);
        let (vertices, bones) = (weights.shape()[0], weights.shape()[1]);
        let skin = &weights.unsqueeze(2) * &base.unsqueeze(1);
        Ok(Self {
            bends: bends(bones, theta.elements()),
            theta,
            us,
            parents: model.part("parents")?.integers()?,
            relatives: model.part("base_relatives")?.tensor()?,
            inverses: model.part("inverse_base_absolutes")?.tensor()?,
            skin: Tensor::cat(
                &[skin.reshape([vertices, 4 * bones]).t(), Tensor::ones_of([1, vertices], DType::F64)],
                0,
            ),
            mirrored: model.part("is_mirrored")?.0 == true,
            points: data.part("points")?.tensor()?,
            corners: corners.into_iter().map(|c| Tensor::from_vec(c, [correspondences.len()])).collect(),
        })
    }

    /// `[points, 3]`.
    fn errors<'t>(&self, theta: Var<'t>, us: Option<Var<'t>>) -> Var<'t> {
        let tape = theta.tape();
        let positions = self.transforms(theta.unsqueeze(0)).select(0, 0).matmul(tape.constant(&self.skin));
        tape.constant(&self.points) - self.places(positions, us).t()
    }

    /// Where the points should be, `[…, 3, points]`, of vertices `[…, 3, vertices]`.
    fn places<'t>(&self, positions: Var<'t>, us: Option<Var<'t>>) -> Var<'t> {
        let on = |k: usize| positions.index_select(-1, &self.corners[k]);
        let Some(us) = us else { return on(0) };
        let [u, v] = us.t().chunk(0);
        u * on(0) + v * on(1) + (1.0 - u - v) * on(2)
    }

    /// What takes the skin to vertices: the bones' transforms, turned with the hand, and its translation. From angles `[n, 26]`,
    /// n times the same, to `[n, 3, 4 · bones + 1]`.
    fn transforms<'t>(&self, theta: Var<'t>) -> Var<'t> {
        let tape = theta.tape();
        let (n, bones) = (theta.shape()[0], self.parents.len());
        let bends = self.rotations(theta).unbind(1);
        let relatives = tape.constant(&self.relatives).unbind(0);
        let mut absolutes: Vec<Var<'t>> = Vec::with_capacity(bones);
        for (i, &parent) in self.parents.iter().enumerate() {
            let (turn, shift) = (relatives[i].narrow(1, 0, 3), relatives[i].narrow(1, 3, 1));
            let relative = Var::cat(&[turn.matmul(bends[i]), shift.expand([n, 4, 1])], 2);
            let whole = usize::try_from(parent).map_or(relative, |at| absolutes[at].matmul(relative));
            absolutes.push(whole);
        }
        let posed = Var::stack(&absolutes, 1).matmul(tape.constant(&self.inverses)).narrow(2, 0, 3);
        let side = tape.constant([[if self.mirrored { -1.0 } else { 1.0 }], [1.0], [1.0]]);
        let flat = posed.permute([0, 2, 1, 3]).reshape([n, 3, 4 * bones]) * side;
        let (axis, translation) = (theta.narrow(1, 0, 3), theta.narrow(1, 3, 3));
        Var::cat(&[axis_rotation(axis).matmul(flat), translation.unsqueeze(2)], 2)
    }

    /// The rotations of all bones by their angles about x, then z, `[n, bones, 3, 3]`.
    fn rotations<'t>(&self, theta: Var<'t>) -> Var<'t> {
        let (tape, n) = (theta.tape(), theta.shape()[0]);
        let angles = Var::cat(&[theta, tape.constant(Tensor::zeros_of([n, 1], DType::F64))], 1);
        let [x, z] = [0, 1].map(|k| angles.index_select(1, &self.bends[k]));
        let (sx, cx, sz, cz, zero) = (x.sin(), x.cos(), z.sin(), z.cos(), x * 0.0);
        let elements = [cz, -sz * cx, sz * sx, sz, cz * cx, -cz * sx, zero, sx, cx];
        Var::stack(&elements, 2).reshape([n, self.parents.len(), 3, 3])
    }

    /// `[3 · points, 2 + 26]`, or without the first two.
    ///
    /// Forward mode, all angles at once: the transforms of 26 equal hands, each moved along another angle. The places are linear in
    /// the transforms, so the function of these carries their derivatives.
    fn jacobian(&self) -> Tensor {
        let (points, angles) = (self.points.shape()[0], self.theta.elements());
        let hands = self.theta.unsqueeze(0).expand([angles, angles]).contiguous();
        let (transforms, tangents) =
            jvp(|x| self.transforms(x[0]), &[hands], &[Tensor::eye_of(angles, DType::F64)]);
        let moved = predict(|tape| {
            let us = self.us.as_ref().map(|us| tape.constant(us));
            self.places(tape.constant(&tangents).matmul(tape.constant(&self.skin)), us)
        });
        let by_angle = -&moved.permute([2, 1, 0]);
        let Some(us) = &self.us else { return by_angle.contiguous().reshape([3 * points, angles]) };

        let vertices = transforms.select(0, 0).matmul(&self.skin);
        let by_place = batched_jacobian(
            |us| -self.places(us[0].tape().constant(&vertices), Some(us[0])).t(),
            std::slice::from_ref(us),
        );
        Tensor::cat(&[&by_place[0], &by_angle], 2).reshape([3 * points, 2 + angles])
    }
}

/// Rotations about axes `[n, 3]`, n times the same, by their length; none below 1e-4.
fn axis_rotation(axis: Var<'_>) -> Var<'_> {
    let norm = axis.square().sum_keep(1).sqrt();
    if norm.value().max().item() < 1e-4 {
        return axis.tape().constant(Tensor::eye_of(3, DType::F64)).expand([axis.shape()[0], 3, 3]);
    }
    let [x, y, z] = (axis / norm).chunk(1);
    let (s, c) = (norm.sin(), norm.cos());
    let d = 1.0 - c;
    let rows = [
        [x * x * d + c, x * y * d - z * s, x * z * d + y * s],
        [x * y * d + z * s, y * y * d + c, y * z * d - x * s],
        [x * z * d - y * s, y * z * d + x * s, z * z * d + c],
    ];
    Var::cat(&rows.concat(), 1).reshape([axis.shape()[0], 3, 3])
}
