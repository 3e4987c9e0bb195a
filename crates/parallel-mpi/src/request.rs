//! What the thread of MPI does for the others.

use std::time::{Duration, Instant};

use gradus_parallel::Error;
use mpi::collective::SystemOperation;
use mpi::datatype::{Equivalence, PartitionMut};
use mpi::point_to_point::{Destination, Source};
use mpi::request::{Request as Pending, Scope, scope};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};

use crate::engine::{Answer, Failure};

/// A call of MPI.
pub(crate) enum Request {
    Sum32(Vec<f32>),
    Sum64(Vec<f64>),
    Broadcast { bytes: Vec<u8>, root: usize },
    Gather(Vec<u8>),
    Exchange { with: usize, bytes: Vec<u8> },
}

/// The most bytes in one message: MPI counts in C's `int`.
const MOST: usize = 1 << 30;
/// So long a wait only yields; then it sleeps for a moment each time.
const YIELDS: Duration = Duration::from_millis(2);
const NAP: Duration = Duration::from_micros(50);

pub(crate) fn answer(
    world: &SimpleCommunicator,
    request: Request,
    failed: &Failure,
) -> Result<Answer, Error> {
    match request {
        Request::Sum32(values) => Ok(vec![sum(world, &values, failed, f32::to_ne_bytes)]),
        Request::Sum64(values) => Ok(vec![sum(world, &values, failed, f64::to_ne_bytes)]),
        Request::Broadcast { bytes, root } => Ok(vec![broadcast(world, bytes, root, failed)]),
        Request::Gather(bytes) => gather(world, &bytes, failed),
        Request::Exchange { with, bytes } => Ok(vec![exchange(world, with, &bytes, failed)]),
    }
}

/// Waits without keeping the core busy, and ends all ranks if that is asked meanwhile.
fn finish<'a, D: ?Sized, S: Scope<'a>>(
    world: &SimpleCommunicator,
    mut pending: Pending<'a, D, S>,
    failed: &Failure,
) {
    let begin = Instant::now();
    while let Err(still) = pending.test() {
        pending = still;
        failed.check(world);
        if begin.elapsed() < YIELDS { std::thread::yield_now() } else { std::thread::sleep(NAP) }
    }
}

fn sum<T: Equivalence + Copy + Default, const N: usize>(
    world: &SimpleCommunicator,
    values: &[T],
    failed: &Failure,
    bytes: impl Fn(T) -> [u8; N],
) -> Vec<u8> {
    let mut sums = vec![T::default(); values.len()];
    for (values, sums) in values.chunks(MOST / N).zip(sums.chunks_mut(MOST / N)) {
        scope(|scope| {
            let pending = world.immediate_all_reduce_into(scope, values, sums, SystemOperation::sum());
            finish(world, pending, failed);
        });
    }
    sums.into_iter().flat_map(bytes).collect()
}

fn broadcast(world: &SimpleCommunicator, mut bytes: Vec<u8>, root: usize, failed: &Failure) -> Vec<u8> {
    let root = world.process_at_rank(root as i32);
    let mut length = [bytes.len() as u64];
    scope(|scope| finish(world, root.immediate_broadcast_into(scope, &mut length[..]), failed));
    bytes.resize(length[0] as usize, 0);
    for piece in bytes.chunks_mut(MOST) {
        scope(|scope| finish(world, root.immediate_broadcast_into(scope, piece), failed));
    }
    bytes
}

fn gather(world: &SimpleCommunicator, bytes: &[u8], failed: &Failure) -> Result<Answer, Error> {
    let own = [bytes.len() as u64];
    let mut lengths = vec![0u64; world.size() as usize];
    scope(|scope| {
        finish(world, world.immediate_all_gather_into(scope, &own[..], &mut lengths[..]), failed);
    });
    let whole: usize = lengths.iter().map(|&length| length as usize).sum();
    if whole > MOST {
        return Err(Error::Transport(format!(
            "{whole} bytes are to be gathered, and MPI takes {MOST}; take a number of ranks that is a power of two and \
             divides the parts, or smaller buckets"
        )));
    }
    if whole == 0 {
        // MPI refuses a place for nothing.
        return Ok(vec![Vec::new(); lengths.len()]);
    }
    let counts: Vec<i32> = lengths.iter().map(|&length| length as i32).collect();
    let places: Vec<i32> =
        counts.iter().scan(0, |at, count| Some(std::mem::replace(at, *at + count))).collect();
    let mut all = vec![0u8; whole];
    {
        let mut parts = PartitionMut::new(&mut all[..], &counts[..], &places[..]);
        scope(|scope| {
            finish(world, world.immediate_all_gather_varcount_into(scope, bytes, &mut parts), failed);
        });
    }
    let of = |(&at, &count): (&i32, &i32)| all[at as usize..(at + count) as usize].to_vec();
    Ok(places.iter().zip(&counts).map(of).collect())
}

fn exchange(world: &SimpleCommunicator, with: usize, bytes: &[u8], failed: &Failure) -> Vec<u8> {
    let partner = world.process_at_rank(with as i32);
    let mut theirs = vec![0u8; bytes.len()];
    for (own, theirs) in bytes.chunks(MOST).zip(theirs.chunks_mut(MOST)) {
        scope(|scope| {
            let receive = partner.immediate_receive_into(scope, theirs);
            let send = partner.immediate_send(scope, own);
            finish(world, receive, failed);
            finish(world, send, failed);
        });
    }
    theirs
}
