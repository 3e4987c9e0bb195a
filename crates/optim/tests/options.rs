//! Hyper-parameters outside of their formula are refused, when an optimizer is made and at every step, by one that names
//! the rule, the option, its value and the range.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gradus_autograd::{Gradients, Param, value_and_grad};
use gradus_optim::schedule::Lambda;
use gradus_optim::*;

/// The message of the panic of `f`.
#[track_caller]
fn message<R>(f: impl FnOnce() -> R) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("a panic");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).expect("a text")
}

/// A rule with one option changed: its name, the option, the rule at a value.
type Field = (&'static str, &'static str, fn(f64) -> Box<dyn Rule>);

macro_rules! fields {
    (@set $rule:ident ($field:ident) $value:ident) => { $rule.$field = Some($value) };
    (@set $rule:ident $field:ident $value:ident) => { $rule.$field = $value };
    (@name ($field:ident)) => { stringify!($field) };
    (@name $field:ident) => { stringify!($field) };
    ($($rule:ident ($make:expr): [$($field:tt)*];)*) => {
        const FIELDS: &[Field] = &[$($((stringify!($rule), fields!(@name $field), |value| {
            let mut rule = $make;
            fields!(@set rule $field value);
            Box::new(rule)
        })),*),*];
    };
}

// Options in brackets may be absent.
fields! {
    AdaBelief (AdaBelief::default()): [beta1 beta2 eps eps_root weight_decay];
    Adadelta (Adadelta::default()): [rho eps weight_decay];
    Adafactor (Adafactor::default()): [beta2_decay (eps1) eps2 clip weight_decay];
    Adagrad (Adagrad::default()): [lr_decay weight_decay initial_accumulator eps];
    AdaHessian (AdaHessian::default()): [beta1 beta2 eps power weight_decay];
    Adam (Adam::default()): [beta1 beta2 eps weight_decay];
    AdamW (AdamW::default()): [beta1 beta2 eps weight_decay paper_rate];
    Adamax (Adamax::default()): [beta1 beta2 eps weight_decay];
    Adan (Adan::default()): [beta1 beta2 beta3 eps weight_decay];
    AdEmaMix (AdEmaMix::default()): [beta1 beta2 beta3 alpha eps weight_decay];
    Adopt (Adopt::default()): [beta1 beta2 eps weight_decay (clip_power)];
    Asgd (Asgd::default()): [lambd alpha t0 weight_decay];
    DAdaptAdam (DAdaptAdam::default()): [beta1 beta2 eps weight_decay d0 growth];
    Dog (Dog::default()): [first eps power];
    Lamb (Lamb::default()): [beta1 beta2 eps weight_decay];
    Langevin (Langevin::default()): [temperature];
    Lars (Lars::default()): [momentum weight_decay trust eps];
    Lion (Lion::default()): [beta1 beta2 weight_decay];
    Lookahead (Lookahead::new(Sgd::default())): [alpha];
    Madgrad (Madgrad::default()): [momentum eps weight_decay];
    Mars (Mars::default()): [gamma];
    Momentum (Momentum::default()): [beta weight_decay];
    Nesterov (Nesterov::default()): [beta (reach)];
    Muon (Muon::default()): [momentum weight_decay eps];
    NAdam (NAdam::default()): [beta1 beta2 eps momentum_decay weight_decay];
    NovoGrad (NovoGrad::default()): [beta1 beta2 eps weight_decay];
    Prodigy (Prodigy::default()): [beta1 beta2 eps weight_decay d0 growth];
    RAdam (RAdam::default()): [beta1 beta2 eps weight_decay];
    RmsProp (RmsProp::default()): [alpha eps momentum weight_decay];
    Rprop (Rprop::default()): [shrink grow smallest largest];
    Sam (Sam::new(Sgd::default())): [rho eps];
    ScheduleFree (ScheduleFree::adamw()): [momentum weight_decay step_power lr_power];
    Sgd (Sgd::default()): [momentum dampening weight_decay];
    Shampoo (Shampoo::default()): [momentum eps weight_decay];
    Signum (Signum::default()): [beta weight_decay];
    Soap (Soap::default()): [beta1 beta2 beta_shampoo eps weight_decay];
    Sophia (Sophia::default()): [beta1 beta2 gamma eps weight_decay];
    SparseAdam (SparseAdam::default()): [beta1 beta2 eps];
    Yogi (Yogi::default()): [beta1 beta2 eps initial];
    ConjugateGradients (ConjugateGradients::default()): [flatness];
    Lbfgs (Lbfgs::default()): [tolerance_grad tolerance_change];
    LevenbergMarquardt (LevenbergMarquardt::default()): [damping factor];
    Newton (Newton::default()): [shift decrease];
    PolyakStep (PolyakStep::default()): [minimum limit];
}

/// Calls `f(file, from the name on, name)` for each public struct of the rules and methods in the source.
fn each_struct(mut f: impl FnMut(&str, &str, &str)) {
    for folder in ["rules", "methods"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for part in text.split("pub struct ").skip(1) {
                let name: String = part.chars().take_while(|c| c.is_alphanumeric()).collect();
                f(&text, part, &name);
            }
        }
    }
}

/// What one public field of a number says in the source: `pub name: f64`, in a struct that is a rule or a method.
fn fields_in_source() -> Vec<(String, String)> {
    let mut all = Vec::new();
    each_struct(|text, part, name| {
        let is_rule = ["Rule", "Method"].iter().any(|of| text.contains(&format!(" {of} for {name}")));
        let body = &part[..part.find("\n}").unwrap_or(part.len())];
        for line in body.lines().filter(|_| is_rule) {
            let Some((field, of)) = line.trim().strip_prefix("pub ").and_then(|l| l.split_once(": ")) else {
                continue;
            };
            if ["f64,", "Option<f64>,"].contains(&of) {
                all.push((name.to_string(), field.to_string()));
            }
        }
    });
    all
}

#[test]
fn no_option_takes_nan_or_infinity_below_zero() {
    for &(rule, field, make) in FIELDS {
        for value in [f64::NAN, f64::NEG_INFINITY] {
            let text = message(|| Optimizer::new(make(value), 0.1));
            let start = format!("Optimizer::new: {rule}: {field} is {value}; it must be ");
            let pair = rule == "Rprop" && field == "largest";
            assert!(text.starts_with(&start) || pair && text.contains("Rprop: largest is"), "{text}");
        }
    }
}

#[test]
fn every_number_of_every_rule_has_a_range() {
    let mut found = fields_in_source();
    let mut known: Vec<_> =
        FIELDS.iter().map(|(rule, field, _)| (rule.to_string(), field.to_string())).collect();
    found.sort();
    known.sort();
    assert!(found.len() > 140, "{}", found.len());
    assert_eq!(found, known);
}

#[test]
fn the_catalogue_s_defaults_lie_inside() {
    for named in catalog::all() {
        assert_eq!((named.make)().options().fault(), None, "{}", named.name);
    }
    for rule in [ScheduleFree::sgd(), ScheduleFree::radam()] {
        assert_eq!(Rule::options(&rule).fault(), None);
    }
}

#[test]
fn the_instances() {
    let new = |rule: Box<dyn Rule>| message(|| Optimizer::new(rule, 0.1));
    let range = "it must be at least 0 and below 1";
    assert_eq!(
        new(Adam { beta1: 1.0, ..Adam::default() }.into()),
        format!("Optimizer::new: Adam: beta1 is 1; {range}")
    );
    assert_eq!(
        new(AdamW { beta2: -0.1, ..AdamW::default() }.into()),
        format!("Optimizer::new: AdamW: beta2 is -0.1; {range}")
    );
    let least = "it must be finite and at least 0";
    assert_eq!(
        new(RmsProp { eps: -1e-8, ..RmsProp::default() }.into()),
        format!("Optimizer::new: RmsProp: eps is -0.00000001; {least}")
    );
    assert_eq!(
        new(Sgd { weight_decay: -1.0, ..Sgd::default() }.into()),
        format!("Optimizer::new: Sgd: weight_decay is -1; {least}")
    );
    let nesterov = "Optimizer::new: Sgd: nesterov needs momentum above 0 and dampening 0; they are 0 and 0";
    assert_eq!(new(Sgd { nesterov: true, ..Sgd::default() }.into()), nesterov);
    assert!(
        new(Lars { nesterov: true, momentum: 0.0, ..Lars::default() }.into())
            .contains("Lars: nesterov needs momentum")
    );
    assert!(
        new(Soap { every: 0, ..Soap::default() }.into()).contains("Soap: every is 0; it must be at least 1")
    );
}

#[test]
fn rules_inside_rules() {
    let new = |rule: Box<dyn Rule>| message(|| Optimizer::new(rule, 0.1));
    let inner = Sgd { momentum: -1.0, ..Sgd::default() };
    for rule in [
        Sam::new(inner.clone()).into(),
        Lookahead::new(inner.clone()).into(),
        Cautious { rule: inner }.into(),
    ] {
        assert!(new(rule).contains("Sgd: momentum is -1; it must be at least 0 and at most 1"));
    }
    let adamw = AdamW { beta1: 1.0, ..AdamW::default() };
    assert!(new(Muon { others: adamw.clone(), ..Muon::default() }.into()).contains("AdamW: beta1"));
    assert!(new(Mars { adamw, ..Mars::default() }.into()).contains("AdamW: beta1"));
    assert!(
        new(Nesterov { form: MomentumForm::Dampened(f64::NAN), ..Nesterov::default() }.into())
            .contains("Dampened: tau")
    );
    let base = ScheduleFreeBase::AdamW { beta2: 1.0, eps: 0.0 };
    assert!(new(ScheduleFree { base, ..ScheduleFree::adamw() }.into()).contains("ScheduleFreeBase: beta2"));
    let group =
        || Optimizer::new(Sgd::default(), 0.1).group_named("*", Adam { eps: f64::NAN, ..Adam::default() });
    assert_eq!(message(group), "group: Adam: eps is NaN; it must be finite and at least 0");
}

fn gradients(w: &Param) -> Gradients {
    value_and_grad(|tape| tape.param(w).square().sum()).1
}

#[test]
fn learning_rates() {
    for rate in [f64::NAN, -0.1, f64::INFINITY] {
        let text = message(|| Optimizer::new(Sgd::default(), rate));
        assert_eq!(
            text,
            format!(
                "Optimizer::new: the learning rate at step 0 is {rate}; it must be finite and at least 0"
            )
        );
    }
    let mut w = Param::new([1.0, 2.0]);
    let mut optimizer =
        Optimizer::new(Sgd::default(), Lambda(|step| if step == 1 { f64::NAN } else { 0.25 }));
    let grads = gradients(&w);
    optimizer.step(&mut w, &grads);
    let before = w.value().to_f64_vec();
    let text = message(|| optimizer.step(&mut w, &grads));
    assert_eq!(text, "step: the learning rate at step 1 is NaN; it must be finite and at least 0");
    assert_eq!((w.value().to_f64_vec(), optimizer.steps()), (before, 1));
}

#[test]
fn limits_of_gradients() {
    let optimizer = || Optimizer::new(Sgd::default(), 0.1);
    for limit in [-1.0, f64::NAN] {
        assert_eq!(
            message(|| optimizer().clip_norm(limit)),
            format!("clip_norm: the largest norm is {limit}; it must be at least 0")
        );
        assert_eq!(
            message(|| optimizer().clip_value(limit)),
            format!("clip_value: the limit is {limit}; it must be at least 0")
        );
        assert_eq!(
            message(|| optimizer().clip_adaptive(limit, 0.1)),
            format!("clip_adaptive: clip is {limit}; it must be at least 0")
        );
        assert_eq!(
            message(|| optimizer().clip_adaptive(0.1, limit)),
            format!("clip_adaptive: eps is {limit}; it must be at least 0")
        );
        let mut grads = gradients(&Param::new([1.0]));
        assert!(message(|| clip_norm(&mut grads, limit, 2.0)).starts_with("clip_norm: the largest norm"));
        assert!(message(|| clip_norm(&mut grads, 1.0, limit)).starts_with("clip_norm: the order p"));
        assert!(message(|| clip_value(&mut grads, limit)).starts_with("clip_value: the limit"));
    }
    for decay in [-0.1, 1.1, f64::NAN] {
        let text = message(|| Average::new(Averaging::Warm { decay }));
        assert_eq!(text, format!("Average: decay is {decay}; it must be at least 0 and at most 1"));
    }
    assert!(message(|| optimizer().accumulate(0)).starts_with("accumulate: "));
}

/// An option that a rule needs another memory for is refused once it has begun; one that needs less is not.
#[test]
fn options_that_come_too_late() {
    let late = |mut optimizer: Optimizer, change: &dyn Fn(&mut Optimizer)| {
        let mut w = Param::new([1.0, 2.0]);
        let grads = gradients(&w);
        optimizer.step(&mut w, &grads);
        change(&mut optimizer);
        let before = w.value().to_f64_vec();
        let text = message(|| optimizer.step(&mut w, &grads));
        assert_eq!(w.value().to_f64_vec(), before);
        text
    };
    let begin = |rule: Box<dyn Rule>| Optimizer::new(rule, 0.1);
    let text = late(begin(RmsProp::default().into()), &|o| o.rule_mut::<RmsProp>().unwrap().momentum = 0.9);
    assert!(text.starts_with("step: RmsProp needs a slot b of "), "{text}");
    let text = late(begin(RmsProp::default().into()), &|o| o.rule_mut::<RmsProp>().unwrap().centered = true);
    assert!(text.starts_with("step: RmsProp needs a slot mean of "), "{text}");
    let text = late(begin(Sgd::default().into()), &|o| o.rule_mut::<Sgd>().unwrap().momentum = 0.9);
    assert!(text.starts_with("step: Sgd needs a slot b of "), "{text}");
    let text = late(begin(Adam::default().into()), &|o| o.rule_mut::<Adam>().unwrap().amsgrad = true);
    assert!(text.starts_with("step: Adam needs a slot v_max of "), "{text}");
    let text = late(begin(ScheduleFree::sgd().into()), &|o| {
        o.rule_mut::<ScheduleFree>().unwrap().base = ScheduleFree::adamw().base;
    });
    assert!(text.starts_with("step: ScheduleFree needs a slot v of "), "{text}");
    let vary = |rule: &mut RmsProp, step| rule.momentum = if step == 0 { 0.0 } else { 0.9 };
    assert!(late(begin(RmsProp::default().into()).vary(vary), &|_| {}).contains("needs a slot b"));
}

#[test]
fn options_that_go_are_no_longer_used() {
    let run = |rule: Box<dyn Rule>, change: &dyn Fn(&mut Optimizer)| {
        let (mut w, mut optimizer) = (Param::new([1.0]), Optimizer::new(rule, 0.1));
        for g in [4.0, 0.0, 1.0] {
            let mut grads = Gradients::default();
            grads.set(w.id(), gradus_tensor::Tensor::from([g]));
            optimizer.step(&mut w, &grads);
            change(&mut optimizer);
        }
        w.value().item()
    };
    let amsgrad = Adam { amsgrad: true, ..Adam::default() };
    let off = run(amsgrad.into(), &|o| o.rule_mut::<Adam>().unwrap().amsgrad = false);
    assert_eq!(off, run(Adam::default().into(), &|_| {}));
    let both = RmsProp { centered: true, momentum: 0.5, ..RmsProp::default() };
    let off = run(both.into(), &|o| o.rule_mut::<RmsProp>().unwrap().centered = false);
    assert!(off.is_finite());
}

/// Every public field of every rule and method, whatever its type, can be set by its name.
#[test]
fn every_field_is_a_setting() {
    let mut count = 0;
    each_struct(|text, part, name| {
        let body = part[..part.find("\n}").unwrap_or(part.len())].lines();
        let fields = body.filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "));
        let fields: Vec<&str> = fields.map(|(field, _)| field).collect();
        let Some(of) = ["Rule", "Method"]
            .iter()
            .flat_map(|kind| [format!(" {kind} for {name} {{"), format!(" {kind} for {name}<R> {{")])
            .find_map(|head| text.split_once(&head).map(|(_, rest)| rest))
            .filter(|_| !fields.is_empty())
        else {
            return;
        };
        let list = of.split_once("settings!(").and_then(|(_, rest)| rest.split_once(')')).unwrap().0;
        let list: Vec<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        assert_eq!(list, fields, "{name}");
        count += 1;
    });
    assert!(count >= 45, "{count}");
}
