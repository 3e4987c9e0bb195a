//! Loops over strided layouts: the runs of elements in which several layouts of one shape can be walked side by side.

use smallvec::SmallVec;

use crate::Element;
use crate::kernel::transpose::transpose;
use crate::layout::Layout;
use crate::shape::MAX_RANK;

/// Walks layouts of one shape in row-major order and calls `run(offsets, len, steps)` for each innermost run, after
/// merging axes that lie contiguously in all of them: offset of its first element, number of elements, step, per layout.
pub(crate) fn runs(layouts: &[&Layout], mut run: impl FnMut(&[usize], usize, &[isize])) {
    walk(layouts, &mut run); // compiled once, not for every caller
}

type RunFn<'f> = dyn FnMut(&[usize], usize, &[isize]) + 'f;

fn walk(layouts: &[&Layout], run: &mut RunFn<'_>) {
    let shape = layouts[0].shape;
    if shape.elements() == 0 {
        return;
    }
    let (dims, strides) = merge(layouts);
    let Some((&len, outer)) = dims.split_last() else {
        let offsets: SmallVec<[usize; 4]> = layouts.iter().map(|l| l.offset).collect();
        return run(&offsets, 1, &[1; 8][..layouts.len()]);
    };
    let steps = &strides[outer.len()];
    let mut at: SmallVec<[isize; 4]> = layouts.iter().map(|l| l.offset as isize).collect();
    let mut index = [0usize; MAX_RANK];
    let mut offsets: SmallVec<[usize; 4]> = smallvec::smallvec![0; layouts.len()];
    loop {
        offsets.iter_mut().zip(&at).for_each(|(o, &a)| *o = a as usize);
        run(&offsets, len, steps);
        let mut axis = outer.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            index[axis] += 1;
            at.iter_mut().zip(&strides[axis]).for_each(|(a, &s)| *a += s);
            if index[axis] < outer[axis] {
                break;
            }
            for (a, &s) in at.iter_mut().zip(&strides[axis]) {
                *a -= s * outer[axis] as isize;
            }
            index[axis] = 0;
        }
    }
}

type Steps = SmallVec<[isize; 4]>;

/// The axes of a group of layouts, merged where every layout allows it, without those of size 1.
pub(crate) fn merge(layouts: &[&Layout]) -> (SmallVec<[usize; MAX_RANK]>, SmallVec<[Steps; MAX_RANK]>) {
    let shape = layouts[0].shape;
    let mut dims = SmallVec::<[usize; MAX_RANK]>::new();
    let mut strides = SmallVec::<[Steps; MAX_RANK]>::new();
    for axis in 0..shape.len() {
        debug_assert!(layouts.iter().all(|l| l.shape == shape), "runs: layouts of one shape");
        if shape[axis] == 1 {
            continue;
        }
        let steps: Steps = layouts.iter().map(|l| l.strides[axis]).collect();
        if let (Some(size), Some(outer)) = (dims.last_mut(), strides.last_mut())
            && outer.iter().zip(&steps).all(|(&o, &s)| o == s * shape[axis] as isize)
        {
            *size *= shape[axis];
            *outer = steps;
            continue;
        }
        dims.push(shape[axis]);
        strides.push(steps);
    }
    (dims, strides)
}

/// The innermost runs of several layouts of one shape, found by number.
pub(crate) struct Runs<const N: usize> {
    /// Elements of a run.
    pub(crate) len: usize,
    /// Whether the elements of a run lie one behind the other, per layout.
    pub(crate) unit: [bool; N],
    outer: SmallVec<[(usize, [isize; N]); 8]>,
    base: [usize; N],
}

impl<const N: usize> Runs<N> {
    pub(crate) fn new(layouts: [&Layout; N]) -> Self {
        let (dims, strides) = merge(&layouts);
        let base = layouts.map(|l| l.offset);
        let Some((&len, outer)) = dims.split_last() else {
            return Self { len: 1, unit: [true; N], outer: SmallVec::new(), base };
        };
        let unit = std::array::from_fn(|i| strides[outer.len()][i] == 1);
        let outer = outer.iter().zip(&strides).map(|(&d, s)| (d, std::array::from_fn(|i| s[i]))).collect();
        Self { len, unit, outer, base }
    }

    /// The offsets of the first element of a run.
    #[inline]
    pub(crate) fn offsets(&self, mut run: usize) -> [usize; N] {
        let mut at = self.base.map(|b| b as isize);
        for (size, steps) in self.outer.iter().rev() {
            let index = (run % size) as isize;
            run /= size;
            for (a, s) in at.iter_mut().zip(steps) {
                *a += index * s;
            }
        }
        at.map(|a| a as usize)
    }
}

impl Layout {
    /// Calls `f` with the offset of each element, in row-major order.
    pub fn for_each_offset(&self, mut f: impl FnMut(usize)) {
        runs(&[self], |offsets, len, steps| {
            let mut at = offsets[0] as isize;
            for _ in 0..len {
                f(at as usize);
                at += steps[0];
            }
        });
    }
}

/// Writes the elements of a view over `block` into `out` in row-major order.
pub(crate) fn gather<T: Element>(block: &[T], layout: &Layout, out: &mut [T]) {
    if out.is_empty() {
        return;
    }
    let (dims, strides) = merge(&[layout]);
    let steps: SmallVec<[isize; MAX_RANK]> = strides.iter().map(|steps| steps[0]).collect();
    let x = &block[layout.offset..];
    match (&dims[..], &steps[..]) {
        // Transposed matrices: walked in tiles, so that both sides stay in the cache.
        (&[.., rows, _], &[.., 1, step]) if step > 1 && rows > 1 => {
            return matrices(block, layout.offset, (&dims, &steps), out);
        }
        // One number for each row, one row for all, a part of each row.
        (&[_, cols], &[rs, 0]) if rs > 0 => {
            for (row, &x) in out.chunks_exact_mut(cols).zip(x.iter().step_by(rs as usize)) {
                row.fill(x);
            }
            return;
        }
        (&[_, cols], &[0, 1]) => return repeat(&x[..cols], out),
        (&[_, cols], &[rs, 1]) if rs >= cols as isize => {
            for (row, x) in out.chunks_exact_mut(cols).zip(x.chunks(rs as usize)) {
                row.copy_from_slice(&x[..cols]);
            }
            return;
        }
        _ => {}
    }
    let mut at = 0;
    runs(&[layout], |offsets, len, steps| {
        let (start, out) = (offsets[0], &mut out[at..at + len]);
        match steps[0] {
            1 => out.copy_from_slice(&block[start..start + len]),
            0 => out.fill(block[start]),
            step => {
                let mut from = start as isize;
                for y in out {
                    *y = block[from as usize];
                    from += step;
                }
            }
        }
        at += len;
    });
}

/// A matrix with dense columns for each place along the axes before the last two.
fn matrices<T: Element>(block: &[T], offset: usize, (dims, steps): (&[usize], &[isize]), out: &mut [T]) {
    let outer = dims.len() - 2;
    let (rows, cols) = (dims[outer], dims[outer + 1]);
    for (i, out) in out.chunks_exact_mut(rows * cols).enumerate() {
        let (mut rest, mut at) = (i, offset as isize);
        for (&size, &step) in dims[..outer].iter().zip(steps).rev() {
            at += (rest % size) as isize * step;
            rest /= size;
        }
        transpose(&block[at as usize..], rows, cols, steps[outer + 1] as usize, out);
    }
}

/// A row again and again: what is there already is copied, twice as much each time.
fn repeat<T: Element>(row: &[T], out: &mut [T]) {
    let mut done = row.len().min(out.len());
    out[..done].copy_from_slice(&row[..done]);
    while done > 0 && done < out.len() {
        let more = done.min(out.len() - done);
        out.copy_within(..more, done);
        done += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shape;

    fn shape(dims: &[usize]) -> Shape {
        Shape::new(dims)
    }

    #[test]
    fn runs_merge_contiguous_axes() {
        let a = Layout::contiguous(shape(&[2, 3, 4]));
        let mut count = 0;
        runs(&[&a, &a], |_, len, _| {
            assert_eq!(len, 24);
            count += 1;
        });
        assert_eq!(count, 1);
        let bias = Layout::contiguous(shape(&[4])).expand(shape(&[2, 3, 4])).unwrap();
        let mut seen = vec![];
        runs(&[&a, &bias], |offsets, len, steps| seen.push((offsets.to_vec(), len, steps.to_vec())));
        assert_eq!(seen.len(), 6);
        assert_eq!(seen[5], (vec![20, 0], 4, vec![1, 1]));
    }

    #[test]
    fn copies_of_views_have_their_elements_in_order() {
        use crate::Tensor;
        for dims in [[3, 5, 20], [17, 4, 33], [2, 1, 300], [40, 3, 2], [9, 9, 9]] {
            let n: usize = dims.iter().product();
            let x = Tensor::range(0.0, n as f64, 1.0).reshape(dims);
            for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
                let turned = x.permute(order);
                let half = turned.slice(-1, 0..(turned.shape()[2] as isize + 1) / 2);
                let column = turned.slice(-1, 0..1).expand([turned.shape()[0], turned.shape()[1], 7]);
                let row = turned.slice(0, 0..1).slice(1, 0..1).expand([5, 3, turned.shape()[2]]);
                for view in [turned.flip([0]), turned.flip([1, 2]), half, column, row, turned] {
                    let mut want = vec![];
                    let block = view.block::<f32>();
                    view.layout().for_each_offset(|at| want.push(block[at]));
                    assert_eq!(view.copied().to_vec::<f32>(), want, "{dims:?} {order:?}");
                    assert_eq!(view.to(crate::DType::F64).copied().to_f64_vec(), view.to_f64_vec());
                }
            }
        }
    }

    #[test]
    fn copies_of_nothing_and_of_windows_that_overlap() {
        let block: Vec<f32> = (0..20).map(|i| i as f32).collect();
        let copied = |dims: &[usize], strides: &[isize], offset: usize| {
            let mut layout = Layout { offset, ..Layout::contiguous(shape(dims)) };
            layout.strides[..strides.len()].copy_from_slice(strides);
            let mut out = vec![-1.0; shape(dims).elements()];
            gather(&block, &layout, &mut out);
            let mut want = vec![];
            layout.for_each_offset(|at| want.push(block[at]));
            assert_eq!(out, want, "{dims:?} {strides:?}");
        };
        copied(&[7, 5], &[1, 1], 2);
        copied(&[6, 5], &[2, 1], 3);
        copied(&[3, 5], &[5, 1], 5);
        copied(&[5, 3], &[1, 2], 1);
        copied(&[5, 4], &[-2, 1], 12);
        copied(&[4, 3], &[-3, 0], 15);
        for (dims, strides) in [([5, 0], [1, 5]), ([0, 5], [1, 2]), ([5, 0], [0, 1]), ([0, 3], [3, 1])] {
            copied(&dims, &strides, 0);
        }
    }

    #[test]
    fn offsets_of_a_scalar_and_of_nothing() {
        let mut seen = vec![];
        Layout::contiguous(shape(&[])).for_each_offset(|o| seen.push(o));
        assert_eq!(seen, [0]);
        Layout::contiguous(shape(&[3, 0])).for_each_offset(|_| panic!("no element"));
    }
}
