//! `gradus check`: finite differences against autograd over an operation, an expression, a test surface or a model.

mod curve;
mod four_ways;
mod function;
pub mod ops;
mod target;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use gradus::autograd::{Comparison, FiniteDifference, GradcheckOptions, KinkNote, Report, Scheme, Verdict};
use serde_json::{Value, json};

use crate::explain::Problem;
use crate::failure::{Failure, check_picture, write_picture};
use crate::refusal::check_no_option;
use crate::text::arguments::{above_zero, order, seed};
use crate::text::lines::wrapped;
use crate::text::numbers::{count, differ, element, number, size};
use crate::text::table::Table;
use curve::Curve;
pub use function::{Function, TapeFunction};
use target::Target;

/// Comparisons that the text shows: all, or this many of the worst.
const SHOWN: usize = 8;

/// Compares finite differences with backpropagation; without a target, lists what can be checked.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = "\
Examples:
  gradus check tanh
  gradus check digits --seed 3
  gradus check \"sin(x)*y\" x=1 y=2 --order 2
  gradus check \"sin(x)*y\" x=1 y=2 --four-ways
  gradus check exp --scheme central --step 1e-5 --curve error.svg
  gradus check softmax --per-output --json")]
pub(crate) struct Check {
    /// An operation, a surface, a model, or an expression with its values.
    #[arg(allow_hyphen_values = true)]
    target: Option<String>,
    /// Lists what can be checked, as without a target.
    #[arg(long, exclusive = true)]
    list: bool,
    /// A value for each name of the expression.
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// 2 checks the gradient of the recorded gradient as well.
    #[arg(long, default_value_t = 1, value_parser = order, allow_negative_numbers = true, requires = "target")]
    order: u8,
    /// Compares each element of the result by itself, in place of a weighted sum of all.
    #[arg(long, requires = "target")]
    per_output: bool,
    /// Shows value, gradient and Hessian-vector product by the sweep back, forward mode, differences and the complex step.
    #[arg(long, conflicts_with_all = ["per_output", "curve", "order"], requires = "target")]
    four_ways: bool,
    /// The formula of the difference [default: five-point, with smaller steps where it disagrees].
    #[arg(long, value_parser = PossibleValuesParser::new(Scheme::ALL.map(Scheme::name)), requires = "target")]
    scheme: Option<String>,
    /// The step of the difference [default: the usual one of the scheme].
    #[arg(long, value_parser = step, allow_negative_numbers = true, requires = "target")]
    step: Option<f64>,
    /// Fixes the inputs that are drawn, the weights of a model, and the sample of its parameters.
    #[arg(long, default_value_t = 0, value_parser = seed, allow_negative_numbers = true, requires = "target")]
    seed: u64,
    /// Draws the error of each scheme against the step, in F32 and F64.
    #[arg(long, value_name = "FILE", requires = "target")]
    curve: Option<PathBuf>,
    /// Prints one JSON document instead of the text.
    #[arg(long, requires = "target")]
    json: bool,
}

fn step(text: &str) -> Result<f64, String> {
    above_zero(text, "a step", (1e-100, 1e6), "1e-5")
}

impl Check {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let Some(name) = self.target.as_ref().filter(|_| !self.list) else { return list(out) };
        if let Some(path) = &self.curve {
            check_picture("--curve", path)?;
        }
        check_no_option("check", name)?;
        let mut target = Target::find(name, &self.values, self.seed)?;
        if self.four_ways {
            return four_ways::run(out, &mut target, &self.options(), self.json);
        }
        let report = target.check(&self.options());
        let curve = self.curve.as_ref().map(|_| Curve::of(&mut target, self.seed));
        if let (Some(path), Some(curve)) = (&self.curve, &curve) {
            write_picture(path, &curve.svg())?;
        }
        if self.json {
            writeln!(out, "{:#}", self.document(&target, &report, curve.as_ref()))?;
        } else {
            print(out, &target, &report, (self.seed, self.order))?;
            if let (Some(path), Some(curve)) = (&self.curve, &curve) {
                writeln!(out, "\n{curve}\ncurve drawn to {}", path.display())?;
            }
        }
        if report.passed() {
            return Ok(());
        }
        Err(failure(&report))
    }

    fn options(&self) -> GradcheckOptions {
        let scheme = Scheme::ALL.into_iter().find(|scheme| self.scheme.as_deref() == Some(scheme.name()));
        let scheme = scheme.or(self.step.map(|_| Scheme::Central));
        let difference = scheme.map(|scheme| {
            let usual = FiniteDifference::new(scheme);
            usual.with_step(self.step.unwrap_or(usual.step))
        });
        // One-sided differences err in proportion to the step, a second derivative more than a first one.
        let (rtol, atol) = match (difference.map(|difference| difference.scheme), self.order) {
            (Some(Scheme::Forward | Scheme::Backward), _) => (1e-4, 1e-6),
            (Some(_), 1) => (1e-6, 1e-9),
            (None, 1) => (1e-6, 0.0),
            _ => (3e-6, 3e-8),
        };
        GradcheckOptions {
            rtol,
            atol,
            difference,
            order: usize::from(self.order),
            per_output: self.per_output,
            seed: self.seed,
            ..GradcheckOptions::default()
        }
    }

    fn document(&self, target: &Target, report: &Report, curve: Option<&Curve>) -> Value {
        let mut document = json!({
            "target": self.target,
            "about": target.about(),
            "seed": self.seed,
            "order": self.order,
            "passed": report.passed(),
            "compared": report.compared,
            "failed": report.failed,
            "undecided": report.undecided,
            "unmeasured": report.unmeasured,
            "relative_bound": report.rtol,
            "worst": report.worst.as_ref().map(comparison),
            "comparisons": report.comparisons.iter().map(comparison).collect::<Vec<_>>(),
            "reason": report.reason.as_ref().map(ToString::to_string),
            "kinks": report.kinks.iter().map(kink).collect::<Vec<_>>(),
        });
        if let Some(curve) = curve {
            document["curves"] = curve.document();
        }
        document
    }
}

/// What `gradus check` says of an expression.
pub(crate) fn problem(out: &mut dyn Write, problem: Problem) -> Result<Report, Failure> {
    let mut target = Target::Function(Function::expression(problem));
    let report = target.check(&GradcheckOptions::default());
    print(out, &target, &report, (0, 1))?;
    Ok(report)
}

fn print(
    out: &mut dyn Write,
    target: &Target,
    report: &Report,
    (seed, order): (u64, u8),
) -> Result<(), Failure> {
    writeln!(out, "{}, seed {}\n", target.about(), seed)?;
    for line in report.to_string().lines() {
        writeln!(out, "{}", wrapped(line, 13))?;
    }
    writeln!(out)?;
    if report.compared == 0 {
        return Ok(());
    }
    let all = target.elements() * usize::from(order);
    if report.compared < all {
        writeln!(out, "A sample of {} of {}.\n", report.compared, count(all, "derivative"))?;
    }
    let mut worst: Vec<&Comparison> = report.comparisons.iter().collect();
    if worst.len() > SHOWN {
        worst.sort_by(|a, b| key(b).total_cmp(&key(a)));
        worst.truncate(SHOWN);
        writeln!(out, "The {SHOWN} with the largest errors:\n")?;
    }
    let mut table =
        Table::new(&["derivative in", "backpropagation", "finite difference", "absolute", "relative"]);
    for c in worst {
        table.row([
            derivative(c),
            number(c.autograd, 10),
            number(c.numeric, 10),
            size(c.absolute),
            size(c.relative),
        ]);
    }
    write!(out, "{}", table.text())?;
    Ok(())
}

/// A relative error; not a number counts as the largest.
fn key(c: &Comparison) -> f64 {
    if c.relative.is_nan() { f64::INFINITY } else { c.relative }
}

/// `w[0, 1]`, with its order if that is not 1.
fn derivative(c: &Comparison) -> String {
    let order = if c.order == 1 { String::new() } else { format!(", order {}", c.order) };
    let output = c.output.as_ref().map_or_else(String::new, |k| format!(" of {}", element("result", k)));
    format!("{}{output}{order}", element(&c.name, &c.index))
}

/// What a check that did not pass is told as.
pub(crate) fn failure(report: &Report) -> Failure {
    let Report { failed, undecided, compared, .. } = report;
    Failure::Run(match report.verdict() {
        "UNDECIDED" => {
            let are = if *undecided == 1 { "is" } else { "are" };
            format!(
                "the check decided nothing: {undecided} of {} {are} undecided",
                count(*compared, "derivative")
            )
        }
        _ if *failed == 0 => "the check failed: no derivative was compared".to_string(),
        _ => format!("the check failed: {}", differ(*failed, *compared)),
    })
}

/// What a comparison says, as a word.
fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Agrees => "agrees",
        Verdict::Differs => "differs",
        Verdict::Undecided => "undecided",
        Verdict::Unmeasured => "unmeasured",
    }
}

fn kink(kink: &KinkNote) -> Value {
    json!({
        "name": kink.name,
        "index": kink.index,
        "left": kink.left,
        "right": kink.right,
        "operation": kink.place.as_ref().map(ToString::to_string),
    })
}

fn comparison(c: &Comparison) -> Value {
    json!({
        "name": c.name,
        "index": c.index,
        "order": c.order,
        "autograd": c.autograd,
        "numeric": c.numeric,
        "noise": c.noise,
        "verdict": verdict(c.verdict),
        "output": c.output,
        "absolute_error": c.absolute,
        "relative_error": c.relative,
        "scheme": c.scheme.name(),
        "step": c.step,
    })
}

fn list(out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "gradus check TARGET compares backpropagation with finite differences. Targets:\n")?;
    writeln!(out, "  an expression with its values\n    \"sin(x)*y\" x=1 y=2\n")?;
    for (group, names) in target::groups() {
        writeln!(out, "  {group}\n    {}\n", wrapped(&names.join(" "), 4))?;
    }
    Ok(())
}
