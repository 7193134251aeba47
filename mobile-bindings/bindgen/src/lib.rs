//! What the generators of this repository know of the phone's library. Nothing of it is shipped.

mod difference;
mod surface;
mod texts;

pub use difference::difference;
pub use surface::surface;
pub use texts::well_formed_texts;
