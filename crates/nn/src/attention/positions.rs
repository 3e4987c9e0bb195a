//! Positions of a sequence: waves that are added, and angles by which queries and keys are turned.

use gradus_autograd::{Var, params};
use gradus_tensor::Tensor;

use crate::input::place;
use crate::module::Module;

/// Adds waves to a sequence, `$x_{t,2i} + \sin(t/b^{2i/d})$` and `$x_{t,2i+1} + \cos(t/b^{2i/d})$` with the base b and the width d:
/// `[…, time, width]` to the same.
///
/// ```
/// use gradus_nn::{Module, SinusoidalPositions};
/// use gradus_tensor::Tensor;
/// let y = SinusoidalPositions::default().predict(&Tensor::zeros([2, 2]));
/// assert!(y.allclose(&Tensor::from([[0f32, 1.0], [1f32.sin(), 1f32.cos()]]), 1e-7, 0.0));
/// ```
///
/// # Source
/// Vaswani et al. 2017, section 3.5.
#[doc(alias = "PositionalEncoding")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SinusoidalPositions {
    /// The base b; 10,000 if nothing is said.
    pub base: f64,
}

params!(SinusoidalPositions {});

impl Default for SinusoidalPositions {
    fn default() -> Self {
        Self { base: 10_000.0 }
    }
}

impl SinusoidalPositions {
    /// The waves alone, `[time, width]`, F64.
    ///
    /// # Panics
    /// If the base is not positive.
    #[track_caller]
    pub fn table(&self, time: usize, width: usize) -> Tensor {
        check_base("sinusoidal_positions", self.base);
        Tensor::from_fn([time, width], |place| {
            let angle = angle(place[0], place[1] / 2, width, self.base);
            if place[1] % 2 == 0 { angle.sin() } else { angle.cos() }
        })
    }
}

#[track_caller]
fn check_base(layer: &str, base: f64) {
    assert!(base > 0.0 && base.is_finite(), "{layer}: base is {base}; it must be finite and above 0");
}

/// `$t / b^{2i/d}$`.
fn angle(t: usize, i: usize, width: usize, base: f64) -> f64 {
    t as f64 / base.powf(2.0 * i as f64 / width as f64)
}

impl Module for SinusoidalPositions {
    /// # Panics
    /// If the input has fewer than two axes.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let shape = x.shape();
        let [.., time, width] = shape[..] else {
            panic!("sinusoidal_positions: the input must be […, time, width], got {shape}{}", place())
        };
        x + &self.table(time, width).to(x.dtype())
    }
}

/// Turns pairs of numbers by the angle `$t\,b^{-2i/d}$`, t being the place in the sequence: `[…, time, width]` to the same. The product of
/// a turned query and a turned key depends on the distance of their places alone.
///
/// ```
/// use gradus_nn::{Module, RotaryPositions};
/// use gradus_tensor::Tensor;
/// let y = RotaryPositions::default().predict(&Tensor::from([[1f32, 0.0], [1.0, 0.0]]));
/// assert!(y.allclose(&Tensor::from([[1f32, 0.0], [1f32.cos(), 1f32.sin()]]), 1e-7, 0.0));
/// ```
///
/// # Source
/// Su et al. 2021, equation 34.
#[doc(alias = "RotaryPositionalEmbeddings")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RotaryPositions {
    /// The base b; 10,000 if nothing is said.
    pub base: f64,
    /// Whether a pair are neighbours, as in the paper; else the i-th numbers of both halves, as in LLaMA and GPT-NeoX.
    pub interleaved: bool,
}

params!(RotaryPositions {});

impl Default for RotaryPositions {
    fn default() -> Self {
        Self { base: 10_000.0, interleaved: true }
    }
}

impl RotaryPositions {
    /// A sequence whose first place has the number `first`.
    ///
    /// # Panics
    /// If the input has fewer than two axes or an odd width, or if the base is not positive.
    #[track_caller]
    pub fn rotate<'t>(&self, x: Var<'t>, first: usize) -> Var<'t> {
        check_base("rotary_positions", self.base);
        let shape = x.shape();
        let (time, width) = match shape[..] {
            [.., time, width] if width % 2 == 0 => (time, width),
            _ => {
                panic!(
                    "rotary_positions: the input must be […, time, width] with an even width, got {shape}{}",
                    place()
                )
            }
        };
        let half = width / 2;
        // Of each number: which pair it belongs to, and whether it is the second of it.
        let pair =
            |j: usize| if self.interleaved { (j / 2, j % 2 == 1) } else { (j % half.max(1), j >= half) };
        let table = |f: fn(f64) -> f64, sign: f64| {
            Tensor::from_fn([time, width], |place| {
                let (i, second) = pair(place[1]);
                let y = f(angle(first + place[0], i, width, self.base));
                if second { y } else { sign * y }
            })
            .to(x.dtype())
        };
        let others = if self.interleaved {
            x.reshape(shape.inserted(shape.len(), 2).with(shape.len() - 1, half)).flip(-1).reshape(shape)
        } else {
            x.roll(&[half as isize], &[-1])
        };
        x * &table(f64::cos, 1.0) + others * &table(f64::sin, -1.0)
    }
}

impl Module for RotaryPositions {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.rotate(x, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use gradus_tensor::{DType, rng};

    #[test]
    fn products_depend_on_distances_alone() {
        let mut rng = rng(0);
        let rows: Vec<Tensor> = (0..2).map(|_| Tensor::randn_of([1, 6], DType::F64, &mut rng)).collect();
        for interleaved in [true, false] {
            let rotary = RotaryPositions { interleaved, ..RotaryPositions::default() };
            let product = |a: usize, b: usize| {
                let tape = gradus_autograd::Tape::new();
                let [q, k] = [(0, a), (1, b)].map(|(i, at)| rotary.rotate(tape.constant(&rows[i]), at));
                (q * k).sum().item()
            };
            assert_abs_diff_eq!(product(3, 5), product(10, 12), epsilon = 1e-12);
            assert!((product(3, 5) - product(3, 6)).abs() > 1e-3);
            assert_abs_diff_eq!(product(0, 0), (&rows[0] * &rows[1]).sum().item(), epsilon = 1e-12);
        }
    }

    #[test]
    fn halves_are_turned_as_pairs() {
        let x = Tensor::from([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]]);
        let y = RotaryPositions { interleaved: false, ..RotaryPositions::default() }.predict(&x);
        let turned = |a: f64, b: f64, t: f64| [a * t.cos() - b * t.sin(), a * t.sin() + b * t.cos()];
        let ([a, c], [b, d]) = (turned(1.0, 3.0, 1.0), turned(2.0, 4.0, 0.01));
        assert!(y.select(0, 1).allclose(&Tensor::from([a, b, c, d]), 1e-14, 0.0), "{y}");
    }

    #[test]
    #[should_panic(
        expected = "rotary_positions: the input must be […, time, width] with an even width, got [2, 3]"
    )]
    fn odd_widths_are_named() {
        RotaryPositions::default().predict(&Tensor::zeros([2, 3]));
    }

    #[test]
    #[should_panic(expected = "sinusoidal_positions: the input must be […, time, width], got [3]")]
    fn missing_axes_are_named() {
        SinusoidalPositions::default().predict(&Tensor::zeros(3));
    }
}
