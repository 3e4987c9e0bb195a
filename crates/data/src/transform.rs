//! Changes to batches that make more of the same data: images that are shifted, cropped, turned over, noise; one-hot labels.
//!
//! Each is a function of a tensor and a generator, to be called in the closure of
//! [`Batches::transformed`](crate::Batches::transformed). Every example gets random numbers of its own.
//!
//! ```
//! use gradus_data::{Dataset, Loader, transform};
//! use gradus_tensor::Tensor;
//!
//! let images = Dataset::new(Tensor::zeros([6, 3, 32, 32]), Tensor::from([0, 1, 2, 0, 1, 2]));
//! let loader = Loader { batch: 2, ..Loader::default() };
//! let batches = loader.epoch(&images, 0).transformed(0, |batch, rng| {
//!     let x = transform::random_crop(&batch.inputs, [32, 32], 4, rng);
//!     let x = transform::noise(&transform::random_flip(&x, -1, 0.5, rng), 0.01, rng);
//!     Dataset::new(x, transform::one_hot(&batch.labels, 3))
//! });
//! for batch in batches {
//!     assert_eq!((batch.inputs.shape()[..].to_vec(), batch.labels.shape()[..].to_vec()), (vec![2, 3, 32, 32], vec![2, 3]));
//! }
//! ```

use gradus_tensor::{Rng, Tensor};

/// Each image of `[N, …, H, W]` moved by up to `most` pixels up or down and left or right; zeros come in at the edge.
///
/// # Panics
/// If there are fewer than three axes.
#[track_caller]
pub fn random_shift(x: &Tensor, most: usize, rng: &mut Rng) -> Tensor {
    check("random_shift", x);
    let [h, w] = sizes(x);
    random_crop(x, [h, w], most, rng)
}

/// A window of `[h, w]` pixels at a random place of each image of `[N, …, H, W]`, after `padding` zeros were put around it.
///
/// # Panics
/// If there are fewer than three axes or the window is larger than the padded image.
#[track_caller]
#[doc(alias = "RandomCrop")]
pub fn random_crop(x: &Tensor, window: [usize; 2], padding: usize, rng: &mut Rng) -> Tensor {
    check("random_crop", x);
    let ([h, w], [high, wide]) = (window, sizes(x).map(|size| size + 2 * padding));
    assert!(
        (1..=high).contains(&h) && (1..=wide).contains(&w),
        "random_crop: a window of [{h}, {w}] in images of [{high}, {wide}] with their padding"
    );
    each(x, |image| {
        let place = |room: usize, rng: &mut Rng| Tensor::randint(0, room as i64 + 1, (), rng).item() as usize;
        let (top, left) = (place(high - h, rng), place(wide - w, rng));
        let padded = pad(image, padding);
        padded.narrow(-2, top, h).narrow(-1, left, w)
    })
}

/// The window of `[h, w]` pixels in the middle of each image of `[N, …, H, W]`.
///
/// # Panics
/// If there are fewer than three axes or the window is larger than the image.
#[track_caller]
#[doc(alias = "CenterCrop")]
pub fn center_crop(x: &Tensor, [h, w]: [usize; 2]) -> Tensor {
    check("center_crop", x);
    let [high, wide] = sizes(x);
    assert!(h <= high && w <= wide, "center_crop: a window of [{h}, {w}] in images of [{high}, {wide}]");
    x.narrow(-2, (high - h) / 2, h).narrow(-1, (wide - w) / 2, w)
}

/// Each example turned over along an axis with chance `p`: along the last, images are mirrored left to right.
///
/// # Panics
/// If there is no such axis, it is that of the examples, or `p` is not in `0 ..= 1`.
#[track_caller]
#[doc(alias = "RandomHorizontalFlip")]
pub fn random_flip(x: &Tensor, axis: isize, p: f64, rng: &mut Rng) -> Tensor {
    let rank = x.rank() as isize;
    let place = if axis < 0 { axis + rank } else { axis };
    assert!(
        (1..rank).contains(&place),
        "random_flip: {} has no axis {axis} behind that of the examples",
        x.shape()
    );
    assert!((0.0..=1.0).contains(&p), "random_flip: p is {p}; it must be at least 0 and at most 1");
    let mut sizes = x.shape().to_vec();
    sizes[1..].fill(1);
    let turned = Tensor::bernoulli(&sizes[..], p, rng).gt(0.5);
    x.flip(axis).where_(&turned, x)
}

/// The values with normal noise of this deviation.
///
/// # Panics
/// If they are no floats, or the deviation is below 0.
#[track_caller]
#[doc(alias = "GaussianNoise")]
pub fn noise(x: &Tensor, std: f64, rng: &mut Rng) -> Tensor {
    assert!(x.dtype().is_float(), "noise: the values must be floats, got {}", x.dtype());
    assert!(std >= 0.0, "noise: std is {std}; it must be at least 0");
    x + Tensor::randn_of(*x.shape(), x.dtype(), rng) * std
}

/// Class numbers `[…]` as vectors `[…, classes]` in F32, 1 at the class and 0 elsewhere: [`Tensor::one_hot`].
///
/// # Panics
/// If a number is not of `0 .. classes`.
#[track_caller]
pub fn one_hot(labels: &Tensor, classes: usize) -> Tensor {
    Tensor::one_hot(labels, classes).to(gradus_tensor::DType::F32)
}

#[track_caller]
fn check(what: &str, x: &Tensor) {
    assert!(x.rank() >= 3, "{what}: images must be [N, …, H, W], got {}", x.shape());
}

fn sizes(x: &Tensor) -> [usize; 2] {
    let shape = x.shape();
    [shape[shape.len() - 2], shape[shape.len() - 1]]
}

fn each(x: &Tensor, mut change: impl FnMut(&Tensor) -> Tensor) -> Tensor {
    if x.is_empty() {
        return x.clone();
    }
    let all: Vec<Tensor> = (0..x.shape()[0]).map(|i| change(&x.select(0, i as isize))).collect();
    Tensor::stack(&all, 0)
}

/// Zeros around the last two axes.
fn pad(image: &Tensor, padding: usize) -> Tensor {
    if padding == 0 {
        return image.clone();
    }
    let mut sizes = image.shape().to_vec();
    let rank = sizes.len();
    let mut around = |x: &Tensor, axis: usize| {
        sizes[axis] = padding;
        let zeros = Tensor::zeros_of(&sizes[..], x.dtype());
        sizes[axis] = x.shape()[axis] + 2 * padding;
        Tensor::cat(&[zeros.clone(), x.clone(), zeros], axis as isize)
    };
    let tall = around(image, rank - 2);
    around(&tall, rank - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;
    use gradus_tensor::rng;

    /// Two images of 2×3 with one bright pixel each.
    fn images() -> Tensor {
        Tensor::from([[[[1f32, 0.0, 0.0], [0.0, 0.0, 0.0]]], [[[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]]]])
    }

    #[test]
    fn shifts_keep_or_lose_the_pixel() {
        let mut seen = std::collections::HashSet::new();
        for seed in 0..200 {
            let y = random_shift(&images(), 1, &mut rng(seed));
            assert_eq!(*y.shape(), [2, 1, 2, 3]);
            let first = y.select(0, 0).to_f64_vec();
            assert!(first.iter().filter(|x| **x != 0.0).count() <= 1);
            seen.insert(first.iter().position(|x| *x == 1.0));
        }
        // It stays, or goes right, down, both; or it leaves the image.
        assert_eq!(seen, [Some(0), Some(1), Some(3), Some(4), None].into());
        assert!(random_shift(&images(), 0, &mut rng(0)).equal(&images()));
    }

    #[test]
    fn crops() {
        let x = images();
        assert!(center_crop(&x, [2, 1]).equal(&x.narrow(-1, 1, 1)));
        let mut seen = std::collections::HashSet::new();
        for seed in 0..100 {
            let y = random_crop(&x, [1, 2], 0, &mut rng(seed));
            assert_eq!(*y.shape(), [2, 1, 1, 2]);
            seen.insert(format!("{:?}", y.select(0, 1).to_f64_vec()));
        }
        assert_eq!(seen, ["[0.0, 0.0]", "[0.0, 2.0]"].map(String::from).into());
    }

    #[test]
    fn flips_by_example() {
        let x = images();
        assert!(random_flip(&x, -1, 1.0, &mut rng(0)).equal(&x.flip(-1)));
        assert!(random_flip(&x, 3, 0.0, &mut rng(0)).equal(&x));
        let many = Tensor::stack(&vec![x.select(0, 0); 1000], 0);
        let y = random_flip(&many, -1, 0.25, &mut rng(1));
        let turned = y.select(-1, 2).sum().item();
        assert!((200.0..300.0).contains(&turned) && y.sum().item() == 1000.0, "{turned}");
    }

    #[test]
    fn noise_and_one_hot() {
        let y = noise(&Tensor::zeros([100, 100]), 0.5, &mut rng(0));
        assert!(abs_diff_eq!(y.std(0).item(), 0.5, epsilon = 0.01) && y.mean().item().abs() < 0.02);
        assert_eq!(one_hot(&Tensor::from([2, 0]), 3).to_vec2::<f32>(), [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
    }

    #[test]
    #[should_panic(expected = "random_crop: a window of [4, 2] in images of [2, 3] with their padding")]
    fn windows_fit() {
        random_crop(&images(), [4, 2], 0, &mut rng(0));
    }
}
