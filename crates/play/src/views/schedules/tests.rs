use approx::assert_abs_diff_eq;
use gradus::optim::catalog::RULES;
use gradus::optim::{Adam, Rule, Step};
use gradus::tensor::Tensor;

use super::*;

fn draw(schedules: &[&str], steps: u64) -> Result<Answer, Refusal> {
    answer(Request { schedules: schedules.iter().map(|text| (*text).to_string()).collect(), steps })
}

fn request(texts: &[&str], gradients: &str) -> formulas::Request {
    formulas::Request {
        formulas: texts.iter().map(|text| (*text).to_string()).collect(),
        gradients: gradients.to_string(),
        noise: 0.0,
        seed: 0,
        weight: 1.0,
        steps: 40,
    }
}

fn compare(texts: &[&str], gradients: &str) -> Comparison {
    formulas(request(texts, gradients)).unwrap_or_else(|refusal| panic!("{}", refusal.message))
}

#[test]
fn every_form_is_drawn_as_the_library_has_it() {
    for form in choices(Empty {}).unwrap().forms {
        let it = draw(&[form.example], 60).unwrap_or_else(|refusal| panic!("{}", refusal.message));
        let schedule = parse(form.example).unwrap();
        let points = &it.chart.lines[0].points;
        assert_eq!(points.len(), 60);
        for (step, point) in (0..).zip(points) {
            assert_eq!((point[0].0, point[1].0), (step as f64, schedule.at(step)), "{}", form.name);
        }
        assert!(form.usage.starts_with(form.name));
    }
}

#[test]
fn long_schedules_are_thinned_and_keep_their_facts() {
    let it = draw(&["one_cycle(0.4, 5000)"], 5000).unwrap();
    let points = &it.chart.lines[0].points;
    assert_eq!((points.len(), points[0][0].0, points[999][0].0), (1000, 0.0, 4999.0));
    let schedule = parse("one_cycle(0.4, 5000)").unwrap();
    let rates: Vec<f64> = (0..5000).map(|step| schedule.at(step)).collect();
    let sum: f64 = rates.iter().sum();
    let highest = rates.iter().copied().max_by(f64::total_cmp).unwrap_or(0.0);
    let want = [rates[0], highest, rates[4999], sum].map(text);
    assert_eq!(it.facts.rows[0][1..], want);
    let warned = draw(&["cosine(0.1, 10)"], 20).unwrap();
    assert!(warned.warnings[0].contains("10 of 20"));
}

#[test]
fn every_choice_has_an_answer() {
    for preset in choices(Empty {}).unwrap().presets {
        let it =
            formulas(formulas::Request { noise: preset.noise, ..request(preset.formulas, preset.gradients) });
        let it = it.unwrap_or_else(|refusal| panic!("{}: {}", preset.name, refusal.message));
        assert_eq!(
            (it.formulas.len(), it.weights.lines.len()),
            (preset.formulas.len(), preset.formulas.len())
        );
        // What a name says: the same path, or not.
        let same = it.parting.rows[1..].iter().all(|row| row[1].starts_with("never"));
        assert_eq!(
            same,
            preset.name.contains("is a leaky sum") || preset.name.contains("are one"),
            "{}",
            preset.name
        );
    }
}

/// The step after which the second formula parts from the first.
fn parted(it: &Comparison) -> Option<usize> {
    it.parting.rows[1][1].strip_prefix("after step ").map(|step| step.parse().unwrap())
}

/// The five notations at a constant rate: which walk the same path, and which part at a drop of the rate.
#[test]
fn notations_part_where_the_rate_drops() {
    let both = |a: &str, b: &str| parted(&compare(&[a, b], "1"));
    for (a, b) in [
        ("leaky", "velocity"),
        ("velocity", "physical"),
        ("average", "physical-average"),
        ("average", "dampened(0.9)"),
    ] {
        let with = |form: &str, rate: &str| format!("momentum:form={form}:{rate}");
        assert_eq!(both(&with(a, "lr=0.1"), &with(b, "lr=0.1")), None, "{a}, {b}");
        let dropped = both(&with(a, "schedule=step(0.1, 10)"), &with(b, "schedule=step(0.1, 10)"));
        let outside = |form: &str| ["leaky", "average", "dampened(0.9)"].contains(&form);
        // After step 10 the eleventh weight is the first at the new rate.
        assert_eq!(dropped, (outside(a) != outside(b)).then_some(11), "{a}, {b}");
    }
    assert_eq!(both("momentum:form=leaky:lr=0.1", "momentum:form=average:lr=0.1"), Some(1));
    assert_eq!(both("momentum:form=leaky:lr=0.1:beta=0.5", "momentum:form=average:lr=0.2:beta=0.5"), None);
}

#[test]
fn epsilon_inside_and_outside() {
    let it = compare(&["adagrad:lr=0.1:eps=1e-8", "adagrad:lr=0.1:eps=1e-8:eps-inside"], "0.000001");
    let first = |i: usize| 1.0 - it.formulas[i].weights[1].0;
    assert_abs_diff_eq!(first(0), 0.1 * 1e-6 / (1e-6 + 1e-8), epsilon = 1e-14);
    assert_abs_diff_eq!(first(1), 0.1 * 1e-6 / (1e-12f64 + 1e-8).sqrt(), epsilon = 1e-14);
    assert_eq!(parted(&it), Some(1));
    let large = compare(&["adagrad:lr=0.1:eps=1e-8", "adagrad:lr=0.1:eps=1e-8:eps-inside"], "1");
    let apart: f64 = large.parting.rows[1][2].parse().unwrap();
    assert!(apart > 0.0 && apart < 1e-6, "{apart}");
}

#[test]
fn l2_and_decoupled_decay() {
    let it = compare(&["adam:lr=0.1:weight-decay=0.1", "adamw:lr=0.1:weight-decay=0.1"], "cos(t)");
    assert_eq!(parted(&it), Some(1));
    // Decoupled decay is exactly −ηλθ.
    let adamw = &it.formulas[1];
    let parts = adamw.parts.as_ref().unwrap();
    for (decay, weight) in parts.decay.iter().zip(&adamw.weights) {
        assert_abs_diff_eq!(decay.0, -0.1 * 0.1 * weight.0, epsilon = 1e-15);
    }
    // Without averages the two are the same.
    let sgd = ["sgd:lr=0.1:weight-decay=0.1", "sgd:lr=0.1:weight-decay=0.1:decoupled"];
    assert_eq!(parted(&compare(&sgd, "cos(t)")), None);
}

#[test]
fn slots_and_weights_are_the_rules() {
    let it = compare(&["adam:lr=0.1"], "sin(t/3)");
    let rule = Adam::default();
    let mut theta = Tensor::from_vec(vec![1.0], 1);
    let mut slots: Vec<Tensor> = rule.slots(&theta, 0.1).into_iter().map(|(_, value)| value).collect();
    for (t, g) in (1..).zip(&it.gradients) {
        assert_eq!(g.0, ((t - 1) as f64 / 3.0).sin());
        rule.update(&Step::new(0.1, t), &mut theta, &Tensor::from_vec(vec![g.0], 1), &mut slots);
        let (i, one) = (t as usize, &it.formulas[0]);
        assert_eq!(one.weights[i].0, theta.to_f64_vec()[0]);
        for (slot, value) in one.slots.iter().zip(&slots) {
            assert_eq!(slot.values[i - 1].0, value.to_f64_vec()[0], "{}", slot.name);
        }
    }
    assert_eq!(it.formulas[0].slots.iter().map(|slot| slot.name).collect::<Vec<_>>(), ["m", "v"]);
}

/// Every rule of the catalogue can be followed, and where its updates have parts these are the whole of it.
#[test]
fn the_parts_of_every_rule_are_its_update() {
    let mut apart = 0;
    for named in RULES {
        let it = compare(&[named.name], "cos(t) + 0.5");
        let one = &it.formulas[0];
        assert_eq!(one.weights.len(), 41, "{}", named.name);
        let Some(parts) = &one.parts else { continue };
        apart += 1;
        for i in 0..40 {
            let sum = parts.memory[i].0 + parts.gradient[i].0 + parts.decay[i].0;
            assert_abs_diff_eq!(sum, one.weights[i + 1].0 - one.weights[i].0, epsilon = 1e-12);
        }
    }
    assert!(apart > 25, "{apart} of {} rules", RULES.len());
    let momentum = compare(&["momentum:lr=0.1"], "1").formulas[0].parts.clone().unwrap();
    // v = 1, 1.9, …: of the second step 0.9 · 0.1 is memory and 0.1 the gradient.
    assert_abs_diff_eq!(momentum.memory[1].0, -0.09, epsilon = 1e-15);
    assert_abs_diff_eq!(momentum.gradient[1].0, -0.1, epsilon = 1e-15);
    assert_eq!(momentum.decay[1].0, 0.0);
}

#[test]
fn noise_is_seeded() {
    let noisy = |seed| formulas(formulas::Request { noise: 1.0, seed, ..request(&["sgd"], "0") }).unwrap();
    let all = |seed| noisy(seed).gradients.iter().map(|g| g.0).collect::<Vec<_>>();
    assert_eq!(all(1), all(1));
    assert_ne!(all(1), all(2));
}

#[test]
fn what_cannot_be_answered_is_told() {
    let refused = |texts: &[&str], steps| draw(texts, steps).unwrap_err().message;
    for (message, part) in [
        (refused(&[], 10), "0 schedules; from 1 to 6 are drawn, as cosine(0.3, 95)"),
        (refused(&["1"; 7], 10), "7 schedules"),
        (refused(&["0.1"], 1), "1 steps; from 2 to 5000"),
        (refused(&["0.1"], 5001), "5001 steps"),
        (refused(&["0.1", "cosin(0.3, 20)"], 10), "schedule 2: cosin(0.3, 20): no schedule is named cosin"),
        (refused(&["linear(0.1, -0.1, 10)"], 10), "schedule 1: the rate at step 6 is -0.02"),
        (refused(&["plateau(0.3)"], 10), "follows the loss"),
    ] {
        assert!(message.contains(part), "{message}");
    }
    let wrong = |texts: &[&str], gradients: &str| formulas(request(texts, gradients)).unwrap_err().message;
    for (message, part) in [
        (wrong(&[], "1"), "0 formulas; from 1 to 6"),
        (wrong(&["sgd", "lbfgs"], "1"), "formula 2: lbfgs: it evaluates the loss itself"),
        (wrong(&["adm"], "1"), "formula 1: no optimizer is named adm"),
        (wrong(&["sgd"], "foo(t)"), "as sin(t/3); foo(t)"),
        (wrong(&["sgd"], "1/t"), "at t = 0 it is inf"),
        (wrong(&["sgd:schedule=linear(0.1, -0.1, 10)"], "1"), "formula 1: the rate at step 6"),
    ] {
        assert!(message.contains(part), "{message}");
    }
    let numbers = |weight, noise, steps| {
        formulas(formulas::Request { noise, weight, steps, ..request(&["sgd"], "1") }).unwrap_err().message
    };
    assert!(numbers(1e7, 0.0, 5).contains("the weight is 10000000"));
    assert!(numbers(1.0, -1.0, 5).contains("from 0 to 1e6, as 0.5"));
    assert!(numbers(1.0, 0.0, 501).contains("from 1 to 500"));
}
