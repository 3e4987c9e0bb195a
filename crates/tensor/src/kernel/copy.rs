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
