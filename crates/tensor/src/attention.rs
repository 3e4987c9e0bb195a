//! Attention without a kept matrix of scores: a block of queries at a time, and once more on the way back.
//!
//! The scores of a block lie in the cache between the two products, and what is kept from one way to the other are the
//! queries, keys and values alone. Blocks are cut by sizes, heads are the parallel pieces: the bits depend on sizes alone.

use crate::kernel::gemm::{Mat, Product, gemm};
use crate::kernel::pool::Buffer;
use crate::kernel::{Real, parallel, softmax};
use crate::matmul::{matrix, offsets, walkable};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The scores of one block: at most so many, but of at least [`LEAST`] queries.
const SCORES: usize = 1 << 16;
const LEAST: usize = 16;
/// Queries of one block at most.
const MOST: usize = 64;

/// Sizes of one head: queries, keys, widths of keys and of values; and how scores are made.
#[derive(Clone, Copy)]
struct Head {
    n: usize,
    m: usize,
    d: usize,
    e: usize,
    scale: f64,
    causal: bool,
}

/// The operands of one head.
struct Operands<'a, T> {
    q: Mat<'a, T>,
    k: Mat<'a, T>,
    v: Mat<'a, T>,
}

impl Head {
    /// Blocks of queries, each with the number of keys that its last one sees.
    fn blocks(self) -> impl Iterator<Item = (usize, usize, usize)> {
        let size = (SCORES / self.m.max(1)).clamp(LEAST, MOST);
        (0..self.n).step_by(size).map(move |start| {
            let end = (start + size).min(self.n);
            (start, end - start, if self.causal { end.min(self.m) } else { self.m })
        })
    }

    /// Elements of the scores of one block.
    fn scores(self) -> usize {
        (SCORES / self.m.max(1)).clamp(LEAST, MOST).min(self.n) * self.m
    }

    /// Rough nanoseconds for one head.
    fn cost(self) -> f64 {
        self.n as f64 * self.m as f64 * (1.0 + 0.01 * (self.d + self.e) as f64)
    }

    /// The weights of the block of `rows` queries from `start` on, over the first `keys` keys, into `p`; `scores` is scratch.
    fn weights<T: Product>(
        self,
        x: &Operands<'_, T>,
        (start, rows, keys): (usize, usize, usize),
        scores: &mut [T],
        p: &mut [T],
    ) {
        gemm((rows, self.d, keys), x.q.rows_from(start), x.k.t(), T::of(self.scale), false, scores);
        for (i, (scores, p)) in scores.chunks_exact(keys).zip(p.chunks_exact_mut(keys)).enumerate() {
            let seen = if self.causal { (start + i + 1).min(keys) } else { keys };
            softmax::visible(&scores[..seen], &mut p[..seen]);
            p[seen..].fill(T::ZERO);
        }
    }

    fn forward<T: Product>(self, x: &Operands<'_, T>, y: &mut [T]) {
        let (mut scores, mut p) = (Buffer::new::<T>(self.scores()), Buffer::new::<T>(self.scores()));
        for block @ (start, rows, keys) in self.blocks() {
            let p = &mut room(&mut p)[..rows * keys];
            self.weights(x, block, &mut room(&mut scores)[..rows * keys], p);
            gemm(
                (rows, keys, self.e),
                dense(p, keys),
                x.v,
                T::ONE,
                false,
                &mut y[start * self.e..][..rows * self.e],
            );
        }
    }

    /// The gradients of queries, keys and values for outputs weighted by `dy`.
    fn pull<T: Product>(self, x: &Operands<'_, T>, dy: Mat<'_, T>, [dq, dk, dv]: [&mut [T]; 3]) {
        let mut scratch = [(); 3].map(|()| Buffer::new::<T>(self.scores()));
        let [scores, p, dp] = &mut scratch;
        let scale = T::of(self.scale);
        dk.fill(T::ZERO);
        dv.fill(T::ZERO);
        for block @ (start, rows, keys) in self.blocks() {
            let [scores, p, dp] = [&mut *scores, &mut *p, &mut *dp].map(|s| &mut room::<T>(s)[..rows * keys]);
            self.weights(x, block, scores, p);
            let dy = dy.rows_from(start);
            gemm((keys, rows, self.e), dense(p, keys).t(), dy, T::ONE, true, &mut dv[..keys * self.e]);
            gemm((rows, self.e, keys), dy, x.v.t(), T::ONE, false, dp);
            let ds = scores;
            ds.fill(T::ZERO);
            softmax::softmax_pull(p, dp, keys, ds);
            gemm(
                (rows, keys, self.d),
                dense(ds, keys),
                x.k,
                scale,
                false,
                &mut dq[start * self.d..][..rows * self.d],
            );
            gemm(
                (keys, rows, self.d),
                dense(ds, keys).t(),
                x.q.rows_from(start),
                scale,
                true,
                &mut dk[..keys * self.d],
            );
        }
    }
}

fn dense<T>(data: &[T], cols: usize) -> Mat<'_, T> {
    Mat { data, rs: cols as isize, cs: 1 }
}

fn room<T: Real>(buffer: &mut Buffer) -> &mut [T] {
    buffer.get_mut::<T>().expect("a fresh block has one owner")
}

/// The operands in a form that the kernels can read, the sizes of a head, and the leading axes.
#[track_caller]
fn prepared(x: [&Tensor; 3], scale: f64, causal: bool) -> ([Tensor; 3], Head, Shape) {
    let [q, k, v] = x.map(Tensor::shape);
    let rank = q.len();
    let fits = rank >= 2 && [k, v].iter().all(|s| s.len() == rank && s[..rank - 2] == q[..rank - 2]);
    assert!(
        fits && q[rank - 1] == k[rank - 1]
            && k[rank - 2] == v[rank - 2]
            && x.iter().all(|t| t.dtype() == x[0].dtype()),
        "attention: queries {q}, keys {k}, values {v}: they must be […, n, d], […, m, d], […, m, e] of one type"
    );
    let head = Head { n: q[rank - 2], m: k[rank - 2], d: q[rank - 1], e: v[rank - 1], scale, causal };
    (x.map(|t| walkable(t.clone())), head, Shape::new(&q[..rank - 2]))
}

/// `$\mathrm{softmax}(s\, Q K^\top)\, V$` with the scale s: queries `[…, n, d]`, keys `[…, m, d]`, values `[…, m, e]`, the
/// result `[…, n, e]`. With `causal` a query sees only the keys at its own place and before. A query that sees none, or
/// none above -∞, gives 0.
///
/// # Panics
/// If the shapes or types do not fit or the elements are not floats.
#[track_caller]
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, scale: f64, causal: bool) -> Tensor {
    let ([q, k, v], head, lead) = prepared([q, k, v], scale, causal);
    let at = [&q, &k, &v].map(|t| offsets(t, lead));
    let shape = q.shape().with(q.rank() - 1, head.e);
    with_float!("attention", q.dtype(), T => Tensor::build::<T>(shape, |y| {
        if y.is_empty() || head.m == 0 {
            return y.fill(T::ZERO);
        }
        parallel::chunks(y, head.n * head.e, head.cost() / (head.n * head.e) as f64, |start, y| {
            let i = start / (head.n * head.e);
            let x = Operands { q: matrix::<T>(&q, at[0][i]), k: matrix(&k, at[1][i]), v: matrix(&v, at[2][i]) };
            head.forward(&x, y);
        });
    }))
}

/// The gradients of [`attention`] in queries, keys and values for outputs weighted by `dy`.
///
/// # Panics
/// As [`attention`].
#[track_caller]
pub fn attention_pull([q, k, v, dy]: [&Tensor; 4], scale: f64, causal: bool) -> [Tensor; 3] {
    let ([q, k, v], head, lead) = prepared([q, k, v], scale, causal);
    let dy = walkable(dy.clone());
    let at = [&q, &k, &v, &dy].map(|t| offsets(t, lead));
    with_float!("attention", q.dtype(), T => {
        let mut all = [&q, &k, &v].map(|t| Tensor::build::<T>(*t.shape(), |_| {}));
        let sizes = [head.n * head.d, head.m * head.d, head.m * head.e];
        let [dq, dk, dv] = &mut all;
        let mut slices = [(dq.slice_mut::<T>(), sizes[0]), (dk.slice_mut::<T>(), sizes[1]), (dv.slice_mut::<T>(), sizes[2])];
        if head.n * head.m == 0 || head.e == 0 {
            for (slice, _) in &mut slices {
                slice.fill(T::ZERO);
            }
            return all;
        }
        parallel::pieces(&mut slices, lead.elements(), 2.5 * head.cost() * lead.elements() as f64, |i, out| {
            let [dq, dk, dv] = out else { unreachable!("three slices") };
            let x = Operands { q: matrix::<T>(&q, at[0][i]), k: matrix(&k, at[1][i]), v: matrix(&v, at[2][i]) };
            head.pull(&x, matrix(&dy, at[3][i]), [dq, dk, dv]);
        });
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use approx::relative_eq;

    fn random(shape: &[usize], seed: u64) -> Tensor {
        Tensor::randn_of(shape, DType::F64, &mut crate::rng(seed))
    }

    fn plain(q: &Tensor, k: &Tensor, v: &Tensor, scale: f64, causal: bool) -> Tensor {
        let scores = &q.matmul(&k.transpose(-1, -2)) * scale;
        let (rows, cols) = (scores.shape()[scores.rank() - 2], scores.shape()[scores.rank() - 1]);
        let hidden = Tensor::tri(rows, cols, 0).to(DType::Bool).logical_not();
        let scores = if causal { scores.masked_fill(&hidden, f64::NEG_INFINITY) } else { scores };
        scores.softmax(-1).matmul(v)
    }

    #[test]
    fn blocks_of_queries_give_what_the_whole_matrix_gives() {
        for (n, m, d, e) in [(1, 1, 1, 1), (5, 7, 3, 2), (70, 70, 4, 5), (130, 20, 3, 3), (20, 5000, 2, 3)] {
            for causal in [false, true] {
                let (q, k, v) = (random(&[2, n, d], 1), random(&[2, m, d], 2), random(&[2, m, e], 3));
                let (got, want) = (attention(&q, &k, &v, 0.7, causal), plain(&q, &k, &v, 0.7, causal));
                assert!(got.max_abs_diff(&want) < 1e-13, "{n} {m} {causal}");
                // One trilinear form for small steps: the derivative along a direction.
                let (dy, h) = (random(&[2, n, e], 4), 1e-6);
                let all = attention_pull([&q, &k, &v, &dy], 0.7, causal);
                for (i, dx) in all.iter().enumerate() {
                    let step = random(dx.shape(), 5);
                    let at = |h: f64| {
                        let mut x = [q.clone(), k.clone(), v.clone()];
                        x[i] = &x[i] + &(&step * h);
                        (&attention(&x[0], &x[1], &x[2], 0.7, causal) * &dy).sum().item()
                    };
                    let (slope, numeric) = ((dx * &step).sum().item(), (at(h) - at(-h)) / (2.0 * h));
                    assert!(
                        relative_eq!(slope, numeric, epsilon = 1e-7, max_relative = 1e-7),
                        "{n} {m} {causal} {i}: {slope} {numeric}"
                    );
                }
            }
        }
    }

    #[test]
    fn views_are_read_in_place_and_blind_queries_give_zero() {
        let x = random(&[2, 6, 3, 4], 1);
        let heads = x.transpose(1, 2);
        let want = attention(&heads.copied(), &heads.copied(), &heads.copied(), 0.5, true);
        assert!(attention(&heads, &heads, &heads, 0.5, true).equal(&want));
        let (q, k) = (Tensor::from([[1.0]]), Tensor::from([[f64::NEG_INFINITY]]));
        assert_eq!(attention(&q, &k, &q, 1.0, false).item(), 0.0);
        let none = Tensor::zeros_of([0, 1], DType::F64);
        assert_eq!(attention(&q, &none, &none, 1.0, false).item(), 0.0);
        assert_eq!(attention_pull([&q, &none, &none, &q], 1.0, false)[0].item(), 0.0);
    }
}
