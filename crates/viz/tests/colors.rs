//! Colours are told apart by eyes that see all colours, no red, no green, or no blue.

mod vision;

use gradus_viz::{Chart, Graph, Role, SERIES_COLORS};
use vision::{AREAS, LINES, alike, distances, marks, marks_alike};

/// The text, marks of one place, and lines across a plot.
const INK: &str = "#222222";
const PAPER: &str = "#ffffff";

#[test]
fn series_are_told_apart() {
    let all: Vec<&str> = SERIES_COLORS.into_iter().chain([INK, PAPER]).collect();
    assert_eq!(alike(&all, LINES), Vec::<String>::new());
    // Why the palette is not the original one.
    let okabe_ito = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#666666"];
    assert_eq!(alike(&okabe_ito, LINES).len(), 6, "{:?}", alike(&okabe_ito, LINES));
}

#[test]
fn boxes_of_a_graph_are_told_apart() {
    let roles = [Role::Input, Role::Constant, Role::Step, Role::Result];
    let heads = roles.map(|role| {
        let mut graph = Graph::new("");
        graph.node(role, "x", &[]);
        let svg = graph.svg();
        let fills = svg.split("fill=\"#").skip(1).map(|rest| format!("#{}", &rest[..6]));
        let mut fills = fills.filter(|fill| ![INK, PAPER, "#555555"].contains(&fill.as_str()));
        fills
            .find(|fill| svg.matches(&format!("fill=\"{fill}\"")).count() == 2)
            .expect("a head and its swatch")
    });
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    assert_eq!(alike(&heads, AREAS), Vec::<String>::new());
    for head in heads {
        assert!(distances(head, INK).iter().all(|(_, apart)| *apart > 50.0), "text on {head} is readable");
    }
}

#[test]
fn a_pair_that_is_alike_is_found() {
    let chart = |color: &str| {
        Chart::new("").line("a", &[(0.0, 0.0), (1.0, 1.0)]).line("b", &[(0.0, 1.0)]).color(color)
    };
    assert_eq!(marks(&chart("#259965").svg()).len(), 2);
    assert_eq!(marks_alike(&chart("#259965").svg()), Vec::<String>::new());
    assert!(!marks_alike(&chart("#556dac").svg()).is_empty());
    // Black and white are 100 apart for all.
    for (eyes, apart) in distances("#000000", "#ffffff") {
        approx::assert_abs_diff_eq!(apart, 100.0, epsilon = 0.1);
        assert!(distances("#ff0000", "#ff0000").contains(&(eyes, 0.0)));
    }
    // A red and a green of one lightness: far apart, but not without green.
    let [all, ..] = distances("#c06000", "#808000");
    let without = distances("#c06000", "#808000")[2];
    assert!(all.1 > 2.0 * without.1, "{all:?} {without:?}");
}
