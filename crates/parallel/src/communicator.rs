//! What ranks say to each other.

use std::sync::Arc;

use crate::error::Error;

/// Numbers to be summed over ranks, in place.
#[derive(Debug)]
pub enum Values<'v> {
    /// In single precision.
    F32(&'v mut [f32]),
    /// In double precision.
    F64(&'v mut [f64]),
}

/// One of several ranks that run the same program: threads of one process ([`run`](crate::run)), or processes on one or many
/// machines (the package `gradus-parallel-mpi`).
///
/// Every method but [`Self::rank`], [`Self::size`] and [`Self::abort`] is a collective: all ranks call it, in the same order (of
/// [`Self::exchange`] both partners). It returns when the others have taken part, or with an error if one cannot.
///
/// ```
/// use gradus_parallel::{Communicator, Values, run};
/// let sums = run(3, |comm| {
///     let mut own = [comm.rank() as f64, 1.0];
///     comm.all_reduce_sum(Values::F64(&mut own))?;
///     Ok::<_, gradus_parallel::Error>(own)
/// })?;
/// assert_eq!(sums, [Ok([3.0, 3.0]), Ok([3.0, 3.0]), Ok([3.0, 3.0])]);
/// # Ok::<(), gradus_parallel::Error>(())
/// ```
pub trait Communicator: Send + Sync + 'static {
    /// The number of this rank, from 0.
    fn rank(&self) -> usize;

    /// The number of ranks.
    fn size(&self) -> usize;

    /// Replaces the values by their sums over all ranks, in an order of the implementation's own, so to the last bit alike on all
    /// ranks, but maybe not for another number of them.
    ///
    /// # Errors
    /// If ranks differ in the length, or one has failed.
    fn all_reduce_sum(&self, values: Values<'_>) -> Result<(), Error>;

    /// Replaces the bytes by those of rank `root`, which may be more or fewer.
    ///
    /// # Errors
    /// If a rank has failed.
    fn broadcast(&self, bytes: &mut Vec<u8>, root: usize) -> Result<(), Error>;

    /// The bytes of all ranks, by rank; they may differ in length.
    ///
    /// # Errors
    /// If a rank has failed.
    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error>;

    /// Gives `own` bytes to another rank, and puts as many of it into `theirs`.
    ///
    /// # Errors
    /// If the two of both ranks are not of one length, or the rank has failed.
    fn exchange(&self, with: usize, own: &[u8], theirs: &mut [u8]) -> Result<(), Error>;

    /// Waits until all ranks are here.
    ///
    /// # Errors
    /// If a rank has failed.
    fn barrier(&self) -> Result<(), Error> {
        self.all_gather(&[0]).map(drop)
    }

    /// Whether all ranks are on one machine, so that messages are copies in its memory: the cores that compute make them, and nothing is
    /// gained by sending them early. Alike on all ranks.
    fn is_one_machine(&self) -> bool {
        false
    }

    /// Says whether this rank computes while another of its threads waits for messages, or has nothing to do but wait: so the wait can
    /// leave the core to the computation, or be short. Nothing depends on it but time.
    fn set_computing(&self, _computing: bool) {}

    /// Ends all ranks: of processes with this message and exit code, at once; threads get an error where they wait.
    fn abort(&self, message: &str, code: i32);
}

/// The only rank: a training in one process, written as one on many.
///
/// ```
/// use gradus_parallel::{Alone, Communicator};
/// assert_eq!((Alone.rank(), Alone.size()), (0, 1));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Communicator for Alone {
    fn rank(&self) -> usize {
        0
    }
    fn size(&self) -> usize {
        1
    }
    fn all_reduce_sum(&self, _: Values<'_>) -> Result<(), Error> {
        Ok(())
    }
    fn broadcast(&self, _: &mut Vec<u8>, _: usize) -> Result<(), Error> {
        Ok(())
    }
    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        Ok(vec![bytes.to_vec()])
    }
    fn exchange(&self, _: usize, own: &[u8], theirs: &mut [u8]) -> Result<(), Error> {
        theirs.copy_from_slice(own);
        Ok(())
    }
    fn is_one_machine(&self) -> bool {
        true
    }
    fn abort(&self, _: &str, _: i32) {}
}

impl<C: Communicator + ?Sized> Communicator for Arc<C> {
    fn rank(&self) -> usize {
        (**self).rank()
    }
    fn size(&self) -> usize {
        (**self).size()
    }
    fn all_reduce_sum(&self, values: Values<'_>) -> Result<(), Error> {
        (**self).all_reduce_sum(values)
    }
    fn broadcast(&self, bytes: &mut Vec<u8>, root: usize) -> Result<(), Error> {
        (**self).broadcast(bytes, root)
    }
    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        (**self).all_gather(bytes)
    }
    fn exchange(&self, with: usize, own: &[u8], theirs: &mut [u8]) -> Result<(), Error> {
        (**self).exchange(with, own, theirs)
    }
    fn barrier(&self) -> Result<(), Error> {
        (**self).barrier()
    }
    fn is_one_machine(&self) -> bool {
        (**self).is_one_machine()
    }
    fn set_computing(&self, computing: bool) {
        (**self).set_computing(computing);
    }
    fn abort(&self, message: &str, code: i32) {
        (**self).abort(message, code);
    }
}
