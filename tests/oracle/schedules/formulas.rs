//! The cases `formula_*`, which are plain formulas of the step.

use gradus_optim::schedule::{
    CosineAnnealing, Curve, Exponential, InverseSqrt, InverseTime, Noam, Ramp, Schedule, WarmupStableDecay,
};
use serde_json::Value;

use super::{Any, Args};

/// The schedule of a plain formula; none if `name` is one of PyTorch's schedulers.
///
/// # Errors
/// What is missing.
pub(super) fn formula(name: &str, kwargs: &Value) -> Result<Option<Any>, String> {
    let args = Args { kwargs, group: 0 };
    let wsd = |curve| -> Result<Any, String> {
        Ok(Box::new(WarmupStableDecay {
            peak: args.needed("peak")?,
            end: args.number("min", 0.0)?,
            warmup: args.count("warmup", 0)?,
            stable: args.count("stable", 0)?,
            decay: args.count("decay", 0)?,
            curve,
        }))
    };
    let falling = |warmup: u64| -> Result<CosineAnnealing, String> {
        let half_period = args.count("total", 0)?.checked_sub(warmup).ok_or("warmup exceeds total")?;
        Ok(CosineAnnealing { peak: args.needed("peak")?, end: args.number("min", 0.0)?, half_period })
    };
    let schedule: Any = match name {
        "warmup_cosine" => {
            let warmup = args.count("warmup", 0)?;
            Box::new(falling(warmup)?.warmup_by(warmup, Ramp::LinearFrom { start: 0.0 }))
        }
        "warmup_cosine_plus1" => {
            let warmup = args.count("warmup", 0)?;
            Box::new(falling(warmup)?.warmup(warmup))
        }
        "inverse_sqrt" => Box::new(Noam {
            factor: args.number("factor", 1.0)?,
            width: args.count("d_model", 0)?,
            warmup: args.count("warmup", 0)?,
        }),
        "warmup_inverse_sqrt" => {
            Box::new(InverseSqrt { peak: args.needed("peak")?, warmup: args.count("warmup", 0)? })
        }
        "wsd_linear" => wsd(Curve::Linear)?,
        "wsd_cosine" => wsd(Curve::Cosine)?,
        "wsd_sqrt" => wsd(Curve::SquareRoot)?,
        "d2l_factor" => {
            let factor = args.needed("factor")?;
            let falling = Exponential { initial: args.needed("base")? * factor, factor };
            Box::new(falling.max(args.number("min", 0.0)?))
        }
        "inverse_time" => {
            Box::new(InverseTime { initial: args.needed("base")?, rate: args.needed("decay")?, power: 1.0 })
        }
        "sqrt_decay" => Box::new(InverseTime { initial: args.needed("base")?, rate: 1.0, power: 0.5 }),
        _ => return Ok(None),
    };
    Ok(Some(schedule))
}
