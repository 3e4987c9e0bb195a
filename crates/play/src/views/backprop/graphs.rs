//! Graphs to begin with, each an expression and where it stands.

use gradus_cli::explain::Problem;
use serde::{Deserialize, Serialize};

use crate::answer::Refusal;

/// A request without a question.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Empty {}

/// A graph to begin with.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Graph {
    /// Its name.
    pub name: &'static str,
    /// The expression.
    pub f: &'static str,
    /// The values of its names.
    pub at: &'static [&'static str],
    /// What is seen in it.
    pub about: &'static str,
}

const GRAPHS: [Graph; 15] = [
    Graph {
        name: "one neuron",
        f: "tanh(w1*x1 + w2*x2 + b)",
        at: &["w1=-3", "x1=2", "w2=1", "x2=0", "b=6.88"],
        about: "A sum hands the gradient on, a product exchanges the factors, tanh scales by 1 − y².",
    },
    Graph {
        name: "a value used twice",
        f: "x*y + x^2",
        at: &["x=2", "y=3"],
        about: "Two contributions arrive at x, one from each use, and add up.",
    },
    Graph {
        name: "logistic regression",
        f: "softplus(-y*(w*x + b))",
        at: &["y=1", "w=0.5", "x=-2", "b=0.3"],
        about: "The loss −ln σ(y(wx + b)): its slope is the probability of the wrong label.",
    },
    Graph {
        name: "least squares",
        f: "mean((A@x - [1, 2])^2)",
        at: &["A=[[1, 2], [3, 4]]", "x=[0.5, -1]"],
        about: "A matrix product sends ȳ·Rᵀ to the left and Lᵀ·ȳ to the right.",
    },
    Graph {
        name: "XOR net",
        f: "mean((tanh([[0, 0], [0, 1], [1, 0], [1, 1]]@W + b)@v + c - [0, 1, 1, 0])^2)",
        at: &["W=[[1.5, -1.2], [-1.1, 1.4]]", "b=[-0.3, -0.2]", "v=[0.9, 1.1]", "c=0.1"],
        about: "Four examples at once: the biases are stretched over them, so what they get is summed over the examples.",
    },
    Graph {
        name: "softmax with cross-entropy",
        f: "-sum([0, 1, 0]*log_softmax(z))",
        at: &["z=[2, 1, 0.1]"],
        about: "What arrives at the logits is softmax(z) less the one at the label.",
    },
    Graph {
        name: "attention of two tokens",
        f: "sum([[1, 0], [0, 2]]*(softmax(Q@t(K)/sqrt(2))@V))",
        at: &["Q=[[1, 0.5], [-0.3, 0.8]]", "K=[[0.2, -1], [0.7, 0.4]]", "V=[[1, 2], [-1, 0.5]]"],
        about: "Scores, weights, a mixture of the values: three products and a softmax along each row.",
    },
    Graph {
        name: "layer norm",
        f: "sum([1, -2, 3]*(g*((x - mean(x))/sqrt(mean((x - mean(x))^2) + 1e-5)) + b))",
        at: &["x=[0.5, -1, 2]", "g=[1, 1.5, 0.5]", "b=[0, 0.1, -0.2]"],
        about: "The mean and the variance use every element, so each element's gradient has three ways back.",
    },
    Graph {
        name: "a bias that is stretched",
        f: "sum((A + b)^2)",
        at: &["A=[[1, 2], [3, 4], [5, 6]]", "b=[0.5, -1]"],
        about: "b is used in each row: its gradient is the sum over the rows.",
    },
    Graph {
        name: "a kink",
        f: "w*relu(x) + abs(x - 1)",
        at: &["x=0", "w=2"],
        about: "relu at 0 has no derivative; the tape takes 0, a difference sees half of the jump.",
    },
    Graph {
        name: "a tie",
        f: "max(x, y)^2",
        at: &["x=1", "y=1"],
        about: "Both are the largest: each gets half of the gradient.",
    },
    Graph {
        name: "logarithm of a sum of exponentials",
        f: "logsumexp(x)",
        at: &["x=[1, 2, 3]"],
        about: "Its gradient is softmax(x).",
    },
    Graph {
        name: "a chain that vanishes",
        f: "sigmoid(w*sigmoid(w*sigmoid(w*sigmoid(w*x))))",
        at: &["w=1", "x=0.5"],
        about: "Each sigmoid multiplies by at most ¼; the share of w from the first layer is the smallest.",
    },
    Graph {
        name: "cosine of two vectors",
        f: "dot(a, b)/(norm(a)*norm(b))",
        at: &["a=[1, 2]", "b=[2, -0.5]"],
        about: "The gradient of each vector is at right angles to it: longer vectors have the same cosine.",
    },
    Graph {
        name: "a path that is cut",
        f: "x*stop_gradient(x)",
        at: &["x=3"],
        about: "The second use sends nothing back, so the gradient is not the derivative, and the difference says so.",
    },
];

/// A request for the names of an expression.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// The expression.
    pub f: String,
}

/// The names in an expression that need a value.
///
/// # Errors
/// If it cannot be read.
pub fn names(request: Names) -> Result<Vec<String>, Refusal> {
    Ok(Problem::unknowns(&request.f)?)
}

/// The graphs.
///
/// # Errors
/// Never.
pub fn graphs(_: Empty) -> Result<Vec<Graph>, Refusal> {
    Ok(GRAPHS.to_vec())
}
