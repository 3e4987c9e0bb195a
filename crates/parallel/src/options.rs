//! What a data-parallel training can be told.

/// In which order the gradients of a batch are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Summation {
    /// In a fixed tree over the parts of a batch: the same bits for any number of ranks up to that of the parts. Each part is
    /// evaluated on a tape of its own, so kernels see fewer examples at a time.
    #[default]
    Exact,
    /// In the order that suits the transport, each rank's examples on one tape: bits depend on the number of ranks.
    Fast,
}

/// Over which examples layers take the statistics of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Statistics {
    /// Each part its own examples; the running statistics move by the mean over the parts.
    #[default]
    Own,
    /// All examples of the batch: forward and backward wait for all ranks at each such layer. The tapes of a rank's parts live at the
    /// same time, and gradients are sent when the sweep is over.
    #[doc(alias = "SyncBatchNorm")]
    Synchronised,
}

/// What a data-parallel training can be told before it starts.
///
/// ```
/// use gradus_parallel::{ParallelOptions, Summation};
/// let options = ParallelOptions { sums: Summation::Fast, ..ParallelOptions::default() };
/// assert_eq!((options.parts, options.first_bucket), (8, 1 << 20));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParallelOptions {
    /// Into how many parts a batch is cut for [`Summation::Exact`]; at least as many as ranks. 8. Of a training that is to give the same
    /// bits it stays the same.
    pub parts: usize,
    /// The order of the sums.
    pub sums: Summation,
    /// The statistics of layers.
    pub statistics: Statistics,
    /// Bytes of gradients that are sent together; 25 MiB. On one machine nothing is gained by sending early, and gradients are summed
    /// where they lie when the sweep is over, if the number of ranks is a power of two.
    pub bucket: usize,
    /// Bytes of the first of them, so that the first message leaves early; 1 MiB. On one machine it is as large as the others.
    pub first_bucket: usize,
}

impl Default for ParallelOptions {
    fn default() -> Self {
        Self {
            parts: 8,
            sums: Summation::Exact,
            statistics: Statistics::Own,
            bucket: 25 << 20,
            first_bucket: 1 << 20,
        }
    }
}
