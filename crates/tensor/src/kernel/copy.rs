//! Copies: contiguous, and from a strided view into row-major order.

use bytemuck::Pod;

use super::parallel;
use crate::layout::{Layout, merge, rows};

/// Copies equally long slices, in parallel when they are large.
pub fn copy<T: Pod + Send + Sync>(x: &[T], y: &mut [T]) {
    parallel::chunks(y, 1 << 16, 0.1, |start, y| y.copy_from_slice(&x[start..start + y.len()]));
}

/// Writes the elements of a view over `block` into `out` in row-major order.
pub fn gather_strided<T: Pod + Send + Sync>(block: &[T], layout: &Layout, out: &mut [T]) {
    let (dims, strides) = merge(&[layout]);
    if let [rows, cols] = dims[..] {
        // A transposed matrix: walk it in tiles, so that both sides stay in the cache.
        let (rs, cs) = (strides[0][0], strides[1][0]);
        if rs == 1 && cs > 0 && rows >= 8 && cols >= 8 {
            return transpose(&block[layout.offset..], rows, cols, cs as usize, out);
        }
    }
    let mut at = 0;
    rows(&[layout], |offsets, len, steps| {
        let (row, out) = (offsets[0], &mut out[at..at + len]);
        match steps[0] {
            1 => out.copy_from_slice(&block[row..row + len]),
            0 => out.fill(block[row]),
            step => {
                let mut from = row as isize;
                for y in out {
                    *y = block[from as usize];
                    from += step;
                }
            }
        }
        at += len;
    });
}

const TILE: usize = 32;

/// `out[i, j] = x[i + j·stride]`: a transpose, tile by tile.
fn transpose<T: Pod + Send + Sync>(x: &[T], rows: usize, cols: usize, stride: usize, out: &mut [T]) {
    parallel::chunks(out, TILE * cols, 0.5, |start, out| {
        let first = start / cols;
        let height = out.len() / cols;
        debug_assert!(first + height <= rows);
        for j0 in (0..cols).step_by(TILE) {
            for i in 0..height {
                let row = &mut out[i * cols + j0..(i + 1) * cols];
                for (j, y) in row.iter_mut().take(TILE).enumerate() {
                    *y = x[first + i + (j0 + j) * stride];
                }
            }
        }
    });
}
