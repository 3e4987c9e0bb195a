//! A chart as text, for a terminal.

use std::fmt::Write as _;

use crate::chart::Chart;
use crate::clip::{Point, Rect, polyline};
use crate::mark::{Data, Mark};
use crate::scale::Span;

/// Characters between the axes.
const WIDTH: usize = 64;
/// Lines between the axes.
const HEIGHT: usize = 16;
/// One for each series; they begin again after the last.
const SIGNS: [char; 6] = ['•', '+', 'x', 'o', '#', '%'];

impl Chart {
    /// The chart as text, 64 characters wide and 16 lines high between the axes. Each series has a sign of its own, which the
    /// last line explains; regions, contours and coloured planes stand in [`Chart::svg`] only.
    ///
    /// ```
    /// use gradus_viz::Chart;
    /// let losses = [1.0, 0.5, 0.25, 0.125, 0.0625];
    /// let text = Chart::new("Loss").curve("training", &losses).text();
    /// assert!(text.starts_with("Loss\n") && text.contains("• training"));
    /// ```
    pub fn text(&self) -> String {
        let (x, y) = self.spans();
        let y_ticks: Vec<(usize, String)> =
            y.ticks(5).into_iter().filter_map(|tick| Some((row(y, tick.at)?, tick.label))).collect();
        let margin = y_ticks.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
        let mut text = format!("{}\n", self.title);
        if !self.y.label.is_empty() {
            let _ = writeln!(text, "{:margin$} {}", "", self.y.label);
        }
        for (i, line) in self.cells(x, y).iter().enumerate() {
            let label = y_ticks.iter().find(|(at, label)| *at == i && !label.is_empty());
            let (label, axis) = label.map_or(("", '│'), |(_, label)| (label, '┤'));
            let line: String = line.iter().collect();
            let _ = writeln!(text, "{label:>margin$} {axis}{}", line.trim_end());
        }
        let (axis, labels) = bottom(x);
        let _ = writeln!(text, "{:margin$} └{axis}\n{:margin$}  {}", "", "", labels.trim_end());
        if !self.x.label.is_empty() {
            let _ = writeln!(text, "{:margin$}  {:>WIDTH$}", "", self.x.label);
        }
        let legend: Vec<String> = signs(&self.marks)
            .filter(|(mark, _)| !mark.name.is_empty())
            .map(|(mark, sign)| format!("{sign} {}", mark.name))
            .collect();
        if !legend.is_empty() {
            let _ = writeln!(text, "{:margin$}  {}", "", legend.join("   "));
        }
        text
    }

    /// What stands between the axes, line by line.
    fn cells(&self, x: Span, y: Span) -> Vec<Vec<char>> {
        let mut cells = vec![vec![' '; WIDTH]; HEIGHT];
        let (right, bottom) = (WIDTH as f64 - 1.0, HEIGHT as f64 - 1.0);
        let place = |&(a, b): &Point| (x.place(a) * right, (1.0 - y.place(b)) * bottom);
        // Half a cell around the centres of the outermost ones.
        let plot = Rect { left: 0.0, top: 0.0, width: right, height: bottom }.grown(0.499);
        let mut put = |(a, b): Point, sign| {
            if plot.holds((a, b)) {
                cells[b.round() as usize][a.round() as usize] = sign;
            }
        };
        for (mark, sign) in signs(&self.marks) {
            match &mark.data {
                Data::Line(points) | Data::Path(points) => {
                    let places: Vec<Point> = points.iter().map(place).collect();
                    polyline(&places, plot)
                        .iter()
                        .flat_map(|part| part.windows(2))
                        .for_each(|ends| between(ends[0], ends[1], &mut |at| put(at, sign)));
                    for at in places {
                        put(at, sign);
                    }
                }
                Data::Points(points) => points.iter().map(place).for_each(|at| put(at, sign)),
                Data::Marker(point, _) => put(place(point), sign),
                Data::Vertical(at) => (0..HEIGHT).for_each(|b| put((x.place(*at) * right, b as f64), sign)),
                Data::Horizontal(at) => {
                    (0..WIDTH).for_each(|a| put((a as f64, (1.0 - y.place(*at)) * bottom), sign));
                }
                _ => {}
            }
        }
        cells
    }
}

/// The marks that text can show, each with its sign.
fn signs(marks: &[Mark]) -> impl Iterator<Item = (&Mark, char)> {
    let mut series = 0;
    marks.iter().filter_map(move |mark| {
        let sign = match mark.data {
            Data::Marker(..) => '◆',
            Data::Vertical(_) => '┊',
            Data::Horizontal(_) => '┄',
            _ if mark.is_series() => {
                series += 1;
                SIGNS[(series - 1) % SIGNS.len()]
            }
            _ => return None,
        };
        Some((mark, sign))
    })
}

/// Places at most half a cell apart, from one to another.
fn between(from: Point, to: Point, put: &mut impl FnMut(Point)) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let steps = (2.0 * dx.abs().max(dy.abs())).ceil().max(1.0);
    for k in 0..=steps as usize {
        let t = k as f64 / steps;
        put((from.0 + t * dx, from.1 + t * dy));
    }
}

/// The line of a number, if there is one.
fn row(y: Span, at: f64) -> Option<usize> {
    let place = y.place(at);
    (0.0..=1.0).contains(&place).then(|| ((1.0 - place) * (HEIGHT as f64 - 1.0)).round() as usize)
}

/// The horizontal axis and the line of labels below it. A label for which there is no room is left out.
fn bottom(x: Span) -> (String, String) {
    let (mut axis, mut labels) = (vec!['─'; WIDTH], vec![' '; WIDTH + 8]);
    let mut free = 0;
    for tick in x.ticks(8).into_iter().filter(|tick| !tick.label.is_empty()) {
        let place = x.place(tick.at);
        if !(0.0..=1.0).contains(&place) {
            continue;
        }
        let (at, length) = ((place * (WIDTH as f64 - 1.0)).round() as usize, tick.label.chars().count());
        let start = at.saturating_sub(length / 2);
        if start < free || start + length > labels.len() {
            continue;
        }
        axis[at] = '┴';
        tick.label.chars().enumerate().for_each(|(k, c)| labels[start + k] = c);
        free = start + length + 1;
    }
    (axis.into_iter().collect(), labels.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark::Marker;
    use crate::scale::Scale;

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let chart = Chart::new("up").x_range(0.0, 1.0).y_range(0.0, 1.0);
        let text = chart.line("", &[(0.0, 0.0), (1.0, 1.0)]).text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + HEIGHT + 2);
        assert!(lines[1].ends_with(&format!("┤{:>WIDTH$}", "•••")), "{text}");
        assert!(lines[HEIGHT].starts_with("  0 ┤•••"), "{text}");
        assert!(lines[HEIGHT + 2].starts_with("     0"), "{text}");
        assert!((1..=HEIGHT).all(|i| lines[i].contains('•')), "{text}");
    }

    #[test]
    fn each_series_has_its_sign_and_the_rest_is_named() {
        let text = Chart::new("all")
            .y_axis("loss", Scale::Log10)
            .x_axis("step", Scale::Linear)
            .curve("a", &[1.0, 1e-2])
            .points("b", &[(0.5, 1.0)])
            .marker("best", (1.0, 1e-2), Marker::Cross)
            .horizontal("floor", 1e-3)
            .band("pale", 0.0, 0.5)
            .text();
        assert!(text.ends_with("• a   + b   ◆ best   ┄ floor\n"), "{text}");
        for part in ["\n", "10⁻² ┤", "loss\n", "step\n", "┄┄┄", "+", "◆"] {
            assert!(text.contains(part), "no {part} in\n{text}");
        }
    }

    #[test]
    fn what_has_no_place_is_left_out() {
        let points = [(0.0, f64::NAN), (1.0, -1.0), (2.0, f64::INFINITY), (3.0, 1.0), (9.0, 1.0)];
        let chart = Chart::new("").y_axis("", Scale::Log10).x_range(0.0, 4.0);
        let text = chart.line("", &points).text();
        assert_eq!(text.matches('•').count(), 17, "the line from 3 to the border\n{text}");
        assert!(Chart::new("empty").text().contains("1.0 ┤") || Chart::new("empty").text().contains("1 ┤"));
    }
}
