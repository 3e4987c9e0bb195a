//! Sums over all parts of a batch while their tapes are recorded: rounds in which each rank says what it asks for.

use gradus_tensor::{DType, Shape, Tensor};

use crate::communicator::Communicator;
use crate::error::Error;
use crate::plan::{Number, Plan, numbers};
use crate::tree::Sum;

/// What a rank asks for in a round.
pub(crate) enum Asked<'a> {
    /// It has no examples and takes part as long as others ask.
    Idle,
    /// The sum of these values of its parts, which have one shape.
    Sum { parts: &'a [usize], values: &'a [&'a Tensor] },
    /// Its parts are evaluated.
    Nothing,
}

/// One byte that says what is asked, one for the type, eight for the number of elements.
const HEAD: usize = 10;
const IDLE: u8 = 0;
const SUM: u8 = 1;
const NOTHING: u8 = 2;

/// Takes part in a round; the sum, where one is asked for.
pub(crate) fn round(
    comm: &dyn Communicator,
    plan: &Plan,
    asked: &Asked<'_>,
) -> Result<Option<Tensor>, Error> {
    let all = comm.all_gather(&message(plan, asked))?;
    let head = |bytes: &[u8]| bytes.get(..HEAD).unwrap_or_default().to_vec();
    let kind = |bytes: &[u8]| bytes.first().copied().unwrap_or(IDLE);
    let Some(first) = all.iter().find(|bytes| kind(bytes) != IDLE) else { return Ok(None) };
    if let Some(rank) = all.iter().position(|bytes| kind(bytes) != IDLE && head(bytes) != head(first)) {
        return Err(Error::OutOfStep { expected: words(first), rank, found: words(&all[rank]) });
    }
    if kind(first) == NOTHING {
        return Ok(None);
    }
    let shape = match asked {
        Asked::Sum { values, .. } => *values[0].shape(),
        _ => Shape::from([elements(first)]),
    };
    let bodies = all.iter().map(|bytes| bytes.get(HEAD..).unwrap_or_default());
    Ok(Some(if first[1] == 0 {
        Tensor::from_vec(plan.sum::<f32>(bodies, elements(first)), shape)
    } else {
        Tensor::from_vec(plan.sum::<f64>(bodies, elements(first)), shape)
    }))
}

fn elements(bytes: &[u8]) -> usize {
    bytes.get(2..HEAD).map_or(0, |bytes| numbers::<u64>(bytes)[0] as usize)
}

fn words(bytes: &[u8]) -> String {
    match bytes.first() {
        Some(&SUM) => format!("a sum over the batch of {} numbers", elements(bytes)),
        _ => "the end of the batch".to_string(),
    }
}

fn message(plan: &Plan, asked: &Asked<'_>) -> Vec<u8> {
    let (kind, parts, values): (u8, &[usize], &[&Tensor]) = match asked {
        Asked::Idle => (IDLE, &[], &[]),
        Asked::Nothing => (NOTHING, &[], &[]),
        Asked::Sum { parts, values } => (SUM, parts, values),
    };
    let (single, elements) = values.first().map_or((true, 0), |x| (x.dtype() == DType::F32, x.elements()));
    let mut bytes = vec![kind, u8::from(!single)];
    bytes.extend((elements as u64).to_ne_bytes());
    if kind == SUM {
        let body = if single { own::<f32>(plan, parts, values) } else { own::<f64>(plan, parts, values) };
        bytes.extend(body);
    }
    bytes
}

/// The sums of a rank's parts; those without examples count as zeros.
fn own<T: Number>(plan: &Plan, parts: &[usize], values: &[&Tensor]) -> Vec<u8> {
    let zeros = vec![T::zeroed(); values[0].elements()];
    let of = |part: usize| parts.iter().position(|&own| own == part).map(|at| values[at].as_slice::<T>());
    let mut all = Vec::new();
    for run in plan.runs_of(plan.shard.rank) {
        let of_run: Vec<&[T]> = run.clone().map(|part| of(part).unwrap_or(&zeros)).collect();
        let mut sum = of_run[0].to_vec();
        let parts: Vec<_> = run.clone().map(|part| part..part + 1).collect();
        Sum::of(&parts, plan.shard.parts).add(&mut sum, &of_run[1..]);
        all.extend_from_slice(bytemuck::cast_slice(&sum));
    }
    all
}
