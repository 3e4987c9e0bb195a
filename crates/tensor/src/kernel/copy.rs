//! Copies of slices, by way of the caches or past them.

use bytemuck::Pod;

use super::parallel;

/// Copies equally long slices, in parallel when they are large.
pub(crate) fn copy<T: Pod + Send + Sync>(x: &[T], y: &mut [T]) {
    parallel::chunks(y, 1 << 16, 0.1, |start, y| y.copy_from_slice(&x[start..start + y.len()]));
}

/// Asks the processor to fetch a slice that is read soon; changes nothing.
#[inline]
pub fn prefetch<T: Pod>(x: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in x.chunks((64 / size_of::<T>().max(1)).max(1)) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the address is inside `x`, and a prefetch reads nothing that the program can see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = x;
}

/// Copies a slice past the caches, for results so large that they are not read again from there: the processor need not
/// read what it overwrites. [`settle`] must follow before another thread reads.
#[inline]
pub fn stream<T: Pod>(x: &[T], y: &mut [T]) {
    assert!(x.len() == y.len(), "stream: the slices differ in length");
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};
        const WIDTH: usize = size_of::<__m128i>();
        let (x, y): (&[u8], &mut [u8]) = (bytemuck::cast_slice(x), bytemuck::cast_slice_mut(y));
        let head = y.as_ptr().align_offset(WIDTH).min(y.len());
        let whole = (y.len() - head) / WIDTH * WIDTH;
        y[..head].copy_from_slice(&x[..head]);
        let (from, to) = (&x[head..head + whole], &mut y[head..head + whole]);
        debug_assert!(to.as_ptr().align_offset(WIDTH) == 0 || to.is_empty());
        for (from, to) in from.chunks_exact(WIDTH).zip(to.chunks_exact_mut(WIDTH)) {
            // SAFETY: both chunks have 16 bytes; `to` is aligned to 16, since `head` bytes were left out.
            unsafe { _mm_stream_si128(to.as_mut_ptr().cast(), _mm_loadu_si128(from.as_ptr().cast())) };
        }
        y[head + whole..].copy_from_slice(&x[head + whole..]);
    }
    #[cfg(not(target_arch = "x86_64"))]
    y.copy_from_slice(x);
}

/// Makes what [`stream`] wrote visible to other threads.
#[inline]
pub fn settle() {
    // SAFETY: a fence has no operands.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::x86_64::_mm_sfence();
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_past_the_caches_is_a_copy() {
        let x: Vec<f32> = (0..100).map(|i| i as f32).collect();
        prefetch(&x);
        prefetch::<u8>(&[]);
        // Every alignment of both sides, and nothing written beside.
        for (from, to, n) in (0..5)
            .flat_map(|from| (0..5).map(move |to| (from, to)))
            .flat_map(|(from, to)| [0, 1, 3, 4, 5, 16, 63, 90].map(|n| (from, to, n)))
        {
            let mut y = vec![-1.0f32; 100];
            stream(&x[from..from + n], &mut y[to..to + n]);
            settle();
            assert_eq!(y[to..to + n], x[from..from + n], "{from} {to} {n}");
            assert!(y[..to].iter().chain(&y[to + n..]).all(|&y| y == -1.0), "{from} {to} {n}");
        }
        let bytes: Vec<u8> = (0..67).collect();
        let mut out = vec![0; 67];
        stream(&bytes, &mut out);
        assert_eq!(out, bytes);
    }
}
