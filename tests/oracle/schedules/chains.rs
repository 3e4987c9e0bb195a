//! `SequentialLR` and `ChainedScheduler`, with what PyTorch's constructors and recursions do to each other.

use gradus_optim::schedule::{CosineAnnealing, Multiplicative, Recurrence, Schedule};
use serde_json::Value;

use super::{Any, Args, Group, counts, simple, text, torch};

fn children(case: &Value) -> Result<&[Value], String> {
    case.get("children").and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| "no children".into())
}

/// `SequentialLR`: every child is built, then each runs from its own step 0 at its milestone.
pub(super) fn sequential(case: &Value, mut group: Group<'_>) -> Result<Any, String> {
    let milestones = counts(case.get("kwargs").unwrap_or(&Value::Null), "milestones")?;
    let children = children(case)?;
    let mut built =
        children.iter().map(|child| torch(child, group.again())).collect::<Result<Vec<_>, _>>()?;
    // The first child runs from the initial rate that the constructors of all have left, if it goes on from
    // the current rate.
    let first = children.first().ok_or("no children")?;
    if !matches!(text(first, "scheduler")?, "LambdaLR" | "CosineAnnealingWarmRestarts") {
        built[0] = torch(first, group.again())?;
    }
    let mut parts = built.into_iter();
    let mut whole = parts.next().ok_or("no children")?;
    for ((next, child), &at) in parts.zip(&children[1..]).zip(&milestones) {
        if text(child, "scheduler")? == "MultiplicativeLR" && at > 0 {
            // It goes on from the rate reached so far, here already with its factor at 0.
            let args = Args { kwargs: child.get("kwargs").unwrap_or(&Value::Null), group: group.index };
            let f = args.function("lr_lambda")?.ok_or("lr_lambda is missing")?;
            let goes_on = Multiplicative::new(whole.at(at - 1) * f(0.0), move |t| f(t as f64));
            whole = Box::new(whole.then(at, goes_on));
        } else {
            whole = Box::new(whole.then(at, next));
        }
    }
    Ok(whole)
}

/// How one scheduler of a chain changes the rate that the ones before it have left.
enum Link {
    /// Overwrites it.
    Absolute(Any),
    /// Multiplies it by a quotient of its own values.
    Relative(Any),
    /// Goes on from it by the recursion of `CosineAnnealingLR`.
    Cosine { base: f64, end: f64, half_period: u64 },
}

impl Link {
    fn apply(&self, step: u64, rate: f64) -> f64 {
        match self {
            Link::Absolute(schedule) => schedule.at(step),
            Link::Relative(schedule) if step == 0 => rate * schedule.at(0),
            Link::Relative(schedule) => match schedule.at(step - 1) {
                0.0 => rate,
                before => rate * (schedule.at(step) / before),
            },
            Link::Cosine { .. } if step == 0 => rate,
            &Link::Cosine { base, end, half_period } => {
                let turn = step > half_period && (step - 1 - half_period).is_multiple_of(2 * half_period);
                let unit = |t| CosineAnnealing { peak: 1.0, end: 0.0, half_period }.at(t);
                if turn {
                    rate + (base - end) * unit(half_period - 1)
                } else {
                    unit(step) / unit(step - 1) * (rate - end) + end
                }
            }
        }
    }
}

/// `ChainedScheduler`: the product, as long as every child multiplies; otherwise the recurrence that PyTorch
/// runs.
pub(super) fn chained(case: &Value, mut group: Group<'_>) -> Result<Any, String> {
    const ROWS: u64 = 60;
    let links =
        children(case)?.iter().map(|child| link(child, group.again())).collect::<Result<Vec<_>, _>>()?;
    let initial = *group.initial.get_or_insert(group.lr);
    let multiplies = |link: &Link| match link {
        Link::Absolute(_) => false,
        Link::Relative(_) => true,
        Link::Cosine { end, half_period, .. } => *end == 0.0 && *half_period >= ROWS,
    };
    if links.iter().all(multiplies) {
        let product = links.into_iter().fold(Box::new(initial) as Any, |product, link| match link {
            Link::Absolute(factor) | Link::Relative(factor) => Box::new(product.times(factor)),
            Link::Cosine { half_period, .. } => {
                Box::new(product.times(CosineAnnealing { peak: 1.0, end: 0.0, half_period }))
            }
        });
        return Ok(product);
    }
    let pass = move |step, rate| links.iter().fold(rate, |rate, link| link.apply(step, rate));
    Ok(Box::new(Recurrence::new(pass(0, group.lr), pass)))
}

fn link(child: &Value, mut group: Group<'_>) -> Result<Link, String> {
    let name = text(child, "scheduler")?;
    let args = Args { kwargs: child.get("kwargs").unwrap_or(&Value::Null), group: group.index };
    match name {
        "StepLR" | "MultiStepLR" | "ConstantLR" | "LinearLR" | "ExponentialLR" | "PolynomialLR"
        | "MultiplicativeLR" => {
            group.initial.get_or_insert(group.lr);
            Ok(Link::Relative(simple(name, &args, 1.0)?))
        }
        "CosineAnnealingLR" => Ok(Link::Cosine {
            base: *group.initial.get_or_insert(group.lr),
            end: args.number("eta_min", 0.0)?,
            half_period: args.count("T_max", 0)?,
        }),
        "SWALR" | "SequentialLR" | "ChainedScheduler" => Err(format!("unsupported: {name} in a chain")),
        _ => Ok(Link::Absolute(torch(child, group.again())?)),
    }
}
