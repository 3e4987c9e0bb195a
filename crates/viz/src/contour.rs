//! Contours of a function of two variables by marching squares.

use std::collections::BTreeMap;

use crate::scale::{Scale, Span};

/// A function's values at the nodes of a rectangular grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The range of x.
    pub x: (f64, f64),
    /// The range of y.
    pub y: (f64, f64),
    /// Nodes along x, at least 2.
    pub columns: usize,
    /// Nodes along y, at least 2.
    pub rows: usize,
    /// Row by row from the lowest y, each from the lowest x.
    pub values: Vec<f64>,
}

impl Grid {
    /// The values of `f(x, y)` at `columns` × `rows` nodes; the outer ones lie on the ranges' ends.
    ///
    /// # Panics
    /// With fewer than two nodes in a direction.
    pub fn sample(
        x: (f64, f64),
        y: (f64, f64),
        [columns, rows]: [usize; 2],
        mut f: impl FnMut(f64, f64) -> f64,
    ) -> Self {
        assert!(columns > 1 && rows > 1, "a grid of {columns} × {rows} nodes: at least 2 × 2 are needed");
        let at = |(low, high): (f64, f64), i: usize, n: usize| low + (high - low) * i as f64 / (n - 1) as f64;
        let mut values = Vec::with_capacity(columns * rows);
        for j in 0..rows {
            values.extend((0..columns).map(|i| f(at(x, i, columns), at(y, j, rows))));
        }
        Self { x, y, columns, rows, values }
    }

    fn value(&self, i: usize, j: usize) -> f64 {
        self.values[j * self.columns + i]
    }

    /// The place of a node, or of one between nodes.
    fn place(&self, i: f64, j: f64) -> (f64, f64) {
        let at = |(low, high): (f64, f64), i: f64, n: usize| low + (high - low) * i / (n - 1) as f64;
        (at(self.x, i, self.columns), at(self.y, j, self.rows))
    }

    /// Whether the lowest value is not at the border.
    fn is_lowest_inside(&self) -> bool {
        let finite = (0..self.values.len()).filter(|&k| self.values[k].is_finite());
        let lowest = finite.min_by(|&a, &b| self.values[a].total_cmp(&self.values[b]));
        lowest.is_some_and(|k| {
            let (i, j) = (k % self.columns, k / self.columns);
            (1..self.columns - 1).contains(&i) && (1..self.rows - 1).contains(&j)
        })
    }

    /// The finite values in order.
    fn sorted(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.values.iter().copied().filter(|v| v.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        values
    }
}

/// At most about `count` levels that are round numbers: at equal distances, or, where the lowest place is inside and most of the grid
/// lies far above it, 1, 2 and 5 times powers of ten above the lowest value (every third, where all are too many).
pub fn round_levels(grid: &Grid, count: usize) -> Vec<f64> {
    let values = grid.sorted();
    let (Some(&low), Some(&high)) = (values.first(), values.last()) else { return Vec::new() };
    if high <= low || count == 0 {
        return Vec::new();
    }
    let above = |part: usize| values[values.len() * part / 100] - low;
    if !grid.is_lowest_inside() || above(1) <= 0.0 || above(50) <= 15.0 * above(1) {
        let inside = |level: &f64| low < *level && *level < high;
        return Span { scale: Scale::Linear, low, high }
            .ticks(count)
            .iter()
            .map(|tick| tick.at)
            .filter(inside)
            .collect();
    }
    // A lowest value of nearly 0 counts as 0, for the sake of round sums.
    let base = if low.abs() < 1e-3 * above(1) { 0.0 } else { low };
    let first = above(1);
    let decades = first.log10().floor() as i32..=(high - low).log10().ceil() as i32;
    let series = decades.flat_map(|k| [1.0, 2.0, 5.0].map(|unit| unit * 10f64.powi(k)));
    let all: Vec<f64> =
        series.map(|up| base + up).filter(|&level| base + first <= level && level < high).collect();
    all.iter().step_by(if all.len() > count { 3 } else { 1 }).copied().collect()
}

/// An edge between neighbouring nodes: of the node at its lower end, and whether it goes along x.
type Edge = (usize, usize, bool);

/// The lines on which the function, linear between nodes, has a level. A closed line ends where it begins.
/// Cells with a corner that is not finite have none.
pub fn contour(grid: &Grid, level: f64) -> Vec<Vec<(f64, f64)>> {
    let mut joins: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
    for j in 0..grid.rows - 1 {
        for i in 0..grid.columns - 1 {
            for (a, b) in cell(grid, level, i, j) {
                joins.entry(a).or_default().push(b);
                joins.entry(b).or_default().push(a);
            }
        }
    }
    let ends: Vec<Edge> = joins.iter().filter(|(_, next)| next.len() == 1).map(|(&edge, _)| edge).collect();
    let mut lines: Vec<Vec<Edge>> = ends.into_iter().filter_map(|end| follow(&mut joins, end)).collect();
    while let Some(edge) = joins.iter().find(|(_, next)| !next.is_empty()).map(|(&edge, _)| edge) {
        lines.extend(follow(&mut joins, edge));
        joins.retain(|_, next| !next.is_empty());
    }
    lines.into_iter().map(|line| line.into_iter().map(|edge| crossing(grid, level, edge)).collect()).collect()
}

/// The segments of a cell, each between two of its edges.
fn cell(grid: &Grid, level: f64, i: usize, j: usize) -> Vec<(Edge, Edge)> {
    let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)].map(|(i, j)| grid.value(i, j));
    if corners.iter().any(|v| !v.is_finite()) {
        return Vec::new();
    }
    // Edge k lies between corners k and k + 1.
    let edges = [(i, j, true), (i + 1, j, false), (i, j + 1, true), (i, j, false)];
    let above = corners.map(|v| v >= level);
    let crossed: Vec<usize> = (0..4).filter(|&k| above[k] != above[(k + 1) % 4]).collect();
    match crossed[..] {
        [a, b] => vec![(edges[a], edges[b])],
        [..] if crossed.len() == 4 => {
            // A saddle: the mean decides which corners are joined.
            let middle = corners.iter().sum::<f64>() / 4.0 >= level;
            if middle == above[0] {
                vec![(edges[0], edges[1]), (edges[2], edges[3])]
            } else {
                vec![(edges[3], edges[0]), (edges[1], edges[2])]
            }
        }
        _ => Vec::new(),
    }
}

/// Takes the line that begins at an edge out of the joins.
fn follow(joins: &mut BTreeMap<Edge, Vec<Edge>>, start: Edge) -> Option<Vec<Edge>> {
    let mut line = vec![start];
    let mut here = start;
    while let Some(next) = joins.get_mut(&here).and_then(Vec::pop) {
        if let Some(back) = joins.get_mut(&next)
            && let Some(at) = back.iter().position(|&edge| edge == here)
        {
            back.swap_remove(at);
        }
        line.push(next);
        here = next;
    }
    (line.len() > 1).then_some(line)
}

/// Where the level lies on an edge.
fn crossing(grid: &Grid, level: f64, (i, j, along_x): Edge) -> (f64, f64) {
    let from = grid.value(i, j);
    let to = if along_x { grid.value(i + 1, j) } else { grid.value(i, j + 1) };
    let part = (level - from) / (to - from);
    if along_x { grid.place(i as f64 + part, j as f64) } else { grid.place(i as f64, j as f64 + part) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, relative_eq};

    #[test]
    fn of_a_plane_a_straight_line() {
        let grid = Grid::sample((0.0, 4.0), (0.0, 2.0), [5, 3], |x, y| x + y);
        let lines = contour(&grid, 2.5);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].len(), 5);
        for (x, y) in &lines[0] {
            assert!(abs_diff_eq!(x + y, 2.5, epsilon = 1e-12), "({x}, {y})");
        }
        let ends = [lines[0][0], lines[0][4]];
        assert!(ends.contains(&(2.5, 0.0)) && ends.contains(&(0.5, 2.0)), "{ends:?}");
    }

    #[test]
    fn of_a_bowl_a_closed_ring() {
        let grid = Grid::sample((-1.0, 1.0), (-1.0, 1.0), [81, 81], |x, y| x * x + y * y);
        let lines = contour(&grid, 0.25);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        for (x, y) in &lines[0] {
            assert!(abs_diff_eq!(x.hypot(*y), 0.5, epsilon = 1e-3), "({x}, {y})");
        }
    }

    #[test]
    fn two_rings_and_a_saddle() {
        let grid = Grid::sample((-2.0, 2.0), (-1.5, 1.5), [81, 61], |x, y| (x * x - 1.0).powi(2) + y * y);
        assert_eq!((contour(&grid, 0.5).len(), contour(&grid, 1.1).len()), (2, 1));
        let saddle =
            Grid { x: (0.0, 1.0), y: (0.0, 1.0), columns: 2, rows: 2, values: vec![1.0, 0.0, 0.0, 1.0] };
        assert_eq!(contour(&saddle, 0.5).len(), 2);
    }

    #[test]
    fn holes_are_left_out() {
        let grid = Grid::sample((-1.0, 1.0), (-1.0, 1.0), [21, 21], |x, y| (x - 0.5).sqrt() + y);
        assert!(contour(&grid, 0.3).iter().flatten().all(|(x, _)| *x >= 0.5));
    }

    #[test]
    fn round_ones() {
        let plane = Grid::sample((0.0, 1.0), (0.0, 1.0), [2, 2], |x, _| 4.0 * x);
        assert_eq!(round_levels(&plane, 4), [1.0, 2.0, 3.0]);
        let valley = Grid::sample((-2.0, 2.0), (-1.0, 3.0), [201, 201], |x, y| {
            (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
        });
        let levels = round_levels(&valley, 14);
        assert!((5..=14).contains(&levels.len()), "{levels:?}");
        for level in levels {
            let lead = level / 10f64.powf(level.log10().floor());
            assert!([1.0, 2.0, 5.0, 10.0].iter().any(|unit| relative_eq!(lead, *unit)), "{level}");
        }
        let flat = Grid::sample((0.0, 1.0), (0.0, 1.0), [2, 2], |_, _| 1.0);
        assert!(round_levels(&flat, 4).is_empty());
    }
}
