//! The rows of a [`PassSummary`], read back from a tape.

use std::collections::{HashMap, HashSet};
use std::panic::Location;

use gradus_autograd::{Param, ParamId, Params, Recorded, Tape};

use super::pass::{PassRow, PassSummary};

/// Operations that give other places to the same values.
const MOVES: [&str; 8] = ["reshape", "permute", "expand", "to", "slice", "flip", "cat", "detach"];
/// Operations whose value is data, though their only input is a parameter: what they look up is no variable.
const LOOKS_UP: [&str; 5] = ["index_select", "gather", "along_axis", "embedding", "embedding_bag"];

/// Where the value of a node comes from.
#[derive(Clone, Copy)]
enum From {
    /// From a parameter (its place in the list) alone, or with numbers.
    Weight(usize),
    /// A single number, put there.
    Number,
    /// From the input.
    Data,
}

pub(super) fn read(model: &(impl Params + ?Sized), tape: &Tape) -> PassSummary {
    let params = model.params();
    let owner = |name: &str| name.rsplit_once('.').map_or("", |(owner, _)| owner).to_string();
    let owners: Vec<String> = params.iter().map(|(name, _)| owner(name)).collect();
    let nodes = tape.recorded();
    let mut counted = HashSet::new();
    let mut rows = Vec::new();
    for (mut row, layer) in table(&params, &owners, &nodes).rows {
        if layer && counted.insert(row.name.clone()) {
            row.parameters = elements(&params, &owners, &row.name);
        }
        rows.push(row);
    }
    for name in owners.iter().filter(|name| counted.insert((*name).clone())) {
        let parameters = elements(&params, &owners, name);
        let (operation, output) = ("(not run)".to_string(), None);
        rows.push(PassRow { name: name.clone(), operation, output, parameters, multiply_adds: 0, calls: 0 });
    }
    let count = |trainable: bool| {
        let those = params.iter().filter(|(_, param)| param.is_trainable() == trainable);
        those.map(|(_, param)| param.value().elements()).sum()
    };
    let values = nodes.iter().filter(|node| node.computed && !MOVES.contains(&node.op.as_str()));
    PassSummary {
        rows,
        trainable: count(true),
        fixed: count(false),
        multiply_adds: nodes.iter().map(|node| node.multiply_adds).sum(),
        parameter_bytes: params.iter().map(|(_, p)| p.value().elements() * p.value().dtype().size()).sum(),
        value_bytes: values.map(|node| node.shape.elements() * node.dtype.size()).sum(),
    }
}

/// The walk over the tape.
fn table<'o>(params: &[(String, &Param)], owners: &'o [String], nodes: &[Recorded]) -> Table<'o> {
    let places: HashMap<ParamId, usize> = params.iter().enumerate().map(|(i, (_, p))| (p.id(), i)).collect();
    let mut table =
        Table { owners, rows: Vec::new(), of: HashMap::new(), used: HashMap::new(), between: HashMap::new() };
    let mut from: Vec<From> = Vec::with_capacity(nodes.len());
    let mut row_of: Vec<Option<usize>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let known = node.param.and_then(|id| places.get(&id)).map(|&place| From::Weight(place));
        let here = known.unwrap_or_else(|| origin(node, &from));
        let mut row = None;
        if node.computed {
            let of = |&i: &usize| if let From::Weight(weight) = from[i] { Some(weight) } else { None };
            let weight = node.inputs.iter().find_map(of);
            // Rows that were looked up get the shape of their places.
            let looked_up = |&&i: &&usize| node.op == "reshape" && LOOKS_UP.contains(&nodes[i].op.as_str());
            let before = node.inputs.first().filter(looked_up).and_then(|&i| row_of[i]);
            row = table.add(node, weight, matches!(here, From::Data), before);
        }
        from.push(here);
        row_of.push(row);
    }
    table
}

fn elements(params: &[(String, &Param)], owners: &[String], name: &str) -> usize {
    params
        .iter()
        .zip(owners)
        .filter(|(_, owner)| *owner == name)
        .map(|((_, p), _)| p.value().elements())
        .sum()
}

fn origin(node: &Recorded, from: &[From]) -> From {
    if !node.computed {
        return if node.shape.elements() == 1 { From::Number } else { From::Data };
    }
    let mut found = From::Number;
    for &input in &node.inputs {
        match from[input] {
            From::Data => return From::Data,
            From::Weight(_) if matches!(found, From::Weight(_)) => {}
            other => found = if matches!(other, From::Weight(_)) { other } else { found },
        }
    }
    if matches!(found, From::Weight(_)) && LOOKS_UP.contains(&node.op.as_str()) { From::Data } else { found }
}

/// The rows as they come, each with whether it is a layer's.
struct Table<'o> {
    owners: &'o [String],
    rows: Vec<(PassRow, bool)>,
    /// Of a layer; a second one where its parameter is used by another operation, as tied weights are.
    of: HashMap<(String, String), usize>,
    /// The operation by which a parameter was used first.
    used: HashMap<usize, String>,
    /// Of the operations since the last new layer: a loop runs the same ones again.
    between: HashMap<(String, &'static Location<'static>), usize>,
}

impl Table<'_> {
    /// Puts an operation into its row, if it has one, and says which. `before` is the row of its first input, where that was
    /// looked up.
    fn add(
        &mut self,
        node: &Recorded,
        weight: Option<usize>,
        data: bool,
        before: Option<usize>,
    ) -> Option<usize> {
        let moves = MOVES.contains(&node.op.as_str());
        let at = match weight {
            // What is made of weights alone is no output.
            Some(_) if !data => return None,
            Some(weight) => self.layer(node, weight),
            None if moves => before?,
            None => self.between(node),
        };
        let row = &mut self.rows[at].0;
        (row.output, row.calls) = (Some(node.shape), row.calls + usize::from(!moves));
        row.multiply_adds += node.multiply_adds;
        Some(at)
    }

    fn layer(&mut self, node: &Recorded, weight: usize) -> usize {
        let owner = self.owners[weight].clone();
        let first = self.used.entry(weight).or_insert_with(|| node.op.clone());
        let tied = if *first == node.op { String::new() } else { node.op.clone() };
        if let Some(&at) = self.of.get(&(owner.clone(), tied.clone())) {
            return at;
        }
        self.between.clear();
        self.push((owner.clone(), true), &node.op);
        self.of.insert((owner, tied), self.rows.len() - 1);
        self.rows.len() - 1
    }

    fn between(&mut self, node: &Recorded) -> usize {
        let key = (node.op.clone(), node.line);
        if let Some(&at) = self.between.get(&key) {
            return at;
        }
        self.push((String::new(), false), &node.op);
        self.between.insert(key, self.rows.len() - 1);
        self.rows.len() - 1
    }

    fn push(&mut self, (name, layer): (String, bool), op: &str) {
        let operation = op.to_string();
        let row = PassRow { name, operation, output: None, parameters: 0, multiply_adds: 0, calls: 0 };
        self.rows.push((row, layer));
    }
}
