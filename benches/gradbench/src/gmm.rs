//! The posterior of a mixture of Gaussians, with a Wishart prior on the precisions; its gradient in all parameters.
//!
//! Component k has the precision `$Q_k^\top Q_k$` with a lower triangular Q: `$e^{q}$` on its diagonal, l below it, column by
//! column. With n points x of d dimensions, m and γ of the prior:
//!
//! ```math
//! \sum_i \log\sum_k e^{\alpha_k + \sum_j q_{kj} - \frac12 |Q_k(x_i-\mu_k)|^2} - n\log\sum_k e^{\alpha_k}
//! - \sum_k\big(\tfrac{\gamma^2}2|Q_k|^2 - m\sum_j q_{kj}\big) + c
//! ```

use gradus::prelude::*;

use crate::data::{Input, Output};
use crate::protocol::{Run, unknown};

struct Mixture {
    alpha: Param,
    mu: Param,
    q: Param,
    l: Param,
    x: Tensor,
    gamma: f64,
    m: f64,
    /// Where each element of a Q lies in its `[exp q, l, 0]`.
    triangle: Tensor,
}

pub(crate) fn prepare(function: &str, input: Input<'_>) -> Result<Run, String> {
    let param = |key: &str| Ok::<_, String>(Param::new(input.part(key)?.tensor()?));
    let mixture = Mixture {
        alpha: param("alpha")?,
        mu: param("mu")?,
        q: param("q")?,
        l: param("l")?,
        x: input.part("x")?.tensor()?,
        gamma: input.part("gamma")?.number()?,
        m: input.part("m")?.number()?,
        triangle: triangle(input.part("d")?.size()?),
    };
    Ok(match function {
        "objective" => Box::new(move || Output::Number(predict(|tape| mixture.log_posterior(tape)).item())),
        "jacobian" => Box::new(move || mixture.gradient()),
        _ => return unknown(function),
    })
}

fn triangle(d: usize) -> Tensor {
    let below = d * (d - 1) / 2;
    let mut places = vec![(d + below) as i64; d * d];
    let mut next = d as i64;
    for column in 0..d {
        places[column * d + column] = column as i64;
        for row in column + 1..d {
            places[row * d + column] = next;
            next += 1;
        }
    }
    Tensor::from_vec(places, [d * d])
}

impl Mixture {
    fn log_posterior<'t>(&self, tape: &'t Tape) -> Var<'t> {
        let (n, d, k) = (self.x.shape()[0], self.x.shape()[1], self.alpha.value().elements());
        let (alpha, mu, l) = (tape.param(&self.alpha), tape.param(&self.mu), tape.param(&self.l));
        let (logs, zero) = (tape.param(&self.q), tape.constant(Tensor::zeros_of([k, 1], DType::F64)));
        let diagonal = logs.exp();
        let q = Var::cat(&[diagonal, l, zero], 1).index_select(1, &self.triangle).reshape([k, d, d]);
        let log_det = logs.sum_axes(1);

        // Q (x - µ) of all points and components by one product, as Q x - Q µ.
        let qx = tape.constant(&self.x).matmul(q.reshape([k * d, d]).t()).reshape([n, k, d]);
        let centred = qx - q.matmul(mu.unsqueeze(2)).squeeze_axis(2);
        let main = alpha + log_det - centred.square().sum_axes(2) * 0.5;
        let likelihood = main.logsumexp_axes(1).sum() - alpha.logsumexp() * n as f64;

        let frobenius = diagonal.square().sum() + l.square().sum();
        let prior = log_det.sum() * self.m - frobenius * (0.5 * self.gamma * self.gamma);
        likelihood + prior + self.constant(n as f64, d, k as f64)
    }

    /// What no parameter changes.
    fn constant(&self, n: f64, d: usize, k: f64) -> f64 {
        let (size, degrees) = (d as f64, d as f64 + self.m + 1.0);
        let log_gamma = Tensor::scalar(0.5 * degrees).mvlgamma(d).item();
        let wishart = degrees * size * (self.gamma.ln() - 0.5 * 2f64.ln()) - log_gamma;
        k * wishart - 0.5 * n * size * std::f64::consts::TAU.ln()
    }

    fn gradient(&self) -> Output {
        let (_, gradients) = value_and_grad(|tape| self.log_posterior(tape));
        let parts = [("alpha", &self.alpha), ("mu", &self.mu), ("q", &self.q), ("l", &self.l)];
        let of = |p: &Param| gradients.get(p).cloned().unwrap_or_else(|| p.value().zeros_like());
        Output::Parts(parts.into_iter().map(|(key, p)| (key, Output::Tensor(of(p)))).collect())
    }
}
