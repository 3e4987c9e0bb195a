//! Names with their strokes, below a plot or a figure.

use svg::node::element::Group;

use crate::clip::Rect;
use crate::element::{disc, label, rectangle};
use crate::mark::{Data, Mark};
use crate::stroke::{marker, stroke};
use crate::text::{SIZE, width};

/// Names with their strokes, in rows.
#[derive(Debug)]
pub(crate) struct Legend {
    rows: Vec<Vec<Mark>>,
}

const ROW: f64 = 19.0;
const SAMPLE: f64 = 30.0;

fn entry_width(mark: &Mark) -> f64 {
    SAMPLE + width(&mark.name, SIZE) + 14.0
}

impl Legend {
    /// Of the marks with a name, each name once, in rows of at most this width.
    pub(crate) fn of<'a>(marks: impl Iterator<Item = &'a Mark>, room: f64) -> Self {
        let mut rows: Vec<Vec<Mark>> = Vec::new();
        let mut used = f64::INFINITY;
        for mark in marks.filter(|mark| !mark.name.is_empty()) {
            if rows.iter().flatten().any(|seen| seen.name == mark.name) {
                continue;
            }
            if used + entry_width(mark) > room {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += entry_width(mark);
            if let Some(row) = rows.last_mut() {
                row.push(Mark { data: sample(&mark.data), ..mark.clone() });
            }
        }
        Self { rows }
    }

    pub(crate) fn height(&self) -> f64 {
        ROW * self.rows.len() as f64
    }

    pub(crate) fn draw(&self, left: f64, top: f64) -> Group {
        let mut group = Group::new();
        for (i, row) in self.rows.iter().enumerate() {
            let (mut x, y) = (left, top + ROW * (i as f64 + 0.5));
            for mark in row {
                group =
                    group.add(draw_sample(mark, x, y)).add(label(&mark.name, (x + SAMPLE, y + 4.0), "start"));
                x += entry_width(mark);
            }
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
