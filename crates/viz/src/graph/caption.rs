//! Below a graph: what the colours of its boxes mean, and its note.

use svg::node::element::Group;

use super::{Graph, Role};
use crate::clip::Rect;
use crate::element::{label, lines, rectangle};
use crate::text::{LEADING, SIZE, width, wrapped};

const ROW: f64 = 22.0;
const SWATCH: f64 = 22.0;

/// The roles in rows, and the note in lines.
pub(super) struct Caption {
    rows: Vec<Vec<Role>>,
    note: Vec<String>,
}

fn entry_width(role: Role) -> f64 {
    SWATCH + width(role.name(), SIZE) + 14.0
}

impl Caption {
    pub(super) fn of(graph: &Graph, room: f64) -> Self {
        let there = |role: &Role| graph.nodes.iter().any(|node| node.role == *role);
        let (mut rows, mut used): (Vec<Vec<Role>>, f64) = (Vec::new(), f64::INFINITY);
        for role in [Role::Input, Role::Constant, Role::Step, Role::Result].into_iter().filter(there) {
            if used + entry_width(role) > room + 14.0 {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += entry_width(role);
            if let Some(row) = rows.last_mut() {
                row.push(role);
            }
        }
        Self { rows, note: wrapped(&graph.note, SIZE, room) }
    }

    pub(super) fn height(&self) -> f64 {
        let note = if self.note.is_empty() { 0.0 } else { LEADING * SIZE * self.note.len() as f64 + 6.0 };
        ROW * self.rows.len() as f64 + note
    }

    pub(super) fn draw(&self, left: f64, top: f64) -> Group {
        let mut group = Group::new();
        for (i, row) in self.rows.iter().enumerate() {
            let (mut x, y) = (left, top + ROW * i as f64);
            for &role in row {
                let swatch =
                    rectangle(Rect { left: x, top: y + 3.0, width: 16.0, height: 12.0 }, role.color());
                group = group.add(swatch.set("stroke", "#555555").set("stroke-width", 1));
                group = group.add(label(role.name(), (x + SWATCH, y + 13.0), "start"));
                x += entry_width(role);
            }
        }
        let below = top + ROW * self.rows.len() as f64 + SIZE + 4.0;
        group.add(lines(&self.note, (left, below), "start"))
    }
}
