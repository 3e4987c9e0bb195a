//! The picture of a training: the loss and the accuracy after each epoch.

use gradus_viz::{Chart, Figure, Scale};

/// One epoch: the mean loss, and the accuracy on the training set, both before each step.
pub(crate) type Epoch = (f64, f64);

/// Two panels, or one where nothing is right or wrong; a loss that is no number, or 0, is a gap of the line.
pub(crate) fn picture(title: &str, epochs: &[Epoch], test_accuracy: Option<f64>) -> String {
    let points = |of: fn(&Epoch) -> f64| -> Vec<(f64, f64)> {
        (1..).zip(epochs).map(|(epoch, both)| (f64::from(epoch), of(both))).collect()
    };
    let last = 1.02 * epochs.len().max(1) as f64;
    let panel =
        |title: &str| Chart::new(title).size(400.0, 280.0).x_axis("epoch", Scale::Integer).x_range(0.0, last);
    let loss = panel("mean loss of an epoch")
        .y_axis("loss, logarithmic", Scale::Log10)
        .line("training set, with dropout", &points(|epoch| epoch.0));
    let Some(test_accuracy) = test_accuracy else { return Figure::new(title).panel(loss).svg() };
    let accuracy = panel("accuracy")
        .y_axis("share that is right", Scale::Linear)
        .line("training set, with dropout", &points(|epoch| epoch.1))
        .horizontal(&format!("test set at the end: {test_accuracy:.4}"), test_accuracy);
    Figure::new(title).panel(loss).panel(accuracy).svg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_is_no_number_is_a_gap() {
        let draw = |middle: f64| {
            picture(
                "a training",
                &[(2.0, 0.1), (1.0, 0.2), (middle, 0.3), (0.5, 0.4), (0.25, 0.5)],
                Some(0.5),
            )
        };
        // The path of a line starts anew behind each gap.
        let starts = |svg: &str| {
            svg.split(" d=\"").nth(1).and_then(|d| d.split('"').next()).unwrap().matches('M').count()
        };
        assert_eq!([0.7, f64::NAN, f64::INFINITY, 0.0].map(|middle| starts(&draw(middle))), [1, 2, 2, 2]);
        assert!(picture("a training", &[], Some(0.5)).starts_with("<svg"));
        assert!(picture("a regression", &[(1.0, f64::NAN)], None).starts_with("<svg"));
    }
}
