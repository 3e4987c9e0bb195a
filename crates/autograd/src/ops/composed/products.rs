//! Products made of matrix products: outer, dot, tensor contraction, Kronecker, cross, powers, exponential, bilinear.

use gradus_tensor::{Axes, DType, MAX_RANK, Shape, Tensor, axis_index};
use smallvec::SmallVec;

use crate::ops::elementwise::operators::{Operand, one_tape, promoted, promoted_with, widest};
use crate::ops::expect;
use crate::ops::reduce::AxisList;
use crate::var::Var;

/// # Products made of matrix products
impl<'t> Var<'t> {
    /// `$\sum_i x_i y_i$` of two vectors `[n]`, to a value without axes.
    ///
    /// # Panics
    /// If they are no vectors of one size.
    #[doc(alias = "vdot")]
    #[doc(alias = "inner")]
    #[track_caller]
    pub fn dot(self, other: impl Operand<'t>) -> Self {
        let other = self.operand("dot", other);
        let (a, b) = (self.shape(), other.shape());
        assert!(a.len() == 1 && a == b, "dot: needs two vectors of one size, got {a} and {b}");
        self.matmul(other)
    }

    /// `$y_{ij} = a_i b_j$` of two vectors `[m]` and `[n]`: `[m, n]`.
    ///
    /// # Panics
    /// If they are no vectors.
    #[doc(alias = "ger")]
    #[track_caller]
    pub fn outer(self, other: impl Operand<'t>) -> Self {
        let other = self.operand("outer", other);
        let (a, b) = (self.shape(), other.shape());
        assert!(a.len() == 1 && b.len() == 1, "outer: needs two vectors, got {a} and {b}");
        gradus_tensor::checked_product("outer", &[a[0], b[0]]);
        self.unsqueeze(1) * other.unsqueeze(0)
    }

    /// `$\beta\, C + \alpha\, A B$` with `self` as C, which broadcasts: A is `[m, k]`, B `[k, n]`, the result
    /// `[m, n]`; with three axes the products of a batch. With β = 0 what C holds does not matter, NaN and infinities
    /// included, and its gradient is 0; with α = 0 the same holds of A and B.
    ///
    /// # Panics
    /// If the shapes do not fit.
    ///
    /// # Source
    /// Lawson et al., "Basic Linear Algebra Subprograms for Fortran Usage", 1979; the rule of β = 0 is that of its level 3.
    #[doc(alias = "addmm")]
    #[doc(alias = "baddbmm")]
    #[doc(alias = "addmv")]
    #[doc(alias = "addbmm")]
    #[doc(alias = "addr")]
    #[track_caller]
    pub fn add_matmul(self, a: impl Operand<'t>, b: impl Operand<'t>, beta: f64, alpha: f64) -> Self {
        let [x, a, b] = promoted([self, self.operand("add_matmul", a), self.operand("add_matmul", b)]);
        check_product("add_matmul", &a.shape(), &b.shape());
        let product = if alpha == 0.0 { a.nothing().matmul(b.nothing()) } else { a.matmul(b) * alpha };
        expect::fits("add_matmul", "the value added to", &x.shape(), &product.shape());
        if beta == 0.0 { product + x.nothing() } else { x * beta + product }
    }

    /// The sum over pairs of axes of the product of both: axis `axes[0][k]` of this value runs with
    /// `axes[1][k]` of the other. The result has the other axes of this value, then those of the other.
    ///
    /// # Panics
    /// If the lists differ in length or the sizes do not fit.
    #[track_caller]
    pub fn tensordot(self, other: impl Operand<'t>, axes: [&[isize]; 2]) -> Self {
        let other = self.operand("tensordot", other);
        let (sa, sb) = (self.shape(), other.shape());
        let ia = Axes::from(axes[0]).resolve("tensordot", &sa);
        let ib = Axes::from(axes[1]).resolve("tensordot", &sb);
        let others = |shape: &Shape, inner: &AxisList| -> AxisList {
            (0..shape.len()).filter(|a| !inner.contains(a)).collect()
        };
        let (oa, ob) = (others(&sa, &ia), others(&sb, &ib));
        let sizes = |s: &[usize], list: &[usize]| list.iter().map(|&a| s[a]).collect::<AxisList>();
        assert!(
            sizes(&sa, &ia) == sizes(&sb, &ib),
            "tensordot: {sa} and {sb} along {axes:?}: sizes {:?} and {:?} differ",
            sizes(&sa, &ia),
            sizes(&sb, &ib)
        );
        let rank = oa.len() + ob.len();
        assert!(
            rank <= MAX_RANK,
            "tensordot: {sa} and {sb} along {axes:?} leave {rank} axes, at most {MAX_RANK} are known"
        );
        let order = |a: &[usize], b: &[usize]| a.iter().chain(b).map(|&x| x as isize).collect::<Vec<_>>();
        let inner: usize = sizes(&sa, &ia).iter().product();
        let (rows, cols): (usize, usize) =
            (sizes(&sa, &oa).iter().product(), sizes(&sb, &ob).iter().product());
        let left = self.permute(order(&oa, &ia)).reshape([rows, inner]);
        let right = other.permute(order(&ib, &ob)).reshape([inner, cols]);
        let mut shape = sizes(&sa, &oa);
        shape.extend(sizes(&sb, &ob));
        left.matmul(right).reshape(&shape[..])
    }

    /// The Kronecker product, every element of this value times the whole other: `[m, n]` and `[p, q]` to
    /// `[m p, n q]`; missing axes in front count as 1.
    ///
    /// # Panics
    /// With more than four axes.
    #[track_caller]
    pub fn kron(self, other: impl Operand<'t>) -> Self {
        let other = self.operand("kron", other);
        let rank = self.rank().max(other.rank());
        assert!(
            2 * rank <= MAX_RANK,
            "kron: {} and {}: at most {} axes",
            self.shape(),
            other.shape(),
            MAX_RANK / 2
        );
        gradus_tensor::checked_product("kron", &[self.elements(), other.elements()]);
        let lift = |x: Self| {
            let mut sizes: SmallVec<[usize; MAX_RANK]> = SmallVec::from_elem(1, rank - x.rank());
            sizes.extend_from_slice(&x.shape());
            sizes
        };
        let (a, b) = (lift(self), lift(other));
        let interleave = |sizes: &[usize], first: bool| -> Vec<usize> {
            sizes.iter().flat_map(|&n| if first { [n, 1] } else { [1, n] }).collect()
        };
        let product = self.reshape(interleave(&a, true)) * other.reshape(interleave(&b, false));
        let sizes: Vec<usize> = a.iter().zip(&b).map(|(m, n)| m * n).collect();
        product.reshape(sizes)
    }

    /// The cross product `$(x_2 z_3 - x_3 z_2,\ x_3 z_1 - x_1 z_3,\ x_1 z_2 - x_2 z_1)$` along an axis of size
    /// 3; the other axes broadcast.
    ///
    /// # Panics
    /// If the axis has another size.
    #[track_caller]
    pub fn cross(self, other: impl Operand<'t>, axis: isize) -> Self {
        let other = self.operand("cross", other);
        let shape = self.shape().broadcast_or_panic(&other.shape(), "cross");
        let at = axis_index("cross", axis, &shape);
        assert!(shape[at] == 3, "cross: axis {at} of {shape} has size {}, not 3", shape[at]);
        let axis = at as isize;
        let (x, y) = (self.expand(shape), other.expand(shape));
        let turn = |x: Self, by: isize| x.roll(&[by], &[axis]);
        turn(x, -1) * turn(y, -2) - turn(x, -2) * turn(y, -1)
    }

    /// `$A^n$` of square matrices `[…, m, m]` by repeated squaring; the identity for n = 0.
    ///
    /// # Panics
    /// If the matrices are not square.
    #[track_caller]
    pub fn matrix_power(self, n: u32) -> Self {
        let size = self.square_size("matrix_power");
        let (mut power, mut rest) = (self, n);
        let mut result: Option<Self> = None;
        while rest > 0 {
            if rest & 1 == 1 {
                result = Some(result.map_or(power, |r| r.matmul(power)));
            }
            rest >>= 1;
            if rest > 0 {
                power = power.matmul(power);
            }
        }
        result.unwrap_or_else(|| self.nothing() + &Tensor::eye_of(size, self.dtype()))
    }

    /// Zeros in this value's shape, with a gradient of 0: what a factor of 0 makes of anything, NaN included.
    pub(crate) fn nothing(self) -> Self {
        let all = Tensor::ones_of((), DType::Bool).expand(self.shape());
        self.masked_fill(&all, 0.0)
    }

    /// The size of square matrices of floats.
    #[track_caller]
    pub(crate) fn square_size(self, op: &str) -> usize {
        let shape = self.shape();
        let n = shape.len();
        assert!(n >= 2 && shape[n - 1] == shape[n - 2], "{op}: needs square matrices, got {shape}");
        expect::floats(op, self.dtype());
        shape[n - 1]
    }

    /// `$e^A = \sum_k A^k / k!$` of square matrices `[…, m, m]`: scaling to norm ½ and squaring around a Taylor
    /// polynomial of degree 18.
    ///
    /// # Panics
    /// If the matrices are not square.
    ///
    /// # Source
    /// Higham, "The Scaling and Squaring Method for the Matrix Exponential Revisited", 2005, has the method.
    #[doc(alias = "expm")]
    #[track_caller]
    pub fn matrix_exp(self) -> Self {
        const DEGREE: u32 = 18;
        let n = self.square_size("matrix_exp");
        let norm = self.value().abs().sum_axes(-2).to_f64_vec().into_iter().fold(0.0, f64::max);
        let squarings = if norm > 0.5 && norm.is_finite() { (norm / 0.5).log2().ceil() as i32 } else { 0 };
        let a = self * 0.5f64.powi(squarings);
        let eye = Tensor::eye_of(n, self.dtype());
        // Horner: I + A (I + A/2 (I + A/3 (…))).
        let mut y = a / f64::from(DEGREE) + &eye;
        for k in (1..DEGREE).rev() {
            y = a.matmul(y) / f64::from(k) + &eye;
        }
        for _ in 0..squarings {
            y = y.matmul(y);
        }
        y
    }

    /// `$y_o = x^\top W_o z + b_o$`: x is `[…, m]`, z `[…, n]`, the weight `[out, m, n]`, the bias `[out]`, the
    /// result `[…, out]`.
    ///
    /// # Panics
    /// If the sizes do not fit.
    #[track_caller]
    pub fn bilinear(self, other: impl Operand<'t>, weight: impl Operand<'t>, bias: Option<Self>) -> Self {
        self.check_more("bilinear", [bias]);
        let operands = [self, self.operand("bilinear", other), self.operand("bilinear", weight)];
        let ([x, other, weight], [bias]) = promoted_with(operands, [bias]);
        let (w, shape, z) = (weight.shape(), x.shape(), other.shape());
        expect::rank("bilinear", "the weight", &w, 3, "[out, m, n]");
        let fits = |s: &Shape, size: usize| s.last() == Some(&size);
        assert!(
            fits(&shape, w[1]) && fits(&z, w[2]) && shape[..shape.len() - 1] == z[..z.len() - 1],
            "bilinear: inputs {shape} and {z} with weight {w}: they must be […, {}] and […, {}]",
            w[1],
            w[2]
        );
        if let Some(b) = bias {
            expect::shape("bilinear", "the bias", &b.shape(), &[w[0]]);
        }
        // [… , out·n] = x Wᵀ, then the sum with z over n.
        let flat = weight.transpose(0, 1).reshape([w[1], w[0] * w[2]]);
        let lead = shape.without(shape.len() - 1);
        let rows = x.reshape([lead.elements(), w[1]]).matmul(flat).reshape([lead.elements(), w[0], w[2]]);
        let y = rows.matmul(other.reshape([lead.elements(), w[2], 1]));
        let y = y.reshape(lead.inserted(lead.len(), w[0]));
        match bias {
            Some(b) => y + b,
            None => y,
        }
    }

    /// The matrix product of several matrices in the order with the fewest multiplications (dynamic programming
    /// over the sizes); the first and the last may be vectors.
    ///
    /// # Panics
    /// If there are less than two or the sizes do not fit.
    #[doc(alias = "chain_matmul")]
    #[track_caller]
    pub fn multi_dot(matrices: &[Self]) -> Self {
        let n = matrices.len();
        assert!(n >= 2, "multi_dot: needs at least two matrices");
        one_tape("multi_dot", matrices);
        for (i, m) in matrices.iter().enumerate() {
            let (shape, end) = (m.shape(), i == 0 || i + 1 == n);
            assert!(
                shape.len() == 2 || end && shape.len() == 1,
                "multi_dot: value {i} is {shape}; all must be matrices, the first and the last may be vectors"
            );
        }
        for (i, pair) in matrices.windows(2).enumerate() {
            let (a, b) = (pair[0].shape(), pair[1].shape());
            assert!(
                a[a.len() - 1] == b[0],
                "multi_dot: values {i} and {} are {a} and {b}: sizes {} and {} differ",
                i + 1,
                a[a.len() - 1],
                b[0]
            );
        }
        let dtype = widest(matrices.iter().copied());
        let mut list: SmallVec<[Self; 8]> = matrices.iter().map(|m| m.to(dtype)).collect();
        let (row, column) = (list[0].rank() == 1, list[n - 1].rank() == 1);
        if row {
            list[0] = list[0].unsqueeze(0);
        }
        if column {
            list[n - 1] = list[n - 1].unsqueeze(1);
        }
        let mut sizes: Vec<usize> = list.iter().map(|m| m.shape()[0]).collect();
        sizes.push(list[n - 1].shape()[1]);
        let mut y = chain(&list, &best_splits(&sizes), 0, n - 1);
        if row {
            y = y.squeeze_axis(0);
        }
        if column { y.squeeze_axis(-1) } else { y }
    }
}

/// Panics unless two shapes have a matrix product.
#[track_caller]
pub(crate) fn check_product(op: &str, a: &Shape, b: &Shape) {
    assert!(!a.is_empty() && !b.is_empty(), "{op}: {a} × {b}: a scalar has no inner axis");
    let (k, inner) = (a[a.len() - 1], b[b.len().saturating_sub(2)]);
    assert!(k == inner, "{op}: {a} × {b}: inner sizes {k} and {inner} differ");
    let lead = |s: &Shape| Shape::new(&s[..s.len().saturating_sub(2)]);
    assert!(lead(a).broadcast(&lead(b)).is_some(), "{op}: {a} × {b}: the leading axes do not broadcast");
}

/// Where to split matrices i … j of a chain so that the multiplications are fewest.
fn best_splits(sizes: &[usize]) -> Vec<Vec<usize>> {
    let n = sizes.len() - 1;
    // In floats, which do not overflow; they are compared, not added up to the last unit.
    let work = |m: usize, k: usize, n: usize| m as f64 * k as f64 * n as f64;
    let (mut cost, mut split) = (vec![vec![0.0; n]; n], vec![vec![0; n]; n]);
    for length in 1..n {
        for i in 0..n - length {
            let j = i + length;
            let candidates =
                (i..j).map(|k| (cost[i][k] + cost[k + 1][j] + work(sizes[i], sizes[k + 1], sizes[j + 1]), k));
            (cost[i][j], split[i][j]) =
                candidates.min_by(|a, b| a.0.total_cmp(&b.0)).expect("at least one split");
        }
    }
    split
}

fn chain<'t>(list: &[Var<'t>], split: &[Vec<usize>], i: usize, j: usize) -> Var<'t> {
    if i == j {
        return list[i];
    }
    let k = split[i][j];
    chain(list, split, i, k).matmul(chain(list, split, k + 1, j))
}
