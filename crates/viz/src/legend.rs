//! Names with their strokes, below a plot or a figure.

use svg::node::element::Group;

use crate::clip::Rect;
use crate::element::{disc, lines, rectangle};
use crate::mark::{Data, Mark};
use crate::stroke::{marker, stroke};
use crate::text::{LEADING, SIZE, widest, wrapped};

/// Names with their strokes, in rows.
#[derive(Debug)]
pub(crate) struct Legend {
    rows: Vec<Vec<Entry>>,
}

/// A mark without its data, and its name in lines.
#[derive(Debug)]
struct Entry {
    mark: Mark,
    name: Vec<String>,
}

const ROW: f64 = 22.0;
const SAMPLE: f64 = 30.0;

impl Entry {
    fn width(&self) -> f64 {
        SAMPLE + widest(&self.name, SIZE) + 14.0
    }
}

/// Lines after the first make a row higher.
fn row_height(row: &[Entry]) -> f64 {
    let lines = row.iter().map(|entry| entry.name.len()).max().unwrap_or(1);
    ROW + LEADING * SIZE * lines.saturating_sub(1) as f64
}

impl Legend {
    /// Of the marks with a name, each name once, in rows of at most this width.
    pub(crate) fn of<'a>(marks: impl Iterator<Item = &'a Mark>, room: f64) -> Self {
        let mut rows: Vec<Vec<Entry>> = Vec::new();
        let mut used = f64::INFINITY;
        for mark in marks.filter(|mark| !mark.name.is_empty()) {
            if rows.iter().flatten().any(|seen| seen.mark.name == mark.name) {
                continue;
            }
            let name = wrapped(&mark.name, SIZE, room - SAMPLE);
            let entry = Entry { mark: Mark { data: sample(&mark.data), ..mark.clone() }, name };
            if used + entry.width() > room + 14.0 {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += entry.width();
            if let Some(row) = rows.last_mut() {
                row.push(entry);
            }
        }
        Self { rows }
    }

    pub(crate) fn height(&self) -> f64 {
        self.rows.iter().map(|row| row_height(row)).sum()
    }

    pub(crate) fn draw(&self, left: f64, top: f64) -> Group {
        let (mut group, mut top) = (Group::new(), top);
        for row in &self.rows {
            let (mut x, y) = (left, top + 0.5 * ROW);
            for entry in row {
                group = group.add(draw_sample(&entry.mark, x, y)).add(lines(
                    &entry.name,
                    (x + SAMPLE, y + 0.36 * SIZE),
                    "start",
                ));
                x += entry.width();
            }
            top += row_height(row);
        }
        group
    }
}

/// The kind without the data.
fn sample(data: &Data) -> Data {
    match data {
        Data::Line(_) => Data::Line(Vec::new()),
        Data::Points(_) => Data::Points(Vec::new()),
        Data::Path(_) => Data::Path(Vec::new()),
        Data::Contours(_) | Data::Heat(_) => Data::Contours(Vec::new()),
        other => other.clone(),
    }
}

fn draw_sample(mark: &Mark, x: f64, y: f64) -> Group {
    let (group, middle) = (Group::new(), (x + 12.0, y));
    let around = Rect { left: x - 10.0, top: y - 20.0, width: 60.0, height: 40.0 };
    let line = |group| stroke(group, mark, &[(x, y), (x + 24.0, y)], around);
    match &mark.data {
        Data::Points(_) => group.add(disc(middle, 3.2, &mark.color)),
        Data::Path(_) => line(group).add(disc(middle, 2.4, &mark.color)),
        Data::Marker(_, shape) => marker(group, mark, middle, *shape),
        Data::Band(..) => {
            let rect = Rect { left: x, top: y - 6.0, width: 24.0, height: 12.0 };
            group.add(rectangle(rect, &mark.color).set("fill-opacity", 0.18))
        }
        _ => line(group),
    }
}
