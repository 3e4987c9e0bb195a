//! The airfoil experiment against figures that were computed in NumPy.

#[path = "../examples/07_airfoil.rs"]
#[allow(dead_code)]
mod example;

use approx::abs_diff_eq;
use example::{RECIPES, data, spread, train};

/// Least squares on all rows leaves this.
const FLOOR: f64 = 0.241_69;

#[test]
fn means_of_twenty_seeds() {
    let Some(data) = data() else { return };
    for recipe in &RECIPES {
        let (mean, deviation) = spread(&data, recipe, 20);
        let (lr, momentum) = (recipe.lr, recipe.momentum);
        println!("lr {lr}, momentum {momentum}: {mean:.4} ± {deviation:.4}, expected {}", recipe.mean);
        assert!(abs_diff_eq!(mean, recipe.mean, epsilon = 0.003), "lr {lr}, momentum {momentum}: {mean}");
        let one = train(&data, recipe, 20);
        assert!((FLOOR - 1e-4..0.28).contains(&one), "lr {lr}, momentum {momentum}: {one}");
    }
}
