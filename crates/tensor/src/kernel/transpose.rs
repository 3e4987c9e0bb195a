//! Transposes, tile by tile: each line of the cache is read and written whole, so that nothing is lost where the lines of a
//! column fall on the same place of the cache.

use bytemuck::Pod;

use super::{Real, parallel};

/// Sides of a tile: a line of the cache in f32.
const TILE: usize = 16;
/// Tiles narrower than this are copied number by number.
const FEW: usize = 8;
/// Elements of a parallel piece of many short rows.
const PIECE: usize = 1 << 12;

/// `out[i, j] = x[i + j·stride]` for `out` of `rows` × `cols`.
///
/// # Panics
/// If an element of either matrix lies outside its slice.
pub(crate) fn transpose<T: Pod + Send + Sync>(
    x: &[T],
    rows: usize,
    cols: usize,
    stride: usize,
    out: &mut [T],
) {
    assert!(
        rows.checked_mul(cols) == Some(out.len()),
        "transpose: {rows} × {cols} is not the size of the result"
    );
    if out.is_empty() {
        return;
    }
    let last = (cols - 1).checked_mul(stride).and_then(|at| at.checked_add(rows - 1));
    assert!(last.is_some_and(|last| last < x.len()), "transpose: the matrix reaches beyond its slice");
    // Bands of `TILE` rows, some at a time where they are short.
    let bands = (PIECE / TILE.saturating_mul(cols)).max(1);
    parallel::chunks(out, (bands * TILE).saturating_mul(cols), 0.3, |start, out| {
        debug_assert!((start + out.len()) / cols <= rows);
        for (i, band) in out.chunks_mut(TILE * cols).enumerate() {
            let x = &x[start / cols + i * TILE..];
            let done = if band.len() == TILE * cols { whole_tiles(x, cols, stride, band) } else { 0 };
            part_tiles(x, done..cols, stride, band, cols);
        }
    });
}

/// The columns from `range.start` on, by way of a tile of their own where there are enough for one.
fn part_tiles<T: Pod>(x: &[T], range: std::ops::Range<usize>, stride: usize, out: &mut [T], cols: usize) {
    let height = out.len() / cols;
    let mut tile = [[T::zeroed(); TILE]; TILE];
    for j0 in range.clone().step_by(TILE) {
        let width = TILE.min(range.end - j0);
        if height < FEW || width < FEW {
            for (i, row) in out.chunks_exact_mut(cols).enumerate() {
                for (y, &x) in
                    row[j0..j0 + width].iter_mut().zip(x[j0 * stride + i..].iter().step_by(stride.max(1)))
                {
                    *y = x;
                }
            }
            continue;
        }
        for j in 0..width {
            let column = &x[(j0 + j) * stride..][..height];
            for (row, &value) in tile.iter_mut().zip(column) {
                row[j] = value;
            }
        }
        for (row, tile) in out.chunks_exact_mut(cols).zip(&tile) {
            row[j0..j0 + width].copy_from_slice(&tile[..width]);
        }
    }
}

/// As many whole tiles as there are, in registers, where the processor and the type allow it; returns the columns done.
#[cfg(target_arch = "x86_64")]
fn whole_tiles<T: Pod>(x: &[T], cols: usize, stride: usize, out: &mut [T]) -> usize {
    let whole = cols - cols % TILE;
    let known = size_of::<T>() == size_of::<f32>() || size_of::<T>() == size_of::<f64>();
    if !known || whole == 0 || !std::arch::is_x86_feature_detected!("avx2") {
        return 0;
    }
    assert!(
        (whole - 1) * stride + TILE <= x.len() && out.len() == TILE * cols,
        "transpose: a tile reaches beyond its slice"
    );
    for j in (0..whole).step_by(TILE) {
        if size_of::<T>() == size_of::<f32>() {
            for (di, dj) in [(0, 0), (8, 0), (0, 8), (8, 8)] {
                let (from, to) = (&x[di + (j + dj) * stride..], &mut out[di * cols + j + dj..]);
                debug_assert!(from.len() >= 7 * stride + 8 && to.len() >= 7 * cols + 8);
                // SAFETY: AVX2 was detected; the assertion above and the bounds of both slices hold the eight lines; the numbers
                // are of 32 bits.
                unsafe { eight::<false>(from.as_ptr().cast(), stride, to.as_mut_ptr().cast(), cols) };
            }
        } else {
            for (di, dj) in (0..16).map(|i| (i % 4 * 4, i / 4 * 4)) {
                let (from, to) = (&x[di + (j + dj) * stride..], &mut out[di * cols + j + dj..]);
                debug_assert!(from.len() >= 3 * stride + 4 && to.len() >= 3 * cols + 4);
                // SAFETY: as above, of four lines; the numbers are of 64 bits.
                unsafe { four(from.as_ptr().cast(), stride, to.as_mut_ptr().cast(), cols) };
            }
        }
    }
    whole
}

#[cfg(not(target_arch = "x86_64"))]
fn whole_tiles<T: Pod>(_: &[T], _: usize, _: usize, _: &mut [T]) -> usize {
    0
}

/// `y[j, i] = x[i, j]`, or `+=` (`ADD`), of eight by eight numbers, whose lines lie `x_step` and `y_step` apart.
///
/// # Panics
/// If a line lies outside its slice.
#[inline(always)]
pub(super) fn eight_by_eight<T: Real, const ADD: bool>(x: &[T], x_step: usize, y: &mut [T], y_step: usize) {
    assert!(
        x.len() >= 8 && (x.len() - 8) / 7 >= x_step && y.len() >= 8 && (y.len() - 8) / 7 >= y_step,
        "transpose: a tile reaches beyond its slice"
    );
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == size_of::<f32>() && std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: AVX2 was detected; the assertion holds the eight lines; of the two types of `Real` only f32 has this size.
        unsafe { eight::<ADD>(x.as_ptr().cast(), x_step, y.as_mut_ptr().cast(), y_step) };
        return;
    }
    for j in 0..8 {
        let line = &mut y[j * y_step..][..8];
        for (i, y) in line.iter_mut().enumerate() {
            let value = x[i * x_step + j];
            *y = if ADD { *y + value } else { value };
        }
    }
}

/// A transpose of 8 × 8 numbers in eight registers, which replaces what is there or is added to it.
///
/// # Safety
/// The CPU has AVX2; eight lines of eight numbers, `from_step` and `to_step` apart, can be read and written.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn eight<const ADD: bool>(from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
    use std::arch::x86_64::{
        _mm256_add_ps, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_shuffle_ps, _mm256_storeu_ps,
        _mm256_unpackhi_ps, _mm256_unpacklo_ps,
    };
    // SAFETY: as the caller promises.
    let r: [_; 8] = std::array::from_fn(|i| unsafe { _mm256_loadu_ps(from.add(i * from_step)) });
    let pair = |i: usize| (_mm256_unpacklo_ps(r[i], r[i + 1]), _mm256_unpackhi_ps(r[i], r[i + 1]));
    let quad = |i: usize| {
        let ((a, b), (c, d)) = (pair(i), pair(i + 2));
        [
            _mm256_shuffle_ps::<0x44>(a, c),
            _mm256_shuffle_ps::<0xEE>(a, c),
            _mm256_shuffle_ps::<0x44>(b, d),
            _mm256_shuffle_ps::<0xEE>(b, d),
        ]
    };
    let (upper, lower) = (quad(0), quad(4));
    // SAFETY: as the caller promises.
    let put = |to: *mut f32, y| unsafe {
        _mm256_storeu_ps(to, if ADD { _mm256_add_ps(_mm256_loadu_ps(to), y) } else { y });
    };
    for i in 0..4 {
        let (a, b) = (upper[i], lower[i]);
        // SAFETY: as the caller promises.
        unsafe {
            put(to.add(i * to_step), _mm256_permute2f128_ps::<0x20>(a, b));
            put(to.add((i + 4) * to_step), _mm256_permute2f128_ps::<0x31>(a, b));
        }
    }
}

/// A transpose of 4 × 4 numbers of 64 bits in four registers.
///
/// # Safety
/// The CPU has AVX2; four lines of four numbers, `from_step` and `to_step` apart, can be read and written.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn four(from: *const f64, from_step: usize, to: *mut f64, to_step: usize) {
    use std::arch::x86_64::{
        _mm256_loadu_pd, _mm256_permute2f128_pd, _mm256_storeu_pd, _mm256_unpackhi_pd, _mm256_unpacklo_pd,
    };
    // SAFETY: as the caller promises.
    let r: [_; 4] = std::array::from_fn(|i| unsafe { _mm256_loadu_pd(from.add(i * from_step)) });
    let (a, b) = (_mm256_unpacklo_pd(r[0], r[1]), _mm256_unpackhi_pd(r[0], r[1]));
    let (c, d) = (_mm256_unpacklo_pd(r[2], r[3]), _mm256_unpackhi_pd(r[2], r[3]));
    let lines = [
        _mm256_permute2f128_pd::<0x20>(a, c),
        _mm256_permute2f128_pd::<0x20>(b, d),
        _mm256_permute2f128_pd::<0x31>(a, c),
        _mm256_permute2f128_pd::<0x31>(b, d),
    ];
    for (i, line) in lines.into_iter().enumerate() {
        // SAFETY: as the caller promises.
        unsafe { _mm256_storeu_pd(to.add(i * to_step), line) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Pod + Send + Sync + PartialEq + std::fmt::Debug>(number: impl Fn(usize) -> T) {
        for (rows, cols, stride) in
            [(16, 16, 16), (16, 16, 20), (33, 40, 33), (100, 17, 130), (5, 7, 9), (64, 256, 64)]
        {
            let x: Vec<T> = (0..cols * stride).map(&number).collect();
            let mut out = vec![number(0); rows * cols];
            transpose(&x, rows, cols, stride, &mut out);
            for i in 0..rows {
                for j in 0..cols {
                    assert_eq!(out[i * cols + j], x[i + j * stride], "{rows} {cols} {stride} at {i} {j}");
                }
            }
        }
    }

    #[test]
    fn every_element_goes_to_its_place() {
        check(|i| i as f32);
        check(|i| i as f64);
        check(|i| i as u8);
    }

    #[test]
    fn sizes_and_steps_that_wrap_are_refused() {
        const HUGE: usize = 1 << 32;
        let x = [1.0f32; 300];
        for (rows, cols, stride, n) in [
            (HUGE, HUGE, 0, 0),
            (16, 16, 1 << 60, 256),
            (16, 17, 1 << 60, 272),
            (16, 16, usize::MAX, 256),
            (16, 16, 20, 255),
            (16, 16, 20, 256),
        ] {
            let mut out = vec![0.0; n];
            let call = std::panic::AssertUnwindSafe(|| transpose(&x, rows, cols, stride, &mut out));
            assert!(std::panic::catch_unwind(call).is_err(), "{rows} {cols} {stride}");
        }
    }
}
