//! The marks of a body map: places on a drawn figure, each with what was seen there.

use serde::{Deserialize, Serialize};

use crate::limits::BODY_MAP_MARKS;

/// The marks on one figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyMap {
    /// The figure.
    pub figure: Figure,
    /// The marks, as they were drawn.
    pub marks: Vec<Mark>,
}

/// A drawn figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// The body from the front.
    Front,
    /// The body from behind.
    Back,
    /// The head.
    Head,
    /// The left hand.
    LeftHand,
    /// The right hand.
    RightHand,
    /// The left foot.
    LeftFoot,
    /// The right foot.
    RightFoot,
}

/// One mark.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// From the left, thousandths of the figure's width.
    pub x: u16,
    /// From the top, thousandths of its height.
    pub y: u16,
    /// How large, thousandths of its width.
    pub size: u16,
    /// What was seen there.
    pub words: String,
}

/// The highest place and size.
const WHOLE: u16 = 1_000;

/// The marks in their one spelling.
pub(super) fn clean(bytes: &[u8]) -> Option<Vec<u8>> {
    let map: BodyMap = serde_json::from_slice(bytes).ok()?;
    let on_figure = |mark: &Mark| mark.x <= WHOLE && mark.y <= WHOLE && mark.size <= WHOLE;
    let fits = map.marks.len() <= BODY_MAP_MARKS && map.marks.iter().all(on_figure);
    serde_json::to_vec(&map).ok().filter(|_| fits)
}
