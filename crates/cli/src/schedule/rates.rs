//! Schedules as they are given, and what may be a mistake in their rates.

use gradus::optim::schedule::{Plan, parse_plan};

use crate::failure::Failure;
use crate::optimizers::check_rates;

/// A schedule and how it was written.
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) plan: Plan,
}

impl Candidate {
    /// Reads one whose rates are rates for so many steps.
    pub(crate) fn read(text: &str, steps: u64) -> Result<Self, Failure> {
        let plan = parse_plan(text).map_err(|error| {
            Failure::Value(format!(
                "{error}; `gradus schedule` without a schedule lists how they are written"
            ))
        })?;
        if let Plan::Fixed(rate) = &plan {
            check_rates(text, rate, steps)?;
        }
        Ok(Self { name: text.trim().to_string(), plan })
    }
}

/// What is probably not meant, in the rates of one schedule by step.
pub fn warnings(name: &str, rates: &[f64]) -> Vec<String> {
    let (steps, last) = (rates.len(), rates[rates.len() - 1]);
    let mut all = Vec::new();
    if rates.iter().all(|rate| *rate == 0.0) {
        return vec![format!("{name}: the rate is 0 at every step; nothing is learned")];
    }
    if rates[0] == 0.0 {
        all.push(format!(
            "{name}: the rate is 0 at step 0, which moves nothing; a linear .warmup(5) begins at a fifth of the rate"
        ));
    }
    let idle = rates.iter().rev().take_while(|rate| **rate == 0.0).count();
    if idle > 1 {
        let from = steps - idle;
        all.push(format!("{name}: the rate is 0 from step {from} on; {idle} of {steps} steps move nothing"));
    }
    let rising = rates.windows(2).all(|pair| pair[0] <= pair[1]);
    if rising && last > rates[steps - 2] && rates[0] < last {
        all.push(format!(
            "{name}: the rate still rises at the last of {steps} steps; a warm-up is as long as the run or longer: give more \
             --steps, or a shorter one"
        ));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(text: &str, steps: u64) -> String {
        let Ok(Candidate { plan: Plan::Fixed(rate), .. }) = Candidate::read(text, steps) else {
            panic!("{text} is a schedule of the step")
        };
        let rates: Vec<f64> = (0..steps).map(|step| rate.at(step)).collect();
        warnings(text, &rates).join("\n")
    }

    #[test]
    fn what_may_be_a_mistake_is_said() {
        for (text, part) in [
            ("0.1.warmup(5, ramp=linear, start=0)", "is 0 at step 0"),
            ("0.1.warmup(50)", "still rises at the last of 20 steps"),
            ("inverse_sqrt(0.1, 100)", "still rises"),
            ("cosine(0.1, 10)", "is 0 from step 10 on; 10 of 20"),
            ("0", "0 at every step"),
        ] {
            let all = warned(text, 20);
            assert!(all.contains(part), "{text}: {all}");
        }
        for text in
            ["0.1", "cosine(0.3, 20)", "cosine(0.3, 15).warmup(5)", "cyclic(0.01, 0.1, 5)", "0.1.warmup(19)"]
        {
            assert_eq!(warned(text, 20), "", "{text}");
        }
    }

    #[test]
    fn rates_that_are_none_are_refused() {
        for (text, part) in [("linear(0.1, -0.1, 10)", "step 6 is -0.02"), ("lambda(1/t)", "step 0 is inf")] {
            let Err(failure) = Candidate::read(text, 10) else { panic!("{text} is taken") };
            assert!(failure.to_string().contains(part), "{failure}");
        }
        assert!(Candidate::read("linear(0.1, -0.1, 10)", 5).is_ok());
    }
}
