//! What the generators of this repository know of the phone's library. Nothing of it is shipped.

mod difference;
mod surface;

pub use difference::difference;
pub use surface::surface;
