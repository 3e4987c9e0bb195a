//! The draws of PyTorch's generator on a CPU: the same numbers for the same seed, on top of MT19937.

#![allow(dead_code, reason = "each example takes what it needs")]

use std::f64::consts::TAU;

use gradus::prelude::*;
use rand_mt::Mt;

/// `torch.Generator().manual_seed(seed)`.
pub(crate) struct TorchRandom(Mt);

impl TorchRandom {
    pub(crate) fn new(seed: u32) -> Self {
        Self(Mt::new(seed))
    }

    /// A number in [0, 1) with 24 bits.
    fn fraction(&mut self) -> f32 {
        (self.0.next_u32() % (1 << 24)) as f32 / (1u32 << 24) as f32
    }

    /// `torch.rand(shape)`.
    pub(crate) fn rand(&mut self, shape: &[usize]) -> Tensor {
        let drawn: Vec<f32> = (0..shape.iter().product()).map(|_| self.fraction()).collect();
        Tensor::from_vec(drawn, shape)
    }

    /// `torch.randn(shape)`: by Box and Muller in groups of 16, eight radii and eight angles. The last 16 are drawn anew if they
    /// are no whole group. (PyTorch draws fewer than 16 numbers in another way.)
    pub(crate) fn randn(&mut self, shape: &[usize]) -> Tensor {
        let n: usize = shape.iter().product();
        assert!(n >= 16, "randn: {n} numbers; PyTorch draws fewer than 16 in another way");
        let mut drawn: Vec<f32> = (0..n).map(|_| self.fraction()).collect();
        drawn.chunks_exact_mut(16).for_each(normal);
        if !n.is_multiple_of(16) {
            drawn[n - 16..].iter_mut().for_each(|number| *number = self.fraction());
            normal(&mut drawn[n - 16..]);
        }
        Tensor::from_vec(drawn, shape)
    }

    /// `torch.randint(0, n, (count,))`.
    pub(crate) fn randint(&mut self, n: usize, count: usize) -> Tensor {
        let n = u32::try_from(n).expect("less than 2^28");
        let drawn: Vec<i64> = (0..count).map(|_| i64::from(self.0.next_u32() % n)).collect();
        Tensor::from_vec(drawn, count)
    }

    /// What `torch.dropout` of a tensor of this shape multiplies it with: 0 with the probability p, else 1/(1 - p).
    pub(crate) fn dropout(&mut self, shape: &[usize], p: f64) -> Tensor {
        let mut kept = || {
            let (high, low) = (u64::from(self.0.next_u32()), u64::from(self.0.next_u32()));
            let fraction = ((high << 32 | low) % (1 << 53)) as f64 / (1u64 << 53) as f64;
            if fraction < 1.0 - p { (1.0 / (1.0 - p)) as f32 } else { 0.0 }
        };
        Tensor::from_vec((0..shape.iter().product()).map(|_| kept()).collect(), shape)
    }
}

/// Sixteen uniform numbers become normal ones.
fn normal(group: &mut [f32]) {
    for j in 0..8 {
        let radius = (-2.0 * (1.0 - group[j]).ln()).sqrt();
        let angle = (TAU * f64::from(group[j + 8])) as f32;
        (group[j], group[j + 8]) = (radius * angle.cos(), radius * angle.sin());
    }
}

/// The numbers that PyTorch 2.15 draws: `torch.Generator().manual_seed(2147483647)`, then `randn`, `randint`, `rand` and `dropout`.
pub(crate) fn check() {
    let mut generator = TorchRandom::new(2_147_483_647);
    let normal = generator.randn(&[27]);
    let (integers, uniform) = (generator.randint(182_625, 3), generator.rand(&[2]));
    let first = Tensor::from([1.567_362_f32, -0.237_292_32]);
    let last = Tensor::from([-0.232_108_64_f32, -0.347_617_06]);
    assert!(
        normal.narrow(0, 0, 2).allclose(&first, 1e-6, 1e-6)
            && normal.narrow(0, 25, 2).allclose(&last, 1e-6, 1e-6)
    );
    assert_eq!(integers.to_vec::<i64>(), [77_912, 151_742, 139_870]);
    assert_eq!(uniform.to_vec::<f32>(), [0.427_919_1, 0.057_360_35]);
    assert_eq!(generator.dropout(&[8], 0.5).to_vec::<f32>(), [0.0, 0.0, 2.0, 2.0, 0.0, 2.0, 2.0, 2.0]);
}
