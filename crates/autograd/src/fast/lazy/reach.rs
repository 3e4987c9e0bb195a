//! How an operand's elements meet those of a larger value that it broadcasts to.

use gradus_tensor::Shape;
use gradus_tensor::kernel::Real;
use gradus_tensor::kernel::axpy::{add, add_runs};

/// Which element of an operand stands at element `i` of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Element `i`: the shapes are equal.
    Same,
    /// Element `i mod n`: a row beside a matrix. A single number is a row of one.
    Row(usize),
    /// Element `i / n`: a column beside a matrix.
    Column(usize),
}

impl Reach {
    /// The reach of a shape in a whole that it broadcasts to; `None` if it is neither a row nor a column of it.
    pub(crate) fn of(shape: &Shape, whole: &Shape) -> Option<Self> {
        let skipped = shape.iter().take_while(|&&size| size == 1).count();
        let row = &shape[skipped..];
        let elements: usize = row.iter().product();
        if elements == whole.elements() {
            return Some(Self::Same);
        }
        if whole.ends_with(row) {
            return Some(Self::Row(elements));
        }
        let spread = shape.iter().rev().take_while(|&&size| size == 1).count();
        let same_rank = shape.len() == whole.len();
        (same_rank && shape[..shape.len() - spread] == whole[..whole.len() - spread])
            .then(|| Self::Column(whole[whole.len() - spread..].iter().product()))
    }

    /// Whether every block of so many elements has the same elements beside it.
    pub(crate) fn repeats(self, block: usize) -> bool {
        matches!(self, Self::Row(n) if block.is_multiple_of(n))
    }

    /// The elements beside `start .. start + out.len()` of the whole.
    pub(crate) fn load<T: Real>(self, x: &[T], start: usize, out: &mut [T]) {
        let mut done = out.len();
        if let Self::Row(n) = self {
            done = done.min(n);
        }
        self.runs(start, done, |at, here, len, one| {
            if one {
                out[here..here + len].fill(x[at]);
            } else {
                out[here..here + len].copy_from_slice(&x[at..at + len]);
            }
        });
        // A row again and again: what is there is a multiple of it.
        while done < out.len() {
            let more = done.min(out.len() - done);
            out.copy_within(..more, done);
            done += more;
        }
    }

    /// Adds the gradients of `start .. start + g.len()` of the whole to those of the operand's elements; `sums` begins at
    /// the operand's element `first`.
    pub(crate) fn fold<T: Real>(self, g: &[T], start: usize, sums: &mut [T], first: usize) {
        if let Self::Row(n) = self
            && n > 1
        {
            let (head, rows) = g.split_at((start.next_multiple_of(n) - start).min(g.len()));
            add(head, &mut sums[start % n..][..head.len()]);
            add_runs(rows, &mut sums[..n]);
            let tail = &rows[rows.len() - rows.len() % n..];
            return add(tail, &mut sums[..tail.len()]);
        }
        self.runs(start, g.len(), |at, here, len, one| {
            let (g, at) = (&g[here..here + len], at - first);
            if one { sums[at] += gradus_tensor::kernel::sum::sum(g) } else { add(g, &mut sums[at..at + len]) }
        });
    }

    /// The runs of a stretch of the whole: `(element of the operand, place in the stretch, length, one element for all)`.
    fn runs(self, start: usize, len: usize, mut f: impl FnMut(usize, usize, usize, bool)) {
        let mut done = 0;
        while done < len {
            let i = start + done;
            let (at, run, one) = match self {
                Self::Same => (i, len, false),
                Self::Row(1) => (0, len, true),
                Self::Row(n) => (i % n, n - i % n, false),
                Self::Column(n) => (i / n, n - i % n, true),
            };
            let run = run.min(len - done);
            f(at, done, run, one);
            done += run;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(shape: &[usize], whole: &[usize]) -> Option<Reach> {
        Reach::of(&Shape::new(shape), &Shape::new(whole))
    }

    #[test]
    fn rows_columns_and_neither() {
        assert_eq!(reach(&[2, 3], &[2, 3]), Some(Reach::Same));
        assert_eq!(reach(&[3], &[2, 3]), Some(Reach::Row(3)));
        assert_eq!(reach(&[], &[2, 3]), Some(Reach::Row(1)));
        assert_eq!(reach(&[1, 3], &[2, 3]), Some(Reach::Row(3)));
        assert_eq!(reach(&[2, 1], &[2, 3]), Some(Reach::Column(3)));
        assert_eq!(reach(&[2, 1, 1], &[2, 3, 4]), Some(Reach::Column(12)));
        assert_eq!(reach(&[2, 1, 4], &[2, 3, 4]), None);
        assert_eq!(reach(&[3, 1], &[2, 3, 4]), None);
    }

    #[test]
    fn loads_and_sums_over_borders() {
        let mut out = [0.0; 5];
        Reach::Row(3).load(&[1.0, 2.0, 3.0], 2, &mut out);
        assert_eq!(out, [3.0, 1.0, 2.0, 3.0, 1.0]);
        Reach::Column(3).load(&[1.0, 2.0, 3.0], 2, &mut out);
        assert_eq!(out, [1.0, 2.0, 2.0, 2.0, 3.0]);
        let mut sums = [0.0; 3];
        Reach::Row(3).fold(&[1.0; 5], 2, &mut sums, 0);
        assert_eq!(sums, [2.0, 1.0, 2.0]);
        let mut sums = [0.0; 3];
        Reach::Column(3).fold(&[1.0; 5], 5, &mut sums, 1);
        assert_eq!(sums, [1.0, 3.0, 1.0]);
    }

    #[test]
    fn every_stretch_of_a_row_is_right() {
        for (n, start, len) in (1..6).flat_map(|n| (0..8).flat_map(move |s| (0..20).map(move |l| (n, s, l))))
        {
            let x: Vec<f64> = (0..n).map(|i| i as f64 + 0.5).collect();
            let mut out = vec![-1.0; len];
            Reach::Row(n).load(&x, start, &mut out);
            assert!((0..len).all(|i| out[i] == x[(start + i) % n]), "{n} {start} {len}: {out:?}");
            let (mut sums, mut want) = (vec![0.0; n], vec![0.0; n]);
            Reach::Row(n).fold(&out, start, &mut sums, 0);
            for i in 0..len {
                want[(start + i) % n] += out[i];
            }
            assert_eq!(sums, want, "{n} {start} {len}");
        }
    }
}
