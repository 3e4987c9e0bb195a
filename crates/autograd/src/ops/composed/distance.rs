//! Norms, distances, scaling to a norm, similarities and covariances.

use gradus_tensor::{Axes, MAX_RANK, Shape, Tensor};

use crate::ops::elementwise::operators::{Operand, promoted, promoted_with};
use crate::ops::expect;
use crate::ops::reduce::{AxisList, axes_of, dropped, reductions};
use crate::var::Var;

reductions! {
    /// The Euclidean norm `$\lVert x \rVert_2 = \sqrt{\sum_i x_i^2}$`, 0 of nothing. The gradient at a norm of 0 is 0. Other
    /// orders: [`Self::vector_norm`].
    norm norm_axes norm_keep:
        |x| x.norm_axes(()), |x, list| {
            expect::floats("norm", x.dtype());
            x.root_of_powers(&list, |x| x.square().sum_keep(axes_of(&list)), Var::sqrt_or_zero_slope)
        };
}

/// Panics if the order of a norm is NaN.
#[track_caller]
fn check_order(op: &str, p: f64) {
    expect::number(op, "the order p", p, !p.is_nan(), "a number or ±∞");
}

/// # Norms, distances, covariance
impl<'t> Var<'t> {
    /// The norm of order p of all elements, `$\lVert x \rVert_p = (\sum_i |x_i|^p)^{1/p}$`, to a value without axes; see
    /// [`Self::vector_norm_keep`].
    #[doc(alias = "linalg_norm")]
    #[track_caller]
    pub fn vector_norm(self, p: f64) -> Self {
        expect::floats("vector_norm", self.dtype());
        self.vector_norm_axes(p, ())
    }

    /// The norm of order p over some axes, which the result does not have; see [`Self::vector_norm_keep`].
    ///
    /// # Panics
    /// If an axis is out of range or named twice.
    #[track_caller]
    pub fn vector_norm_axes(self, p: f64, axes: impl Into<Axes>) -> Self {
        expect::floats("vector_norm", self.dtype());
        let axes = axes.into();
        let shape = self.shape();
        let list = axes.resolve("vector_norm", &shape);
        self.vector_norm_keep(p, axes).reshape(dropped(&shape, &list))
    }

    /// `$\lVert x \rVert_p = (\sum_i |x_i|^p)^{1/p}$` over some axes, which the result keeps with size 1; p = ∞ and -∞ give the
    /// largest and smallest modulus, p = 0 counts what is not 0. The gradient at a norm of 0, and for p < 2 at elements
    /// that are 0, is 0.
    ///
    /// # Panics
    /// If an axis is out of range or named twice.
    #[track_caller]
    pub fn vector_norm_keep(self, p: f64, axes: impl Into<Axes>) -> Self {
        expect::floats("vector_norm", self.dtype());
        let list: AxisList = axes.into().resolve("vector_norm", &self.shape());
        check_order("vector_norm", p);
        let axes = axes_of(&list);
        if p == 2.0 {
            return self.norm_keep(axes);
        }
        if p == 1.0 {
            return self.abs().sum_keep(axes);
        }
        if p == 0.0 {
            let counted = self.value().ne(0.0).to(self.dtype()).sum_keep(axes);
            return self.tape().constant(counted);
        }
        if p.is_infinite() {
            let empty = list.iter().any(|&a| self.shape()[a] == 0);
            assert!(
                !empty,
                "vector_norm: order {p} of {} over axes {list:?} without elements is undefined",
                self.shape()
            );
        }
        if p == f64::INFINITY {
            return self.abs().max_keep(axes);
        }
        if p == f64::NEG_INFINITY {
            return self.abs().min_keep(axes);
        }
        let powers = |x: Self| x.abs().powf_or_zero_slope(p).sum_keep(axes_of(&list));
        self.root_of_powers(&list, powers, |sum| sum.powf_or_zero_slope(1.0 / p))
    }

    /// `$x^p$` for x ≥ 0, whose slope at 0 is 0.
    fn powf_or_zero_slope(self, p: f64) -> Self {
        let zero = self.value().eq(0.0);
        if zero.any().item() == 0.0 {
            return self.powf(p);
        }
        let at_zero = 0f64.powf(p);
        self.where_not(&zero, 1.0).powf(p).where_not(&zero, at_zero)
    }

    /// `$x / \max(\lVert x \rVert_p, \varepsilon)$` along an axis, in the same shape.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn normalize(self, p: f64, axis: isize, eps: f64) -> Self {
        expect::floats("normalize", self.dtype());
        let axis = gradus_tensor::axis_index("normalize", axis, &self.shape()) as isize;
        check_order("normalize", p);
        expect::number("normalize", "eps", eps, eps >= 0.0, "at least 0");
        self / self.vector_norm_keep(p, axis).clamp_min(eps)
    }

    /// `$x \min(1, c / \lVert x \rVert_p)$` for each place of an axis, with the norm over the other axes and c
    /// = `most`; the shape stays.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn renorm(self, p: f64, axis: isize, most: f64) -> Self {
        expect::floats("renorm", self.dtype());
        let shape = self.shape();
        let at = gradus_tensor::axis_index("renorm", axis, &shape);
        check_order("renorm", p);
        expect::number("renorm", "the largest norm", most, most >= 0.0, "at least 0");
        let others: Vec<isize> = (0..shape.len()).filter(|&a| a != at).map(|a| a as isize).collect();
        let norm = self.vector_norm_keep(p, others);
        let over = norm.value().gt(most);
        self * (most / (norm + 1e-7)).where_(&over, 1.0)
    }

    /// Distances `$\lVert x_i - z_j \rVert_p$` of the rows of `[…, n, d]` and `[…, m, d]`: `[…, n, m]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn cdist(self, other: impl Operand<'t>, p: f64) -> Self {
        let other = self.operand("cdist", other);
        let ((n, d), (m, e)) =
            (self.last_two("cdist", "the rows"), other.last_two("cdist", "the other rows"));
        let (a, b) = (self.shape(), other.shape());
        assert!(d == e, "cdist: {a} and {b}: rows of {d} and of {e} numbers");
        let lead = Shape::new(&a[..a.len() - 2]).broadcast_or_panic(&Shape::new(&b[..b.len() - 2]), "cdist");
        assert!(lead.len() + 3 <= MAX_RANK, "cdist: {a} and {b}: at most {} axes", MAX_RANK - 1);
        gradus_tensor::checked_product("cdist", &[lead.elements(), n, m, d]);
        check_order("cdist", p);
        (self.unsqueeze(-2) - other.unsqueeze(-3)).vector_norm_axes(p, -1)
    }

    /// Distances `$\lVert x_i - x_j \rVert_p$` of all pairs of rows i < j of `[n, d]`: `[n (n - 1) / 2]`.
    ///
    /// # Panics
    /// If there are not two axes.
    #[track_caller]
    pub fn pdist(self, p: f64) -> Self {
        expect::floats("pdist", self.dtype());
        let shape = self.shape();
        expect::rank("pdist", "the rows", &shape, 2, "a matrix [n, d]");
        check_order("pdist", p);
        let n = shape[0] as i64;
        let (first, second): (Vec<i64>, Vec<i64>) =
            (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).unzip();
        let pick = |places: Vec<i64>| {
            let count = places.len();
            self.index_select(0, &Tensor::from_vec(places, count))
        };
        (pick(first) - pick(second)).vector_norm_axes(p, -1)
    }

    /// `$\lVert x - z + \varepsilon \rVert_p$` along the last axis, which is kept with size 1; both broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn pairwise_distance(self, other: impl Operand<'t>, p: f64, eps: f64) -> Self {
        let other = self.operand("pairwise_distance", other);
        let shape = self.shape().broadcast_or_panic(&other.shape(), "pairwise_distance");
        expect::at_least("pairwise_distance", &shape, 1, "[…, d]");
        check_order("pairwise_distance", p);
        if p.is_infinite() {
            expect::elements("pairwise_distance", &shape, shape.len() - 1);
        }
        (self - other + eps).vector_norm_keep(p, -1)
    }

    /// `$\frac{x \cdot z}{\max(\lVert x \rVert, \varepsilon) \max(\lVert z \rVert, \varepsilon)}$` along an
    /// axis, which is dropped; both broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast or the axis is out of range.
    #[track_caller]
    pub fn cosine_similarity(self, other: impl Operand<'t>, axis: isize, eps: f64) -> Self {
        let [x, other] = promoted([self, self.operand("cosine_similarity", other)]);
        expect::floats("cosine_similarity", x.dtype());
        let shape = x.shape().broadcast_or_panic(&other.shape(), "cosine_similarity");
        let axis = gradus_tensor::axis_index("cosine_similarity", axis, &shape) as isize;
        let (x, y) = (x.expand(shape), other.expand(shape));
        let unit = |x: Self| x / x.norm_keep(axis).clamp_min(eps);
        (unit(x) * unit(y)).sum_axes(axis)
    }

    /// Covariances of the rows of a matrix `[variables, n]` over its n columns (observations), with the
    /// correction c, `$\tfrac{1}{n-c} (x - \bar x)(x - \bar x)^\top$`: `[variables, variables]`.
    ///
    /// # Panics
    /// If there are not two axes.
    #[track_caller]
    pub fn cov(self, correction: f64) -> Self {
        expect::floats("cov", self.dtype());
        let shape = self.shape();
        expect::rank("cov", "the observations", &shape, 2, "a matrix [variables, n]");
        let centred = self - self.mean_keep(1);
        centred.matmul(centred.t()) / (shape[1] as f64 - correction).max(0.0)
    }

    /// As [`Self::cov`] with weights of the observations: the number of times each occurs, and its reliability.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[doc(alias = "cov")]
    #[track_caller]
    pub fn weighted_cov(self, correction: f64, times: Option<&Tensor>, reliability: Option<Self>) -> Self {
        self.check_more("weighted_cov", [reliability]);
        let ([x], [reliability]) = promoted_with([self], [reliability]);
        let shape = x.shape();
        expect::rank("weighted_cov", "the observations", &shape, 2, "a matrix [variables, n]");
        if let Some(times) = times {
            expect::shape("weighted_cov", "the numbers of times", times.shape(), &[shape[1]]);
        }
        if let Some(a) = reliability {
            expect::shape("weighted_cov", "the reliabilities", &a.shape(), &[shape[1]]);
        }
        let mut weight = x.tape().constant(Tensor::ones_of(shape[1], x.dtype()));
        let (mut count, mut squares) = (None, None);
        if let Some(times) = times {
            weight *= times;
            count = Some(weight);
        }
        if let Some(a) = reliability {
            squares = Some((weight * a.square()).sum());
            weight *= a;
        }
        let total = weight.sum();
        let mean = (x * weight).sum_keep(1) / total;
        let centred = x - mean;
        let lost = match (squares, count) {
            (Some(s), _) => s / total * correction,
            _ => total.detach() * 0.0 + correction,
        };
        let _ = count;
        (centred * weight).matmul(centred.t()) / (total - lost)
    }

    /// Correlations `$c_{ij} / \sqrt{c_{ii} c_{jj}}$` of the rows of a matrix `[variables, n]`, c being their
    /// covariances: `[variables, variables]`.
    ///
    /// # Panics
    /// If there are not two axes.
    #[track_caller]
    pub fn corrcoef(self) -> Self {
        expect::floats("corrcoef", self.dtype());
        expect::rank("corrcoef", "the observations", &self.shape(), 2, "a matrix [variables, n]");
        let c = self.cov(1.0);
        let deviation = c.diagonal(0, 0, 1).sqrt();
        c / deviation.unsqueeze(1) / deviation.unsqueeze(0)
    }
}
