//! Convolution: one product of matrices per sample and group, over columns that hold the window of each output place.
//!
//! The three functions are the slopes of one trilinear form `$\sum g \cdot (x * w)$` in its three arguments, so each is a
//! rule for the others. Values are `[N, C, spatial …]` with one to three spatial axes, weights `[O, C / groups, …]`.

mod direct;
mod planes;
mod sample;
mod window;

use crate::elementwise::promoted;
use crate::kernel::{parallel, sum::all_finite};
use crate::shape::Shape;
use crate::tensor::Tensor;

use direct::{Direct, DirectInput, single, single_mut};
use sample::{Sizes, add_bias, conv_sample, input_sample, weight_sample};
pub use window::{Window, spatial};
use window::{from_columns, to_columns};

/// Panics unless the values of a convolution that are given, `[x, weight, y]`, fit its window and groups.
#[track_caller]
fn check(op: &str, w: &Window, groups: usize, [x, weight, y]: [Option<&Tensor>; 3]) {
    assert!((1..=3).contains(&w.rank), "{op}: {} spatial axes; there are one to three", w.rank);
    assert!(groups > 0, "{op}: groups is 0; it must be at least 1");
    let out = w.output();
    let channels = x.map(Tensor::shape).filter(|s| s.len() == w.rank + 2).map(|s| s[1]);
    let outputs = weight
        .or(y)
        .map(Tensor::shape)
        .filter(|s| s.len() == w.rank + 2)
        .map(|s| s[usize::from(weight.is_none())]);
    let fits = |value: Option<&Tensor>, lead: [Option<usize>; 2], sizes: &[usize; 3]| {
        value.is_none_or(|value| {
            let shape = value.shape();
            shape.len() == w.rank + 2
                && shape[2..] == *w.own(sizes)
                && lead.iter().zip(shape.iter()).all(|(want, have)| want.is_none_or(|want| want == *have))
        })
    };
    let n = x.and_then(|x| x.shape().first().copied());
    let whole = [channels, outputs].into_iter().flatten().all(|size| size.is_multiple_of(groups));
    assert!(
        whole
            && fits(x, [None, None], &w.input)
            && fits(weight, [None, channels.map(|c| c / groups)], &w.kernel)
            && fits(y, [n, outputs], &out),
        "{op}: shapes {:?} do not fit input {:?}, kernel {:?}, output {out:?} and {groups} groups",
        [x, weight, y].map(|value| value.map(|value| *value.shape())),
        w.input,
        w.kernel
    );
}

fn with_spatial(lead: &[usize], spatial: &[usize]) -> Shape {
    Shape::from(&[lead, spatial].concat())
}

/// `$y = x * w + b$` (without turning the kernel round): x is `[N, C, …]`, w `[O, C / groups, …]`, b `[O]` if there is one, y
/// `[N, O, …]`.
///
/// # Panics
/// If the sizes do not fit or the elements are not floats.
#[track_caller]
pub fn conv(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, w: &Window, groups: usize) -> Tensor {
    check("conv", w, groups, [Some(x), Some(weight), None]);
    let (n, channels, outputs) = (x.shape()[0], x.shape()[1], weight.shape()[0]);
    let s = Sizes::new(w, groups, channels, outputs);
    let out = w.output();
    assert!(
        bias.is_none_or(|b| *b.shape() == [outputs]),
        "conv: {outputs} channels need a bias of shape [{outputs}]"
    );
    let (x, weight) = promoted(x, weight);
    let bias = bias.map(|b| b.to(x.dtype()).contiguous());
    with_float!("conv", x.dtype(), T => {
        let (x, weight) = (x.contiguous(), weight.contiguous());
        let (x, weight) = (x.as_slice::<T>(), weight.as_slice::<T>());
        Tensor::build::<T>(with_spatial(&[n, outputs], w.own(&out)), |y| {
            let size = outputs * s.places;
            if y.is_empty() {
                return;
            }
            let direct = single(weight).and_then(|weight| Some((Direct::new(w, &s)?, weight)));
            if let (Some((direct, weight)), Some(x)) = (direct, single(x)) {
                let packed = direct.packed(weight, &s);
                let bias = bias.as_ref().map(Tensor::as_slice::<f32>);
                return parallel::chunks(y, size, s.cost(), |start, y| {
                    let x = &x[start / size * channels * s.plane..][..channels * s.plane];
                    direct.outputs(x, &packed, bias, &s, single_mut(y).expect("f32"));
                });
            }
            parallel::chunks(y, size, s.cost(), |start, y| {
                let x = &x[start / size * channels * s.plane..][..channels * s.plane];
                conv_sample(x, weight, w, &s, y);
                if let Some(bias) = &bias {
                    add_bias(bias.as_slice::<T>(), s.places, y);
                }
            });
        })
    })
}

/// The window of each output place as a column: `[N, C, …]` to `[N, C · kernel, places]`.
///
/// # Panics
/// If a window does not fit or the elements are not floats.
#[track_caller]
pub fn columns(x: &Tensor, w: &Window) -> Tensor {
    check("columns", w, 1, [Some(x), None, None]);
    let (n, channels) = (x.shape()[0], x.shape()[1]);
    let (taps, places): (usize, usize) = (w.kernel.iter().product(), w.output().iter().product());
    let plane: usize = w.input.iter().product();
    with_float!("columns", x.dtype(), T => {
        let x = x.contiguous();
        let x = x.as_slice::<T>();
        Tensor::build::<T>([n, channels.saturating_mul(taps), places], |out| {
            for (x, out) in x.chunks((channels * plane).max(1)).zip(out.chunks_mut((channels * taps * places).max(1))) {
                to_columns(w, &(0..channels * taps), x, out);
            }
        })
    })
}

/// Columns added to the places they came from: the transpose of [`columns`].
///
/// # Panics
/// If the sizes do not fit or the elements are not floats.
#[track_caller]
pub fn from_windows(x: &Tensor, w: &Window) -> Tensor {
    let taps: usize = w.kernel.iter().product();
    let out: usize = w.output().iter().product();
    let of_x = x.shape();
    assert!(
        of_x.len() == 3 && of_x[1].is_multiple_of(taps.max(1)) && of_x[2] == out,
        "from_windows: columns {of_x} must be [N, C · {taps}, {out}]"
    );
    let (n, channels) = (x.shape()[0], x.shape()[1] / taps.max(1));
    let (plane, places): (usize, usize) = (w.input.iter().product(), w.output().iter().product());
    with_float!("from_windows", x.dtype(), T => {
        let x = x.contiguous();
        let x = x.as_slice::<T>();
        Tensor::build::<T>(with_spatial(&[n, channels], w.own(&w.input)), |out| {
            out.fill(T::default());
            for (x, out) in x.chunks((channels * taps * places).max(1)).zip(out.chunks_mut((channels * plane).max(1))) {
                from_columns(w, &(0..channels * taps), x, out);
            }
        })
    })
}

// The gradients: slopes in the input and in the weight.

/// The slope of [`conv`] in x, for outputs weighted by `g`: also the transposed convolution.
///
/// # Panics
/// If the sizes do not fit or the elements are not floats.
#[track_caller]
pub fn conv_input(weight: &Tensor, g: &Tensor, w: &Window, groups: usize) -> Tensor {
    check("conv_input", w, groups, [None, Some(weight), Some(g)]);
    let (n, outputs, channels) = (g.shape()[0], g.shape()[1], weight.shape()[1] * groups);
    let mut s = Sizes::new(w, groups, channels, outputs);
    let (g, weight) = promoted(g, weight);
    with_float!("conv_input", g.dtype(), T => {
        let (g, weight) = (g.contiguous(), weight.contiguous());
        let (g, weight) = (g.as_slice::<T>(), weight.as_slice::<T>());
        Tensor::build::<T>(with_spatial(&[n, channels], w.own(&w.input)), |x| {
            let size = channels * s.plane;
            if x.is_empty() {
                return;
            }
            s.padded = all_finite(weight);
            let s = &s;
            let cost = s.cost() * s.cout as f64 / s.cin.max(1) as f64;
            let direct = single(weight).filter(|_| s.padded);
            let direct = direct.and_then(|weight| Some((DirectInput::new(w, s)?, weight)));
            if let (Some((direct, weight)), Some(g)) = (direct, single(g)) {
                let packed = direct.packed(weight, s);
                return parallel::chunks(x, size, cost, |start, x| {
                    let g = &g[start / size * outputs * s.places..][..outputs * s.places];
                    direct.input(&packed, g, s, single_mut(x).expect("f32"));
                });
            }
            parallel::chunks(x, size, cost, |start, x| {
                let g = &g[start / size * outputs * s.places..][..outputs * s.places];
                input_sample(weight, g, w, s, x);
            });
        })
    })
}

/// The slope of [`conv`] in its weight, for outputs weighted by `g`.
///
/// Samples are summed in blocks of fixed borders, so the bits do not depend on the number of threads.
///
/// # Panics
/// If the sizes do not fit or the elements are not floats.
#[track_caller]
pub fn conv_weight(x: &Tensor, g: &Tensor, w: &Window, groups: usize) -> Tensor {
    const BLOCKS: usize = 8;
    check("conv_weight", w, groups, [Some(x), None, Some(g)]);
    let (n, channels, outputs) = (x.shape()[0], x.shape()[1], g.shape()[1]);
    let mut s = Sizes::new(w, groups, channels, outputs);
    let size = s.groups * s.cout * s.cin * s.taps;
    let (x, g) = promoted(x, g);
    with_float!("conv_weight", g.dtype(), T => {
        let (x, g) = (x.contiguous(), g.contiguous());
        let (x, g) = (x.as_slice::<T>(), g.as_slice::<T>());
        Tensor::build::<T>(with_spatial(&[outputs, s.cin], w.own(&w.kernel)), |out| {
            out.fill(T::default());
            if n == 0 || size == 0 {
                return;
            }
            let direct = single(x).and_then(|_| Direct::new(w, &s));
            s.padded = direct.is_some() || all_finite(x);
            let s = &s;
            let samples = n.div_ceil(BLOCKS);
            let mut partial = vec![T::default(); n.div_ceil(samples) * size];
            parallel::chunks(&mut partial, size, s.places as f64 * samples as f64 * 0.1, |start, sum| {
                let first = start / size * samples;
                for i in first..(first + samples).min(n) {
                    let x = &x[i * channels * s.plane..][..channels * s.plane];
                    let g = &g[i * outputs * s.places..][..outputs * s.places];
                    match (&direct, single(x), single(g)) {
                        (Some(direct), Some(x), Some(g)) => {
                            direct.weight(x, g, s, single_mut(sum).expect("f32"));
                        }
                        _ => weight_sample(x, g, w, s, sum),
                    }
                }
            });
            let (total, rest) = partial.split_at_mut(size);
            for sum in rest.chunks(size) {
                total.iter_mut().zip(sum).for_each(|(y, &x)| *y += x);
            }
            match (&direct, single(total), single_mut(out)) {
                (Some(direct), Some(total), Some(out)) => direct.turned_back(total, s, out),
                _ => out.copy_from_slice(total),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::planes::Planes;
    use super::*;
    use approx::abs_diff_eq;

    pub(super) fn window(input: &[usize], kernel: &[usize], stride: usize, padding: usize) -> Window {
        Window {
            rank: input.len(),
            input: spatial(input, 1),
            kernel: spatial(kernel, 1),
            stride: spatial(&vec![stride; input.len()], 1),
            padding: spatial(&vec![padding; input.len()], 0),
            dilation: [1; 3],
        }
    }

    #[test]
    fn a_difference_of_neighbours() {
        let x = Tensor::from([[[1.0, 4.0, 9.0, 16.0]]]);
        let w = window(&[4], &[2], 1, 0);
        assert_eq!(conv(&x, &Tensor::from([[[-1.0, 1.0]]]), None, &w, 1).to_vec::<f64>(), [3.0, 5.0, 7.0]);
        let bias = Tensor::from([0.5]);
        let y = conv(&x, &Tensor::from([[[-1.0, 1.0]]]), Some(&bias), &w, 1);
        assert_eq!(y.to_vec::<f64>(), [3.5, 5.5, 7.5]);
    }

    /// In f32, where channels fill vectors, against f64: strides, dilations, groups, one and three axes.
    #[test]
    fn without_columns_the_numbers_are_the_same() {
        let mut rng = crate::rng(4);
        let mut random = |shape: &[usize]| Tensor::randn_of(shape, crate::DType::F64, &mut rng);
        for (input, kernel, stride, padding, dilation, groups) in [
            (&[9, 7][..], &[3, 3][..], 1, 1, 1, 1),
            (&[14, 13], &[5, 5], 2, 2, 1, 1),
            (&[17, 12], &[3, 2], 3, 2, 2, 2),
            (&[12, 9], &[1, 1], 2, 0, 1, 1),
            (&[23], &[4], 2, 1, 3, 1),
            (&[5, 6, 7], &[3, 2, 3], 2, 1, 1, 1),
            (&[3, 3], &[3, 3], 1, 0, 1, 1),
        ] {
            let w = Window { dilation: [dilation; 3], ..window(input, kernel, stride, padding) };
            let of = |n: usize, c: usize, sizes: &[usize]| [&[n, c], sizes].concat();
            for (cin, cout) in [(16, 32), (8, 24), (3, 16), (48, 5)] {
                let (x, k) = (random(&of(3, groups * cin, input)), random(&of(groups * cout, cin, kernel)));
                let g = random(&of(3, groups * cout, w.own(&w.output())));
                let bias = random(&[groups * cout]);
                let [x32, k32, g32, bias32] = [&x, &k, &g, &bias].map(|t| t.to(crate::DType::F32));
                let pairs = [
                    (conv(&x, &k, Some(&bias), &w, groups), conv(&x32, &k32, Some(&bias32), &w, groups)),
                    (conv_input(&k, &g, &w, groups), conv_input(&k32, &g32, &w, groups)),
                    (conv_weight(&x, &g, &w, groups), conv_weight(&x32, &g32, &w, groups)),
                ];
                for (want, found) in pairs {
                    let scale = want.abs().max().item().max(1.0);
                    assert!(
                        found.to(crate::DType::F64).max_abs_diff(&want) < 1e-5 * scale,
                        "{input:?} {kernel:?} {cin}"
                    );
                }
            }
        }
    }

    /// Channels that fill vectors in the slopes: no outputs at all, and one window whose stride is beyond all memory.
    #[test]
    fn no_outputs_and_strides_without_end() {
        let x = Tensor::ones([1, 8, 10]);
        let w = window(&[10], &[3], 1, 0);
        let (k, g) = (Tensor::zeros([0, 8, 3]), Tensor::zeros([1, 0, 8]));
        assert_eq!(*conv(&x, &k, None, &w, 1).shape(), [1, 0, 8]);
        assert_eq!(conv_input(&k, &g, &w, 1).sum().item(), 0.0);
        assert!(conv_weight(&x, &g, &w, 1).is_empty());
        let w = window(&[10], &[3], 1_000_000_000, 0);
        let (k, g) = (Tensor::ones([8, 8, 3]), Tensor::ones([1, 8, 1]));
        assert_eq!(conv(&x, &k, None, &w, 1).to_vec::<f32>(), [24.0; 8]);
        assert_eq!(conv_input(&k, &g, &w, 1).sum().item(), 192.0);
        assert_eq!(conv_weight(&x, &g, &w, 1).sum().item(), 192.0);
    }

    /// Padding alone: every window is of zeros.
    #[test]
    fn an_input_without_places() {
        let w = window(&[0, 2], &[3, 3], 1, 2);
        let (x, k, bias) = (Tensor::zeros([2, 8, 0, 2]), Tensor::ones([16, 8, 3, 3]), Tensor::ones(16));
        let y = conv(&x, &k, Some(&bias), &w, 1);
        assert_eq!((y.shape()[..].to_vec(), y.sum().item()), (vec![2, 16, 2, 4], 256.0));
        assert_eq!(conv_weight(&x, &y, &w, 1).sum().item(), 0.0);
        assert!(conv_input(&k, &y, &w, 1).is_empty());
    }

    /// Kernels of both ways over the samples: inside their padding, and, where the ends of rows are most of them, not. The
    /// first against the definition.
    #[test]
    fn the_three_slopes_of_one_form_agree() {
        let mut rng = crate::rng(3);
        let mut random = |shape: &[usize]| Tensor::randn_of(shape, crate::DType::F64, &mut rng);
        let mut padded = 0;
        for (input, kernel, stride, padding, dilation) in [
            ([5, 6], [3, 2], 2, 1, 1),
            ([9, 11], [3, 3], 1, 1, 1),
            ([14, 13], [5, 5], 2, 2, 1),
            ([17, 12], [3, 2], 3, 2, 2),
            ([9, 10], [2, 9], 1, 0, 1),
            ([12, 9], [1, 1], 2, 0, 1),
        ] {
            let w = Window { dilation: [1, dilation, dilation], ..window(&input, &kernel, stride, padding) };
            let [_, h, v] = w.output();
            padded += usize::from(Planes::new(&w).is_some());
            let (x, k) = (random(&[3, 4, input[0], input[1]]), random(&[6, 2, kernel[0], kernel[1]]));
            let g = random(&[3, 6, h, v]);
            let y = conv(&x, &k, None, &w, 2);
            let whole = columns(&x, &w).reshape([3, 2, 2 * kernel[0] * kernel[1], h * v]);
            let want = k.reshape([2, 3, 2 * kernel[0] * kernel[1]]).matmul(&whole).reshape([3, 6, h, v]);
            assert!(y.max_abs_diff(&want) < 1e-12, "{input:?} {kernel:?}");
            let form = (&y * &g).sum().item();
            let (of_x, of_k) = (conv_input(&k, &g, &w, 2), conv_weight(&x, &g, &w, 2));
            assert!(abs_diff_eq!(form, (&of_x * &x).sum().item(), epsilon = 1e-10), "{input:?} {kernel:?}");
            assert!(abs_diff_eq!(form, (&of_k * &k).sum().item(), epsilon = 1e-10), "{input:?} {kernel:?}");
            let columns_of_g = k
                .reshape([2, 3, 2 * kernel[0] * kernel[1]])
                .transpose(1, 2)
                .matmul(&g.reshape([3, 2, 3, h * v]))
                .reshape([3, 4 * kernel[0] * kernel[1], h * v]);
            assert!(of_x.max_abs_diff(&from_windows(&columns_of_g, &w)) < 1e-12, "{input:?} {kernel:?}");
        }
        assert_eq!(padded, 5);
    }
}
