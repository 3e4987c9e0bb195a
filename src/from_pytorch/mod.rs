//! From PyTorch: each class of `torch.nn`, each function of `torch.nn.functional`, `torch`, `torch.linalg` and
//! `torch.special`, each initialiser, optimizer and schedule, with what it is called here, or why there is none.
//!
//! Names are as in PyTorch 2.15, without its inner ones and without the twins that work in place. The same tables are in
//! `docs/from-pytorch.md`; a test holds both together, and holds that no name is missing.

pub mod functions;
pub mod layers;
pub mod tensors;
pub mod training;
