//! The group `schedules`: every case is built from the schedules of `gradus-optim` and compared at each of
//! its steps.

use approx::relative_eq;
use std::sync::Arc;

use gradus_optim::schedule::{
    ConstantFactor, CosineAnnealing, Curve, CycleScale, Cyclic, Exponential, Goal, Lambda, Linear, MultiStep,
    Multiplicative, OneCycle, Polynomial, Ramp, ReduceOnPlateau, Schedule, StepDecay, SwaAnneal, Threshold,
    WarmRestarts,
};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use super::python_expr;

mod chains;
mod formulas;

/// A schedule of any type.
pub(crate) type Any = Box<dyn Schedule>;

/// The schedules of a case, one for each group of parameters.
#[derive(Debug)]
pub(crate) struct Built {
    /// The learning rates.
    pub(crate) lr: Vec<Any>,
    /// The momenta (beta1 for Adam), where they cycle.
    pub(crate) momentum: Option<Vec<Any>>,
}

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let id = text(case, "id")?;
    if text(case, "scheduler")? == "ReduceLROnPlateau" {
        return plateau(case, tensors);
    }
    let built = build(case, &numbers(case, "lrs").unwrap_or_default())?;
    let want = values(tensors, &format!("{id}/lr"))?;
    compare_schedules(case, "lr", &built.lr, &want)?;
    match (values(tensors, &format!("{id}/momentum")), &built.momentum) {
        (Ok(want), Some(got)) => compare_schedules(case, "momentum", got, &want),
        (Ok(_), None) => Err("unsupported: momentum that cycles inside another schedule".into()),
        (Err(_), _) => Ok(()),
    }
}

/// Builds the schedules of a case, or of the field `scheduler` of a training case, for groups with the
/// initial rates `lrs`.
///
/// # Errors
/// A text beginning with `unsupported:`, or what is missing.
pub(crate) fn build(case: &Value, lrs: &[f64]) -> Result<Built, String> {
    let (name, empty) = (text(case, "scheduler")?, Value::Null);
    let kwargs = case.get("kwargs").unwrap_or(&empty);
    if let Some(formula) = formulas::formula(name, kwargs)? {
        return Ok(Built { lr: vec![formula], momentum: None });
    }
    let groups: Result<Vec<Any>, String> = (0..lrs.len())
        .map(|group| torch(case, Group { index: group, initial: &mut None, lr: lrs[group] }))
        .collect();
    let momentum = match name {
        "CyclicLR" | "OneCycleLR" if kwargs.get("cycle_momentum") != Some(&Value::Bool(false)) => Some(
            (0..lrs.len()).map(|group| momentum(name, &Args { kwargs, group })).collect::<Result<_, _>>()?,
        ),
        _ => None,
    };
    Ok(Built { lr: groups?, momentum })
}

/// What PyTorch's constructors see of one group of parameters: its rate, and the initial rate which the first
/// of them stores and some of them overwrite.
struct Group<'a> {
    index: usize,
    initial: &'a mut Option<f64>,
    lr: f64,
}

impl Group<'_> {
    fn again(&mut self) -> Group<'_> {
        Group { index: self.index, initial: self.initial, lr: self.lr }
    }
}

/// Arguments of a scheduler; a list stands for one value per group.
struct Args<'a> {
    kwargs: &'a Value,
    group: usize,
}

impl Args<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        match self.kwargs.get(name)? {
            Value::Null => None,
            Value::Array(list) => list.get(self.group),
            value => Some(value),
        }
    }

    fn number(&self, name: &str, default: f64) -> Result<f64, String> {
        self.value(name).map_or(Ok(default), |v| number(v).ok_or_else(|| format!("{name} is {v}")))
    }

    fn needed(&self, name: &str) -> Result<f64, String> {
        self.value(name).ok_or_else(|| format!("{name} is missing")).and_then(|_| self.number(name, 0.0))
    }

    fn count(&self, name: &str, default: u64) -> Result<u64, String> {
        match self.number(name, default as f64)? {
            n if n >= 0.0 && n.fract() == 0.0 => Ok(n as u64),
            n => Err(format!("unsupported: {name} is {n}, no whole number of steps")),
        }
    }

    fn flag(&self, name: &str) -> bool {
        self.value(name).is_some_and(|v| v == &Value::Bool(true))
    }

    fn function(&self, name: &str) -> Result<Option<python_expr::Function>, String> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let source = value.as_str().ok_or_else(|| format!("{name} is {value}"))?;
        let parsed = named_function(source).map_or_else(|| python_expr::parse(source), Ok);
        parsed.map(Some).map_err(|e| format!("unsupported: {name}: {e}"))
    }

    fn curve(&self) -> Result<Curve, String> {
        match self.value("anneal_strategy").and_then(Value::as_str) {
            None | Some("cos") => Ok(Curve::Cosine),
            Some("linear") => Ok(Curve::Linear),
            Some(other) => Err(format!("unsupported: anneal_strategy {other}")),
        }
    }
}

/// `warmup10_cosine60`: a name for a rise of 10 steps and a fall that ends at step 60.
fn named_function(name: &str) -> Option<python_expr::Function> {
    let (warmup, rest) = name.strip_prefix("warmup")?.split_once('_')?;
    let digits = rest.find(|c: char| c.is_ascii_digit())?;
    let (warmup, total): (u64, u64) = (warmup.parse().ok()?, rest[digits..].parse().ok()?);
    let steps = total.checked_sub(warmup)?;
    let fall: Any = match &rest[..digits] {
        "cosine" => Box::new(CosineAnnealing { peak: 1.0, end: 0.0, half_period: steps }),
        "linear" => Box::new(Linear { start: 1.0, end: 0.0, steps }),
        _ => return None,
    };
    let whole = fall.warmup_by(warmup, Ramp::LinearFrom { start: 0.0 });
    Some(Arc::new(move |t| whole.at(t as u64)))
}

/// The rate of one group under one of PyTorch's schedulers.
fn torch(case: &Value, mut group: Group<'_>) -> Result<Any, String> {
    let (name, null) = (text(case, "scheduler")?, Value::Null);
    let args = Args { kwargs: case.get("kwargs").unwrap_or(&null), group: group.index };
    match name {
        "SequentialLR" => return chains::sequential(case, group),
        "ChainedScheduler" => return chains::chained(case, group),
        "CyclicLR" => {
            group.lr = args.needed("base_lr")?;
            group.initial.get_or_insert(group.lr);
            return Ok(Box::new(cyclic(&args, group.lr, args.needed("max_lr")?)?));
        }
        "OneCycleLR" => {
            let rate = one_cycle(&args)?;
            *group.initial = Some(rate.start);
            return Ok(Box::new(rate));
        }
        _ => {}
    }
    let base = *group.initial.get_or_insert(group.lr);
    simple(name, &args, base)
}

/// The schedulers that start from the group's initial rate.
fn simple(name: &str, args: &Args<'_>, base: f64) -> Result<Any, String> {
    Ok(match name {
        "LambdaLR" => {
            let f = args.function("lr_lambda")?.ok_or("lr_lambda is missing")?;
            Box::new(base.times(Lambda(move |t| f(t as f64))))
        }
        "MultiplicativeLR" => {
            let f = args.function("lr_lambda")?.ok_or("lr_lambda is missing")?;
            Box::new(Multiplicative::new(base, move |t| f(t as f64)))
        }
        "StepLR" => Box::new(StepDecay {
            initial: base,
            factor: args.number("gamma", 0.1)?,
            every: args.count("step_size", 0)?,
        }),
        "MultiStepLR" => Box::new(MultiStep {
            initial: base,
            factor: args.number("gamma", 0.1)?,
            milestones: counts(args.kwargs, "milestones")?,
        }),
        "ConstantLR" => {
            let (factor, steps) = (args.number("factor", 1.0 / 3.0)?, args.count("total_iters", 5)?);
            // With no steps PyTorch never ends the reduction.
            Box::new(ConstantFactor { peak: base, factor, steps: if steps == 0 { u64::MAX } else { steps } })
        }
        "LinearLR" => Box::new(Linear {
            start: base * args.number("start_factor", 1.0 / 3.0)?,
            end: base * args.number("end_factor", 1.0)?,
            steps: args.count("total_iters", 5)?,
        }),
        "ExponentialLR" => Box::new(Exponential { initial: base, factor: args.needed("gamma")? }),
        "PolynomialLR" => Box::new(Polynomial {
            initial: base,
            end: 0.0,
            steps: args.count("total_iters", 5)?,
            power: args.number("power", 1.0)?,
        }),
        other => return annealing(other, args, base),
    })
}

/// Those along a cosine, and the phase of weight averaging.
fn annealing(name: &str, args: &Args<'_>, base: f64) -> Result<Any, String> {
    Ok(match name {
        "CosineAnnealingLR" => Box::new(CosineAnnealing {
            peak: base,
            end: args.number("eta_min", 0.0)?,
            half_period: args.count("T_max", 0)?,
        }),
        "CosineAnnealingWarmRestarts" => Box::new(WarmRestarts {
            peak: base,
            end: args.number("eta_min", 0.0)?,
            first: args.count("T_0", 0)?,
            growth: args.count("T_mult", 1)?,
        }),
        "SWALR" => Box::new(SwaAnneal {
            initial: base,
            swa: args.needed("swa_lr")?,
            steps: args.count("anneal_epochs", 10)?,
            curve: args.curve()?,
        }),
        other => return Err(format!("unsupported: scheduler {other}")),
    })
}

fn cyclic(args: &Args<'_>, base: f64, peak: f64) -> Result<Cyclic, String> {
    let up = args.count("step_size_up", 2000)?;
    let per_step = args.value("scale_mode").and_then(Value::as_str) == Some("iterations");
    let scale = match (args.function("scale_fn")?, args.value("mode").and_then(Value::as_str)) {
        (Some(f), _) if per_step => CycleScale::PerStep(Arc::new(move |t| f(t as f64))),
        (Some(f), _) => CycleScale::PerCycle(Arc::new(move |cycle| f(cycle as f64))),
        (None, None | Some("triangular")) => CycleScale::Full,
        (None, Some("triangular2")) => CycleScale::Halving,
        (None, Some("exp_range")) => CycleScale::Exponential { factor: args.number("gamma", 1.0)? },
        (None, Some(other)) => return Err(format!("unsupported: mode {other}")),
    };
    Ok(Cyclic { base, peak, up, down: args.count("step_size_down", up)?, scale })
}

fn one_cycle(args: &Args<'_>) -> Result<OneCycle, String> {
    let steps = match args.value("total_steps") {
        Some(_) => args.count("total_steps", 0)?,
        None => args.count("epochs", 0)? * args.count("steps_per_epoch", 0)?,
    };
    let peak = args.needed("max_lr")?;
    let start = peak / args.number("div_factor", 25.0)?;
    let end = start / args.number("final_div_factor", 1e4)?;
    let (rise, three_phase) = (args.number("pct_start", 0.3)?, args.flag("three_phase"));
    Ok(OneCycle { start, peak, end, steps, rise, curve: args.curve()?, three_phase })
}

fn momentum(name: &str, args: &Args<'_>) -> Result<Any, String> {
    if name == "CyclicLR" {
        let (low, high) = (args.number("base_momentum", 0.8)?, args.number("max_momentum", 0.9)?);
        return Ok(Box::new(cyclic(args, high, low)?));
    }
    let (low, high) = (args.number("base_momentum", 0.85)?, args.number("max_momentum", 0.95)?);
    Ok(Box::new(OneCycle { start: high, peak: low, end: high, ..one_cycle(args)? }))
}

/// `ReduceLROnPlateau`: one per group, all fed with the same metric.
fn plateau(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let id = text(case, "id")?;
    let metric = values(tensors, text(case, "metric")?)?;
    let want = values(tensors, &format!("{id}/lr"))?;
    let bad = values(tensors, &format!("{id}/num_bad_epochs"));
    let lrs = numbers(case, "lrs")?;
    for (group, &lr) in lrs.iter().enumerate() {
        let mut rate = plateau_of(&Args { kwargs: &case["kwargs"], group }, lr)?;
        compare(case, "lr", 0, rate.value, want[group])?;
        for (t, &metric) in metric.iter().enumerate() {
            // Saved and restored at every step: what is compared is the resumed one.
            let mut resumed = plateau_of(&Args { kwargs: &case["kwargs"], group }, lr)?;
            resumed.set_state(rate.state());
            rate = resumed;
            let got = rate.observe(metric);
            compare(case, "lr", t + 1, got, want[(t + 1) * lrs.len() + group])?;
            if let Ok(bad) = &bad {
                compare(case, "num_bad_epochs", t, rate.bad as f64, bad[t])?;
            }
        }
    }
    Ok(())
}

fn plateau_of(args: &Args<'_>, lr: f64) -> Result<ReduceOnPlateau, String> {
    let by = args.number("threshold", 1e-4)?;
    let mut rate = ReduceOnPlateau::new(lr);
    rate.goal = match args.value("mode").and_then(Value::as_str) {
        Some("max") => Goal::Maximize,
        _ => Goal::Minimize,
    };
    rate.threshold = match args.value("threshold_mode").and_then(Value::as_str) {
        Some("abs") => Threshold::Absolute(by),
        _ => Threshold::Relative(by),
    };
    rate.factor = args.number("factor", rate.factor)?;
    rate.patience = args.count("patience", rate.patience)?;
    rate.cooldown = args.count("cooldown", rate.cooldown)?;
    rate.minimum = args.number("min_lr", rate.minimum)?;
    rate.eps = args.number("eps", rate.eps)?;
    Ok(rate)
}

fn compare_schedules(case: &Value, what: &str, got: &[Any], want: &[f64]) -> Result<(), String> {
    if got.is_empty() || !want.len().is_multiple_of(got.len()) {
        return Err(format!("{what}: {} groups, {} values", got.len(), want.len()));
    }
    for (step, row) in want.chunks(got.len()).enumerate().take(rows(case)) {
        for (schedule, &want) in got.iter().zip(row) {
            compare(case, what, step, schedule.at(step as u64), want)?;
        }
    }
    Ok(())
}

/// How many rows to compare: all, but for a `OneCycleLR` those of its cycle. The row after it is an
/// extrapolation of PyTorch's beyond the end value, which is held here.
fn rows(case: &Value) -> usize {
    let args = Args { kwargs: case.get("kwargs").unwrap_or(&Value::Null), group: 0 };
    match (text(case, "scheduler"), one_cycle(&args)) {
        (Ok("OneCycleLR"), Ok(rate)) => rate.steps as usize,
        _ => usize::MAX,
    }
}

fn compare(case: &Value, what: &str, row: usize, got: f64, want: f64) -> Result<(), String> {
    let tolerance = |name| case.get(name).or_else(|| case.get("tol")).and_then(number).unwrap_or(0.0);
    let (rtol, atol) = (tolerance("rtol"), tolerance("atol"));
    if relative_eq!(got, want, epsilon = atol, max_relative = rtol) {
        return Ok(());
    }
    Err(format!("{what} at row {row}: {got:e}, not {want:e} (rtol {rtol:e}, atol {atol:e})"))
}

fn text<'a>(case: &'a Value, key: &str) -> Result<&'a str, String> {
    case.get(key).and_then(Value::as_str).ok_or_else(|| format!("no text `{key}`"))
}

/// A JSON number, or one of the texts that stand for numbers JSON does not have.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn numbers(case: &Value, key: &str) -> Result<Vec<f64>, String> {
    let list = case.get(key).and_then(Value::as_array).ok_or_else(|| format!("no list `{key}`"))?;
    list.iter().map(|v| number(v).ok_or_else(|| format!("{key}: {v}"))).collect()
}

fn counts(case: &Value, key: &str) -> Result<Vec<u64>, String> {
    Ok(numbers(case, key)?.into_iter().map(|n| n as u64).collect())
}

/// A tensor's numbers, row by row.
fn values(tensors: &SafeTensors<'_>, key: &str) -> Result<Vec<f64>, String> {
    let tensor = tensors.tensor(key).map_err(|e| format!("{key}: {e}"))?;
    let words = tensor.data().chunks_exact(8).map(|bytes| <[u8; 8]>::try_from(bytes).unwrap_or_default());
    match tensor.dtype() {
        Dtype::F64 => Ok(words.map(f64::from_le_bytes).collect()),
        Dtype::I64 => Ok(words.map(|bytes| i64::from_le_bytes(bytes) as f64).collect()),
        other => Err(format!("{key}: {other:?}")),
    }
}
