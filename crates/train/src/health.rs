//! How a model fares: gradients, dead and saturated units, updates, and parameters that no gradient reaches.

use std::collections::HashMap;
use std::fmt;

use gradus_autograd::{Mode, ParamId, Params, Tape, Trace, TraceStep, Var, on_tape};
use gradus_tensor::{Tensor, inner_product};

/// The state of a model on one batch, layer by layer.
///
/// ```
/// use gradus_nn::{Linear, Module, Relu, Sequential, sequential};
/// use gradus_optim::{Optimizer, Sgd};
/// use gradus_tensor::{Tensor, rng};
/// use gradus_train::Health;
///
/// let mut model = sequential![Linear::new(4, 8, &mut rng(0)), Relu, Linear::new(8, 3, &mut rng(1))];
/// let (x, labels) = (Tensor::randn([32, 4], &mut rng(2)), Tensor::from([0i64; 32]));
/// let mut health = Health::of(&model, |model, tape| model.forward(tape.constant(&x)).cross_entropy(&labels));
/// assert_eq!((health.params.len(), health.units[0].units), (4, 8));
///
/// let mut optimizer = Optimizer::new(Sgd::default(), 0.01);
/// optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).cross_entropy(&labels));
/// health.updated(&model); // what the step has changed
/// assert!(health.params[0].update_ratio.unwrap() > 0.0);
/// println!("{health}");
/// ```
///
/// It evaluates the loss once, on a tape of its own with dropout and batch statistics on, and changes nothing. The values of
/// all operations are kept meanwhile: it is made for a look now and then.
#[derive(Debug, Clone)]
pub struct Health {
    /// The parameters, without buffers.
    pub params: Vec<ParamHealth>,
    /// The activations, in their order on the tape.
    pub units: Vec<UnitHealth>,
    before: HashMap<ParamId, Tensor>,
}

/// What is known of a parameter.
#[derive(Debug, Clone)]
pub struct ParamHealth {
    /// Its name.
    pub name: String,
    /// `$\lVert\theta\rVert$`.
    pub norm: f64,
    /// `$\lVert g\rVert$`; `None` if no gradient arrived.
    pub gradient_norm: Option<f64>,
    /// Why there is no gradient, or why it is zero.
    pub reason: Option<String>,
    /// `$\lVert\Delta\theta\rVert/\lVert\theta\rVert$` of a step, after [`Health::updated`]. About `$10^{-3}$` is usual.
    pub update_ratio: Option<f64>,
}

/// What is known of an activation's units: the elements along the last axis, or the channels of images.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitHealth {
    /// The layer whose output it takes: what stands before the last point of its parameters' names.
    pub layer: String,
    /// The operation: `relu`.
    pub op: String,
    /// The number of units.
    pub units: usize,
    /// Units whose slope is 0 for each example: nothing behind them learns from this batch.
    pub dead: usize,
    /// Units that are not dead, and whose slope is below [`FLAT`] for each example.
    pub saturated: usize,
    /// The share of all slopes that are below [`FLAT`].
    pub flat: f64,
}

/// A slope below this is flat: that of tanh from `$|x| = 2.2$` on.
pub const FLAT: f64 = 0.05;

/// An update ratio between these is usual.
const USUAL: std::ops::RangeInclusive<f64> = 1e-5..=1e-1;

fn norm(x: &Tensor) -> f64 {
    inner_product(x, x).sqrt()
}

impl Health {
    /// Looks at a model on one batch.
    ///
    /// # Panics
    /// If the loss is not a scalar or depends on no parameter.
    pub fn of<M: Params + ?Sized>(model: &M, loss: impl for<'t> FnOnce(&M, &'t Tape) -> Var<'t>) -> Self {
        on_tape(Mode::Training(0), |tape| {
            let loss = loss(model, tape);
            Self::read(model, tape, loss)
        })
    }

    fn read(model: &(impl Params + ?Sized), tape: &Tape, loss: Var<'_>) -> Self {
        let trace = Trace::of(loss);
        let lifted: HashMap<ParamId, usize> =
            tape.recorded().iter().enumerate().filter_map(|(i, node)| Some((node.param?, i))).collect();
        let gradient = |id: ParamId| {
            let node = *lifted.get(&id)?;
            trace.leaves.iter().find(|leaf| leaf.node == node).map(|leaf| norm(&leaf.gradient))
        };
        let mut params = Vec::new();
        let mut names = HashMap::new();
        let mut before = HashMap::new();
        for (name, param) in model.params() {
            if let Some(node) = lifted.get(&param.id()) {
                let layer = name.rsplit_once('.').map_or("", |(layer, _)| layer).to_string();
                names.insert(*node, layer);
            }
            if param.is_buffer() {
                continue;
            }
            before.insert(param.id(), param.value().clone());
            let gradient_norm = gradient(param.id());
            let silent = gradient_norm.is_none_or(|norm| norm == 0.0);
            let reason = silent.then(|| loss.why_zero(param)).flatten().map(|reason| reason.to_string());
            params.push(ParamHealth {
                name,
                norm: norm(param.value()),
                gradient_norm,
                reason,
                update_ratio: None,
            });
        }
        let mut units: Vec<(usize, UnitHealth)> =
            trace.steps.iter().filter_map(|step| Some((step.node, unit(step, &trace, &names)?))).collect();
        units.sort_by_key(|(node, _)| *node);
        Self { params, units: units.into_iter().map(|(_, unit)| unit).collect(), before }
    }

    /// Compares the model with what it was when this was made: call it after the step.
    pub fn updated(&mut self, model: &(impl Params + ?Sized)) {
        for (name, param) in model.params() {
            let Some(before) = self.before.get(&param.id()) else { continue };
            let change = norm(&(param.value() - before));
            for known in self.params.iter_mut().filter(|known| known.name == name) {
                known.update_ratio = Some(if known.norm > 0.0 { change / known.norm } else { change });
            }
        }
    }

    /// What is not as it should be, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut all = Vec::new();
        for param in &self.params {
            if let Some(reason) = &param.reason {
                all.push(format!("{} gets no gradient: {reason}", param.name));
            }
            if param.gradient_norm.is_some_and(|norm| !norm.is_finite()) {
                all.push(format!("the gradient of {} is not finite", param.name));
            }
            // A parameter that begins at 0 has no ratio.
            let ratio = param.update_ratio.filter(|ratio| *ratio > 0.0 && param.norm > 0.0);
            if let Some(ratio) = ratio.filter(|ratio| !USUAL.contains(ratio)) {
                all.push(format!("a step changes {} by {ratio:.1e} of its size", param.name));
            }
        }
        for unit in self.units.iter().filter(|unit| 2 * (unit.dead + unit.saturated) > unit.units) {
            let UnitHealth { layer, op, units, dead, saturated, .. } = unit;
            all.push(format!("{op} behind {layer}: {dead} of {units} units are dead, {saturated} saturated"));
        }
        all
    }

    /// All numbers with names, to be logged: `gradient_norm/NAME`, `update_ratio/NAME`, `dead/LAYER`, `saturated/LAYER` (shares).
    pub fn scalars(&self) -> Vec<(String, f64)> {
        let mut all = Vec::new();
        for param in &self.params {
            all.extend(param.gradient_norm.map(|norm| (format!("gradient_norm/{}", param.name), norm)));
            all.extend(param.update_ratio.map(|ratio| (format!("update_ratio/{}", param.name), ratio)));
        }
        for (i, unit) in self.units.iter().enumerate() {
            let share = |n: usize| n as f64 / unit.units.max(1) as f64;
            all.push((format!("dead/{i}.{}", unit.layer), share(unit.dead)));
            all.push((format!("saturated/{i}.{}", unit.layer), share(unit.saturated)));
        }
        all
    }
}

/// An activation: an elementwise operation on one input that came from a layer, whose slope is not everywhere the same.
fn unit(step: &TraceStep, trace: &Trace, names: &HashMap<usize, String>) -> Option<UnitHealth> {
    let [part] = &step.parts[..] else { return None };
    let slope = part.slope.as_ref()?;
    let shape = step.value.shape().to_vec();
    if trace.nodes[step.node].inputs.len() != 1 || shape.len() < 2 || *slope.shape() != *step.value.shape() {
        return None;
    }
    let layer = source(part.input, trace, names)?;
    let slopes: Vec<f64> = slope.to_f64_vec().into_iter().map(f64::abs).collect();
    if slopes.iter().all(|x| *x == slopes[0]) && slopes[0] != 0.0 {
        return None;
    }
    // Images are [batch, channels, …], all else has its units on the last axis.
    let (units, inner) =
        if shape.len() >= 4 { (shape[1], shape[2..].iter().product()) } else { (shape[shape.len() - 1], 1) };
    let mut steepest = vec![0.0f64; units];
    for (i, slope) in slopes.iter().enumerate() {
        let unit = i / inner % units;
        steepest[unit] = steepest[unit].max(*slope);
    }
    let dead = steepest.iter().filter(|x| **x == 0.0).count();
    let saturated = steepest.iter().filter(|x| **x > 0.0 && **x < FLAT).count();
    let flat = slopes.iter().filter(|x| **x < FLAT).count() as f64 / slopes.len().max(1) as f64;
    Some(UnitHealth { layer, op: step.op.clone(), units, dead, saturated, flat })
}

/// The layer of the parameter that was last used on the way to a node.
fn source(node: usize, trace: &Trace, names: &HashMap<usize, String>) -> Option<String> {
    let mut at = node;
    loop {
        let inputs = &trace.nodes[at].inputs;
        if let Some(name) = inputs.iter().rev().find_map(|input| names.get(input)) {
            return Some(name.clone());
        }
        at = *inputs.first()?;
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.params.iter().map(|param| param.name.chars().count()).max().unwrap_or(0).max(9);
        writeln!(f, "{:width$}  {:>9}  {:>9}  {:>9}", "parameter", "norm", "gradient", "update")?;
        let cell = |x: Option<f64>| x.map_or("-".to_string(), |x| format!("{x:.2e}"));
        for param in &self.params {
            let (norm, gradient, update) = (Some(param.norm), param.gradient_norm, param.update_ratio);
            let cells = [norm, gradient, update].map(cell);
            writeln!(f, "{:width$}  {:>9}  {:>9}  {:>9}", param.name, cells[0], cells[1], cells[2])?;
        }
        for unit in &self.units {
            let UnitHealth { layer, op, units, dead, saturated, flat } = unit;
            let flat = 100.0 * flat;
            writeln!(
                f,
                "{op} behind {layer}: {units} units, {dead} dead, {saturated} saturated, {flat:.0} % of slopes flat"
            )?;
        }
        self.warnings().iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}
