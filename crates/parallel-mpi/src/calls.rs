//! The calls of MPI. None blocks: each is begun, and then asked for until it is done.

use std::time::{Duration, Instant};

use gradus_parallel::Error;
use mpi::collective::SystemOperation;
use mpi::datatype::{Equivalence, PartitionMut};
use mpi::point_to_point::{Destination, Source};
use mpi::request::{Request, Scope, scope};
use mpi::topology::Communicator;
use mpi::traits::{CommunicatorCollectives, Root};

use crate::engine::Calls;

/// The most bytes in one message: MPI counts in C's `int`.
const MOST: usize = 1 << 30;
/// So long a wait only yields where nothing is computed; then it sleeps for a moment each time. A thread that yields to a computation
/// gets its core back milliseconds later, one that sleeps at once.
const YIELDS: Duration = Duration::from_millis(2);
const NAP: Duration = Duration::from_micros(50);

/// Waits without keeping the core busy, and ends all ranks if that is asked meanwhile.
fn finish<'a, D: ?Sized, S: Scope<'a>>(calls: &Calls, mut pending: Request<'a, D, S>) {
    let begin = Instant::now();
    while let Err(still) = calls.call(|_| pending.test()) {
        pending = still;
        calls.check();
        if !calls.is_computing() && begin.elapsed() < YIELDS {
            std::thread::yield_now();
        } else {
            std::thread::sleep(NAP);
        }
    }
}

/// Replaces the values by their sums over all ranks.
pub(crate) fn sum<T: Equivalence + Copy + Default>(calls: &Calls, values: &mut [T]) {
    for values in values.chunks_mut(MOST / size_of::<T>()) {
        let mut sums = vec![T::default(); values.len()];
        scope(|scope| {
            let operation = SystemOperation::sum();
            let pending = calls
                .call(|world| world.immediate_all_reduce_into(scope, &*values, &mut sums[..], operation));
            finish(calls, pending);
        });
        values.copy_from_slice(&sums);
    }
}

pub(crate) fn broadcast(calls: &Calls, bytes: &mut Vec<u8>, root: usize) {
    let mut length = [bytes.len() as u64];
    scope(|scope| {
        let pending = calls.call(|world| {
            world.process_at_rank(root as i32).immediate_broadcast_into(scope, &mut length[..])
        });
        finish(calls, pending);
    });
    bytes.resize(length[0] as usize, 0);
    for piece in bytes.chunks_mut(MOST) {
        scope(|scope| {
            let pending =
                calls.call(|world| world.process_at_rank(root as i32).immediate_broadcast_into(scope, piece));
            finish(calls, pending);
        });
    }
}

/// Bytes that go with their length, in one message: what ranks say before a step, and of small models what they say behind it.
const SHORT: usize = 248;
/// Bytes of a length.
const LENGTH: usize = size_of::<u64>();

pub(crate) fn gather(calls: &Calls, bytes: &[u8], size: usize) -> Result<Vec<Vec<u8>>, Error> {
    let mut own = [0u8; LENGTH + SHORT];
    own[..LENGTH].copy_from_slice(&(bytes.len() as u64).to_ne_bytes());
    if let Some(short) = own[LENGTH..].get_mut(..bytes.len()) {
        short.copy_from_slice(bytes);
    }
    let mut all = vec![0u8; own.len() * size];
    scope(|scope| {
        let pending = calls.call(|world| world.immediate_all_gather_into(scope, &own[..], &mut all[..]));
        finish(calls, pending);
    });
    let blocks = all.chunks_exact(own.len());
    let length = |block: &[u8]| u64::from_ne_bytes(block[..LENGTH].try_into().unwrap_or_default()) as usize;
    let lengths: Vec<usize> = blocks.clone().map(length).collect();
    if lengths.iter().all(|&length| length <= SHORT) {
        let short = |(block, &length): (&[u8], &usize)| block[LENGTH..LENGTH + length].to_vec();
        return Ok(blocks.zip(&lengths).map(short).collect());
    }
    gather_long(calls, bytes, &lengths)
}

/// Gathers bytes of known lengths.
fn gather_long(calls: &Calls, bytes: &[u8], lengths: &[usize]) -> Result<Vec<Vec<u8>>, Error> {
    let whole: usize = lengths.iter().sum();
    if whole > MOST {
        return Err(Error::Transport(format!(
            "{whole} bytes are to be gathered, and MPI takes {MOST}; take a number of ranks that is a power of two and \
             divides the parts, or smaller buckets"
        )));
    }
    let counts: Vec<i32> = lengths.iter().map(|&length| length as i32).collect();
    let places: Vec<i32> =
        counts.iter().scan(0, |at, count| Some(std::mem::replace(at, *at + count))).collect();
    let mut all = vec![0u8; whole];
    {
        let mut parts = PartitionMut::new(&mut all[..], &counts[..], &places[..]);
        scope(|scope| {
            let pending =
                calls.call(|world| world.immediate_all_gather_varcount_into(scope, bytes, &mut parts));
            finish(calls, pending);
        });
    }
    let of = |(&at, &count): (&i32, &i32)| all[at as usize..(at + count) as usize].to_vec();
    Ok(places.iter().zip(&counts).map(of).collect())
}

pub(crate) fn exchange(calls: &Calls, with: usize, own: &[u8], theirs: &mut [u8]) -> Result<(), Error> {
    if own.len() != theirs.len() {
        return Err(Error::Transport(format!("{} bytes for {} of another rank", own.len(), theirs.len())));
    }
    for (own, theirs) in own.chunks(MOST).zip(theirs.chunks_mut(MOST)) {
        scope(|scope| {
            let (receive, send) = calls.call(|world| {
                let partner = world.process_at_rank(with as i32);
                (partner.immediate_receive_into(scope, theirs), partner.immediate_send(scope, own))
            });
            finish(calls, receive);
            finish(calls, send);
        });
    }
    Ok(())
}
