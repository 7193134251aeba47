//! Figures of the roll.
