//! A pole on a cart is kept upright by what was worth doing: REINFORCE, where the gradient of log-probabilities is weighed by returns.
//!
//! The cart is pushed left or right fifty times a second; an episode ends when the pole leans by 12° or the cart has left the track, or
//! after 500 steps. Nothing tells the network what to do; an action counts by what came after it, less the mean.
//!
//! The cart is that of Barto, Sutton and Anderson 1983, the rule that of Williams 1992. A mean of 475 steps counts as
//! solved (Gymnasium's CartPole-v1).

#[path = "common/published.rs"]
mod published;

use gradus::prelude::*;
use published::Published;

const CARTS: usize = 16;
const LONGEST: usize = 500;
const DISCOUNT: f64 = 0.99;

/// Place, speed, angle, angular speed.
type State = [f32; 4];

/// One step of 0.02 s with a push of 10 N to the right or left; whether the pole still stands.
fn push([x, v, angle, turn]: State, right: bool) -> (State, bool) {
    let (gravity, pole, cart, half, step) = (9.8, 0.1, 1.0, 0.5, 0.02);
    let force = if right { 10.0 } else { -10.0 };
    let (sin, cos) = angle.sin_cos();
    let both = (force + pole * half * turn * turn * sin) / (cart + pole);
    let turning = (gravity * sin - cos * both) / (half * (4.0 / 3.0 - pole * cos * cos / (cart + pole)));
    let speeding = both - pole * half * turning * cos / (cart + pole);
    let next = [x + step * v, v + step * speeding, angle + step * turn, turn + step * turning];
    (next, next[0].abs() < 2.4 && next[2].abs() < 12f32.to_radians())
}

/// What one cart saw, did (0 left, 1 right), in order.
#[derive(Default)]
struct Episode {
    states: Vec<State>,
    actions: Vec<i64>,
}

/// Sixteen carts at once, each until its pole falls.
fn play(policy: &Sequential, rng: &mut Rng) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = (0..CARTS).map(|_| Episode::default()).collect();
    let start = Tensor::uniform([CARTS, 4], -0.05, 0.05, rng).to_vec::<f32>();
    let mut states: Vec<State> = start.chunks(4).map(|state| state.try_into().expect("four")).collect();
    let mut standing: Vec<usize> = (0..CARTS).collect();
    for _ in 0..LONGEST {
        let seen: Vec<State> = standing.iter().map(|&i| states[i]).collect();
        let actions = policy.predict(&Tensor::from(seen)).categorical(rng).to_vec::<i64>();
        let chosen: Vec<(usize, i64)> = standing.drain(..).zip(actions).collect();
        for (i, action) in chosen {
            episodes[i].states.push(states[i]);
            episodes[i].actions.push(action);
            let (next, stands) = push(states[i], action == 1);
            states[i] = next;
            if stands {
                standing.push(i);
            }
        }
        if standing.is_empty() {
            break;
        }
    }
    episodes
}

/// What came after each step, discounted, a reward of 1 a step.
fn returns(steps: usize) -> Vec<f32> {
    let mut sums: Vec<f32> = (0..steps)
        .scan(0.0, |sum, _| {
            *sum = 1.0 + DISCOUNT * *sum;
            Some(*sum as f32)
        })
        .collect();
    sums.reverse();
    sums
}

fn main() {
    let published = Published::new("REINFORCE on cart-pole", "solved: a mean of 475 of 500 steps", 5);
    let rounds = if published.quick { 8 } else { 120 };
    let (mut ends, mut learned) = (Vec::new(), Vec::new());
    for seed in 0..published.seeds {
        let mut generator = rng(seed);
        let mut policy =
            sequential![Linear::new(4, 64, &mut generator), Tanh, Linear::new(64, 2, &mut generator)];
        let mut optimizer = Optimizer::new(Adam::default(), Cosine { peak: 0.01, end: 0.0, steps: rounds });
        let (mut lengths, mut first_solved) = (Vec::new(), rounds as usize * CARTS);
        for round in 0..rounds as usize {
            let episodes = play(&policy, &mut generator);
            lengths.push(episodes.iter().map(|e| e.states.len()).sum::<usize>() as f64 / CARTS as f64);
            if lengths[round] >= 475.0 {
                first_solved = first_solved.min(round * CARTS);
            }
            let states = Tensor::from(episodes.iter().flat_map(|e| e.states.clone()).collect::<Vec<_>>());
            let actions = Tensor::from(episodes.iter().flat_map(|e| e.actions.clone()).collect::<Vec<_>>());
            let worth =
                Tensor::from(episodes.iter().flat_map(|e| returns(e.states.len())).collect::<Vec<_>>());
            let advantage = (&worth - worth.mean()) / (worth.std(1) + 1e-8);
            optimizer.training_step(&mut policy, |policy, tape| {
                let logits = policy.forward(tape.constant(&states));
                -(logits.log_softmax(1).gather(1, &actions.unsqueeze(1)).squeeze_axis(1) * &advantage).mean()
            });
        }
        published.falls("what is missing to 500", 500.0 - lengths[0], 500.0 - lengths[lengths.len() - 1]);
        learned.push(first_solved as f64);
        let test: usize = (0..7).flat_map(|_| play(&policy, &mut generator)).map(|e| e.states.len()).sum();
        ends.push(test as f64 / (7.0 * CARTS as f64));
    }
    published.row("mean length after training", "475", &ends);
    published.row("episodes until a mean of 475", "-", &learned);
    assert!(published.quick || ends.iter().all(|length| *length >= 475.0), "{ends:?}");
    published.done();
}
