//! What all ranks must have in common, looked at before the first step and before each.

use std::hash::{DefaultHasher, Hash, Hasher};

use gradus_autograd::Params;
use gradus_optim::Optimizer;
use gradus_tensor::Tensor;
use gradus_tensor::io::npy;

use crate::communicator::Communicator;
use crate::error::Error;
use crate::options::ParallelOptions;

/// Between the lines of what a rank says of itself.
const LINE: char = '\n';
/// Between a subject and its value.
const IS: char = '\t';

/// Refuses ranks with another version, other options or another model.
pub(crate) fn check(
    comm: &dyn Communicator,
    model: &(impl Params + ?Sized),
    options: &ParallelOptions,
) -> Result<(), Error> {
    let mut lines = vec![
        format!("the version of gradus{IS}{}", env!("CARGO_PKG_VERSION")),
        format!("the options{IS}{options:?}"),
    ];
    for (i, (name, param)) in model.params().into_iter().enumerate() {
        let kind = match (param.is_trainable(), param.is_buffer()) {
            (true, _) => "trainable",
            (_, true) => "a buffer",
            _ => "frozen",
        };
        let (dtype, shape) = (param.value().dtype(), param.shape());
        lines.push(format!("parameter {i} of the model{IS}`{name}` {dtype}{shape}, {kind}"));
    }
    same(comm, &lines.join(&LINE.to_string()))
}

/// What one rank says of a subject.
fn line(subject: &str, value: &str) -> String {
    let plain = |text: &str| text.replace([LINE, IS], " ");
    format!("{}{IS}{}", plain(subject), plain(value))
}

/// Refuses ranks whose next step would be another one.
pub(crate) fn step(comm: &dyn Communicator, terms: &[(String, String)]) -> Result<(), Error> {
    let lines: Vec<String> = terms.iter().map(|(subject, value)| line(subject, value)).collect();
    same(comm, &lines.join(&LINE.to_string()))
}

/// Refuses ranks with other bits in their parameters, buffers or the optimizer's memory.
pub(crate) fn values(
    comm: &dyn Communicator,
    model: &(impl Params + ?Sized),
    optimizer: &Optimizer,
) -> Result<(), Error> {
    if comm.size() == 1 {
        return Ok(());
    }
    let bits = |value: &Tensor| format!("bits with the hash {:016x}", hash(&npy::to_bytes(value)));
    let params = model.params().into_iter();
    let params = params.map(|(name, param)| line(&format!("the values of `{name}`"), &bits(param.value())));
    let memory = optimizer.state().into_iter();
    let memory = memory.map(|(name, value)| line(&format!("the optimizer's memory `{name}`"), &bits(&value)));
    same(comm, &params.chain(memory).collect::<Vec<_>>().join(&LINE.to_string()))
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Refuses ranks with other values of the same subjects. Where all are alike, eight bytes a rank are sent.
fn same(comm: &dyn Communicator, own: &str) -> Result<(), Error> {
    let hashes = comm.all_gather(&hash(own.as_bytes()).to_ne_bytes())?;
    if hashes.iter().all(|other| *other == hashes[0]) {
        return Ok(());
    }
    let all = comm.all_gather(own.as_bytes())?;
    let words: Vec<_> = all.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect();
    for (rank, found) in words.iter().enumerate().skip(1) {
        let (mut expected, mut found) = (words[0].split(LINE), found.split(LINE));
        loop {
            let (left, right) = (expected.next(), found.next());
            if left.is_none() && right.is_none() {
                break;
            }
            if left != right {
                let part = |line: Option<&str>, i: usize| {
                    line.and_then(|line| line.split(IS).nth(i)).map(str::to_string)
                };
                let value = |line| part(line, 1).unwrap_or_else(|| "nothing".to_string());
                let what = part(left, 0).or_else(|| part(right, 0)).unwrap_or_default();
                return Err(Error::Differs { what, expected: value(left), rank, found: value(right) });
            }
        }
    }
    Ok(())
}

/// Gives the parameters and buffers of all ranks the values of rank 0.
pub(crate) fn share(comm: &dyn Communicator, model: &mut (impl Params + ?Sized)) -> Result<(), Error> {
    for (_, param) in model.params_mut() {
        let own = comm.rank() == 0;
        let mut bytes = if own { npy::to_bytes(param.value()) } else { Vec::new() };
        comm.broadcast(&mut bytes, 0)?;
        if !own {
            let value = npy::from_bytes(&bytes).map_err(|error| Error::Transport(error.to_string()))?;
            param.set(value);
        }
    }
    Ok(())
}
