//! Schedules by name, with their parameters in the order in which they are written: what [`parse`](super::parse()) reads.
//! A new schedule is a row here.

use super::arguments::Arguments;
use super::formula::Formula;
use super::{
    ConstantFactor, Cosine, CosineAnnealing, Cyclic, Exponential, InverseSqrt, InverseTime, Lambda, Linear,
    MultiStep, Multiplicative, Noam, OneCycle, Polynomial, Recurrence, Schedule, StepDecay, SwaAnneal,
    WarmRestarts, WarmupStableDecay,
};

/// A schedule that can be written.
#[derive(Debug)]
pub struct Form {
    /// Its name.
    pub name: &'static str,
    /// What it does, with PyTorch's name where there is one.
    pub about: &'static str,
    /// The parameters in their order, each with the value that it has when it is left out, if it may be.
    pub parameters: &'static [(&'static str, Option<&'static str>)],
    /// An example of it.
    pub example: &'static str,
    pub(super) make: fn(&Arguments<'_>) -> Result<Box<dyn Schedule>, String>,
}

impl Form {
    /// `cosine(peak, steps, end = 0)`.
    pub fn usage(&self) -> String {
        let parameter = |(name, usual): &(&str, Option<&str>)| match usual {
            Some(usual) => format!("{name} = {usual}"),
            None => (*name).to_string(),
        };
        let all: Vec<String> = self.parameters.iter().map(parameter).collect();
        format!("{}({})", self.name, all.join(", "))
    }
}

macro_rules! form {
    (@usual) => { None };
    (@usual $usual:literal) => { Some($usual) };
    ($name:literal $about:literal $example:literal $kind:ident { $($p:ident $(= $usual:literal)?),* }) => {
        form!($name $about $example ($($p $(= $usual)?),*) |a| Ok(Box::new($kind { $($p: a.take(stringify!($p))?),* })))
    };
    ($name:literal $about:literal $example:literal ($($p:ident $(= $usual:literal)?),*) $make:expr) => {
        Form {
            name: $name,
            about: $about,
            example: $example,
            parameters: &[$((stringify!($p), form!(@usual $($usual)?))),*],
            make: $make,
        }
    };
}

/// All of them, in teaching order.
pub const FORMS: &[Form] = &[
    form!("constant" "one number; a number alone is one too" "constant(0.1)" (value)
        |a| Ok(Box::new(a.take::<f64>("value")?))),
    form!("lambda" "any formula of the step t; LambdaLR" "lambda(0.1 * 0.95^t)" (formula) |a| {
        let formula: Formula = a.take("formula")?;
        Ok(Box::new(Lambda(move |t: u64| formula.at(t, 0.0))))
    }),
    form!("step" "times the factor every so many steps; StepLR" "step(0.1, 30)"
        StepDecay { initial, every, factor = "0.1" }),
    form!("multi_step" "times the factor at each milestone; MultiStepLR, the notes' multi-factor"
        "multi_step(0.5, [15, 30], 0.5)" MultiStep { initial, milestones, factor = "0.1" }),
    form!("constant_factor" "a factor for the first steps, then 1; ConstantLR" "constant_factor(0.1, 0.5, 5)"
        ConstantFactor { peak, factor, steps }),
    form!("factor" "times the factor at each step, down to the end; the notes' factor" "factor(0.1, 0.9, 0.01)"
    (initial, factor, end = "1e-7") |a| {
        let (initial, factor, end): (f64, f64, f64) = (a.take("initial")?, a.take("factor")?, a.take("end")?);
        Ok(Box::new(Exponential { initial, factor }.max(end)))
    }),
    form!("linear" "a line from start to end; LinearLR" "linear(0.1, 0, 50)" Linear { start, end, steps }),
    form!("polynomial" "a power of what is left; PolynomialLR" "polynomial(0.1, 50, power=2)"
        Polynomial { initial, steps, end = "0", power = "1" }),
    form!("exponential" "times the factor at each step; ExponentialLR" "exponential(0.1, 0.95)"
        Exponential { initial, factor }),
    form!("inverse_time" "the initial value over (1 + rate t)^power" "inverse_time(0.5, 0.1)"
        InverseTime { initial, rate = "1", power = "1" }),
    form!("sqrt" "the initial value over the root of t + 1; the notes' square root" "sqrt(0.1)" (initial)
        |a| Ok(Box::new(InverseTime { initial: a.take("initial")?, rate: 1.0, power: 0.5 }))),
    form!("cosine" "half a cosine down to the end, which is held" "cosine(0.3, 20)" Cosine { peak, steps, end = "0" }),
    form!("cosine_annealing" "a cosine down and up again; CosineAnnealingLR" "cosine_annealing(0.3, 20)"
        CosineAnnealing { peak, half_period, end = "0" }),
    form!("warm_restarts" "half cosines, one after the other; CosineAnnealingWarmRestarts"
        "warm_restarts(0.3, 10, 2)" WarmRestarts { peak, first, growth = "1", end = "0" }),
    form!("cyclic" "up and down again; the scale is full, halving or exponential(0.99); CyclicLR"
    "cyclic(0.01, 0.1, 10)" (base, peak, up = "2000", down = "none", scale = "full") |a| {
        let up = a.take("up")?;
        let down = a.take::<Option<u64>>("down")?.unwrap_or(up);
        Ok(Box::new(Cyclic { base: a.take("base")?, peak: a.take("peak")?, up, down, scale: a.take("scale")? }))
    }),
    form!("one_cycle" "up and far down, once; OneCycleLR" "one_cycle(0.1, 100)"
    (peak, steps, start = "none", end = "none", rise = "0.3", curve = "cosine", three_phase = "false") |a| {
        let usual = OneCycle::new(a.take("peak")?, a.take("steps")?);
        let start = a.take::<Option<f64>>("start")?.unwrap_or(usual.start);
        let end = a.take::<Option<f64>>("end")?.unwrap_or(start / 1e4);
        let (rise, curve, three_phase) = (a.take("rise")?, a.take("curve")?, a.take("three_phase")?);
        Ok(Box::new(OneCycle { start, end, rise, curve, three_phase, ..usual }))
    }),
    form!("inverse_sqrt" "a rise, then the inverse root of the step" "inverse_sqrt(0.1, 10)"
        InverseSqrt { peak, warmup }),
    form!("noam" "the transformer's own" "noam(1, 512, 4000)" Noam { factor = "1", width = "512", warmup = "4000" }),
    form!("wsd" "a rise, a stable part, a decay" "wsd(0.1, 5, 20, 10)"
        WarmupStableDecay { peak, warmup, stable, decay, end = "0", curve = "linear" }),
    form!("swa" "from the initial value to that of weight averaging; SWALR" "swa(0.1, 0.05)"
        SwaAnneal { initial, swa, steps = "10", curve = "cosine" }),
    form!("multiplicative" "times a formula of the step t; MultiplicativeLR" "multiplicative(0.1, 0.95)"
    (initial, factor) |a| {
        let factor: Formula = a.take("factor")?;
        Ok(Box::new(Multiplicative::new(a.take("initial")?, move |t| factor.at(t, 0.0))))
    }),
    form!("recurrence" "a formula of the step t and of s, the value before" "recurrence(0.1, s * 0.9 + 0.001)"
    (initial, formula) |a| {
        let formula: Formula = a.take("formula")?;
        Ok(Box::new(Recurrence::new(a.take("initial")?, move |t, s| formula.at(t, s))))
    }),
];

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn every_example_is_read() {
        for form in FORMS {
            let schedule = parse(form.example).unwrap_or_else(|error| panic!("{}: {error}", form.example));
            assert!(form.example.starts_with(&format!("{}(", form.name)), "{}", form.example);
            let rates: Vec<f64> = (0..50).map(|t| schedule.at(t)).collect();
            assert!(rates.iter().all(|rate| rate.is_finite() && *rate >= 0.0), "{}: {rates:?}", form.name);
        }
    }

    /// Every schedule of the folder that is one by itself stands in a row.
    #[test]
    fn every_schedule_has_a_row() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schedule");
        let table = include_str!("forms.rs");
        let mut count = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for part in text.split("\nimpl Schedule for ").skip(1) {
                let name: String = part.chars().take_while(|c| c.is_alphanumeric()).collect();
                assert!(name == "f64" || table.contains(&name), "{name} has no row in forms.rs");
                count += 1;
            }
        }
        assert!(count > 18, "{count}");
    }
}
