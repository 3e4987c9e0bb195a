//! What all ranks must have in common, looked at before the first step.

use gradus_autograd::Params;
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

/// Refuses ranks with other values of the same subjects.
pub(crate) fn same(comm: &dyn Communicator, own: &str) -> Result<(), Error> {
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
