//! The proof engine against a reference that enumerates every state of small lanes.

#[path = "proof/reference.rs"]
mod reference;

#[path = "proof/agree.rs"]
mod agree;

#[path = "proof/shapes.rs"]
mod shapes;
